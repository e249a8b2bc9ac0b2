import { isCountry, isCurrency } from '../base/codes.ts'
import { jsonPath } from '../base/json-path.ts'
import { compareDecimals } from '../base/money.ts'
import { requirePlainText } from '../base/plain-text.ts'
import { ACCOUNTS } from '../messages/account.ts'
import { BODIES } from '../messages/body.ts'
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
  throw ACCOUNTS.country()
}

export function checkAccount(document: AccountDocument, before?: Stored<AccountDocument>): void {
  const missing = KEPT.filter((name) => document[name] === undefined)
  if (missing.length > 0) throw BODIES.removed(missing.map((name) => jsonPath([name])))
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
    throw ACCOUNTS.currency()
  }
  if (limit && limit.unit !== invoiceCurrency) {
    throw ACCOUNTS.creditLimitCurrency(String(invoiceCurrency))
  }
  if (limit && compareDecimals(limit.value, 0) < 0) {
    throw ACCOUNTS.creditLimitNegative()
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
  throw ACCOUNTS.aliasTwice(jsonPath(['aliases', repeated]), String(names[repeated]))
}

function checkTaxRates({ taxProfile: { rates = [] } = {} }: AccountDocument): void {
  for (const [at, { taxCategory, validFor }] of rates.entries()) {
    const path = jsonPath(['taxProfile', 'rates', at])
    if (validFor && !isBefore(validFor.startDateTime, validFor.endDateTime)) {
      throw ACCOUNTS.taxRatePeriod(path)
    }
    const others = rates.slice(0, at).filter((rate) => rate.taxCategory === taxCategory)
    if (others.some((rate) => overlap(rate.validFor, validFor))) {
      throw ACCOUNTS.taxRatesOverlap(path, taxCategory)
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
