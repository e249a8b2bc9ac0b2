import { isCountry, isCurrency } from '../base/codes.ts'
import { jsonPath } from '../base/json-path.ts'
import { compareDecimals } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import type { Document, Stored } from '../tmf/declaration/resource.ts'

/** What every account has from its creation on. */
const KEPT = ['billingType', 'invoiceCurrency', 'language', 'netTermDays']

interface Period {
  readonly startDateTime?: string
  readonly endDateTime?: string
}

interface TaxRate {
  readonly taxCategory: string
  readonly validFor?: Period
}

/** Throws `invalidField` unless the country of an address is one. */
export function checkAddress({ address }: Document): void {
  const country = (address as { readonly country?: string } | undefined)?.country
  if (country === undefined || isCountry(country)) return
  throw new Problem('invalidField', `$.address.country must be a country of ISO 3166-1, such as DE or DEU`)
}

/** The rules between the attributes of an account; throws `invalidField`. */
export function checkAccount(document: Document, before?: Stored): void {
  const missing = KEPT.filter((name) => document[name] === undefined)
  if (missing.length > 0) {
    throw new Problem('invalidField', `${missing.map((name) => jsonPath([name])).join(', ')} cannot be removed`)
  }
  checkAddress(document)
  checkCurrency(document, before?.document)
  checkDistinct(document)
  checkTaxRates(document)
}

/** An account that has a currency of the past keeps it. */
function checkCurrency({ invoiceCurrency, creditLimit }: Document, before: Document = {}): void {
  if (invoiceCurrency !== before.invoiceCurrency && !isCurrency(String(invoiceCurrency))) {
    throw new Problem('invalidField', '$.invoiceCurrency must be a currency of ISO 4217, such as EUR')
  }
  const limit = creditLimit as { readonly unit: string; readonly value: number } | undefined
  if (limit && limit.unit !== invoiceCurrency) {
    throw new Problem('invalidField', `$.creditLimit.unit must be the invoiceCurrency, which is ${invoiceCurrency}`)
  }
  if (limit && compareDecimals(limit.value, 0) < 0) {
    throw new Problem('invalidField', '$.creditLimit.value must not be negative')
  }
}

function checkDistinct({ aliases = [] }: Document): void {
  const names = (aliases as readonly { readonly alias: string }[]).map(({ alias }) => alias)
  const repeated = names.findIndex((name, at) => names.indexOf(name) < at)
  if (repeated < 0) return
  throw new Problem('invalidField', `${jsonPath(['aliases', repeated])} is there twice: ${names[repeated]}`)
}

function checkTaxRates({ taxProfile }: Document): void {
  const { rates = [] } = (taxProfile ?? {}) as { readonly rates?: readonly TaxRate[] }
  for (const [at, { taxCategory, validFor }] of rates.entries()) {
    const path = jsonPath(['taxProfile', 'rates', at])
    if (validFor && !isBefore(validFor.startDateTime, validFor.endDateTime)) {
      throw new Problem('invalidField', `${path}.validFor must end after it starts`)
    }
    const others = rates.slice(0, at).filter((rate) => rate.taxCategory === taxCategory)
    if (others.some((rate) => overlap(rate.validFor, validFor))) {
      throw new Problem('invalidField', `${path} holds at the same time as another rate of ${taxCategory}`)
    }
  }
}

/** An end is the first moment that a period does not hold any more. */
function overlap(one: Period = {}, other: Period = {}): boolean {
  return isBefore(one.startDateTime, other.endDateTime) && isBefore(other.startDateTime, one.endDateTime)
}

/** Instants are texts of one length; a period without a start or an end has none. */
function isBefore(start: string | undefined, end: string | undefined): boolean {
  return start === undefined || end === undefined || start < end
}
