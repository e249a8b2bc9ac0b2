import { isCountry, isCurrency } from '../base/codes.ts'
import { jsonPath } from '../base/json-path.ts'
import { compareDecimals } from '../base/money.ts'
import { requirePlainText } from '../base/plain-text.ts'
import { Problem } from '../base/problem.ts'
import type { Stored } from '../tmf/declaration/resource.ts'
import type { ValueOf } from '../tmf/declaration/shape.ts'
import type { AccountDocument } from './attributes.ts'
import type { address, taxProfile } from './types.ts'

const KEPT = ['billingType', 'invoiceCurrency', 'language', 'netTermDays']

type TaxRate = NonNullable<ValueOf<typeof taxProfile>['rates']>[number]
type Period = NonNullable<TaxRate['validFor']>

/** Throws `invalidField` for an unknown country. */
export function checkAddress(document: { readonly address?: ValueOf<typeof address> }): void {
  const country = document.address?.country
  if (country === undefined || isCountry(country)) return
  throw new Problem('invalidField', `$.address.country must be a country of ISO 3166-1, such as DE or DEU`)
}

export function checkAccount(document: AccountDocument, before?: Stored<AccountDocument>): void {
  const missing = KEPT.filter((name) => document[name] === undefined)
  if (missing.length > 0) {
    throw new Problem('invalidField', `${missing.map((name) => jsonPath([name])).join(', ')} cannot be removed`)
  }
  checkAddress(document)
  checkCurrency(document, before?.document)
  if (!before) checkId(document)
  checkAliases(document, before?.document)
  checkDistinct(document)
  checkTaxRates(document)
}

/** An account keeps a currency that is no longer in use. */
function checkCurrency({ invoiceCurrency, creditLimit: limit }: AccountDocument, before?: AccountDocument): void {
  if (invoiceCurrency !== before?.invoiceCurrency && !isCurrency(String(invoiceCurrency))) {
    throw new Problem('invalidField', '$.invoiceCurrency must be a currency of ISO 4217, such as EUR')
  }
  if (limit && limit.unit !== invoiceCurrency) {
    throw new Problem('invalidField', `$.creditLimit.unit must be the invoiceCurrency, which is ${invoiceCurrency}`)
  }
  if (limit && compareDecimals(limit.value, 0) < 0) {
    throw new Problem('invalidField', '$.creditLimit.value must not be negative')
  }
}

/** Throws `invalidField` for an id that looks like another. */
export function checkId(document: object): void {
  if ('id' in document && typeof document.id === 'string') requirePlainText('$.id', document.id)
}

function checkAliases(document: AccountDocument, before?: AccountDocument): void {
  const known = before ? namesOf(before) : []
  for (const [at, name] of namesOf(document).entries()) {
    if (!known.includes(name)) requirePlainText(jsonPath(['aliases', at]), name)
  }
}

function namesOf({ aliases = [] }: AccountDocument): readonly string[] {
  return aliases.map(({ alias }) => alias)
}

function checkDistinct(document: AccountDocument): void {
  const names = namesOf(document)
  const repeated = names.findIndex((name, at) => names.indexOf(name) < at)
  if (repeated < 0) return
  throw new Problem('invalidField', `${jsonPath(['aliases', repeated])} is there twice: ${names[repeated]}`)
}

function checkTaxRates({ taxProfile: { rates = [] } = {} }: AccountDocument): void {
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

/** The end of a period is exclusive. */
function overlap(one: Period = {}, other: Period = {}): boolean {
  return isBefore(one.startDateTime, other.endDateTime) && isBefore(other.startDateTime, one.endDateTime)
}

/** Compares instants as texts; a missing start or end is unbounded. */
function isBefore(start: string | undefined, end: string | undefined): boolean {
  return start === undefined || end === undefined || start < end
}
