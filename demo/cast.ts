import Big from 'big.js'
import { CREDITS, SUBSCRIPTIONS, USAGES } from '../sample-data/catalogue.ts'
import { type Currency, fromMinor, taxOf } from '../sample-data/currency.ts'
import { type Random, randomFrom } from '../sample-data/random.ts'
import { billOf, type Due, type Money, type Sums, sumsOf } from './arithmetic.ts'
import { instantWithin, type Month } from './calendar.ts'
import { ASTRAY, type Charge } from './charges.ts'
import { COUNTRIES, NAMED } from './names.ts'

/** An account holder with the charges of the month. */
export interface Subscriber {
  readonly id: string
  readonly name: string
  readonly customer: { readonly id: string; readonly name: string }
  readonly currency: Currency
  readonly lines: readonly Charge[]
}

/** A prepaid account holder. */
export interface Prepaid extends Omit<Subscriber, 'lines'> {
  readonly alias: string
  readonly creditLimit?: Money
  readonly topUp: Money
}

/** The named characters; `quiet` have no charges in the month, and `all` includes the crowd. */
export type Cast = Readonly<Record<keyof typeof NAMED, Subscriber>> & {
  readonly all: readonly Subscriber[]
  readonly quiet: readonly Subscriber[]
}

/** Fewer accounts leave no room for the story. */
export const ACCOUNTS_MIN = 20
export const ACCOUNTS_MAX = 10_000

const FIRST_NUMBER = 1001
const QUIET = 3
/** Accounts of a customer of the crowd. */
const ACCOUNTS_PER_CUSTOMER = 3
const CURRENCIES: readonly Currency[] = ['EUR', 'EUR', 'EUR', 'JPY', 'KWD']

/** Ines requests a bill with too low a balance, tops up and requests again. */
export const INES: Prepaid = {
  ...prepaid(2001, 'Ines Faber', '+49 1555 0102001'),
  topUp: { unit: 'EUR', value: 25 }
}

/** Jonas is overdrawn until he tops up. */
export const JONAS: Prepaid = {
  ...prepaid(2002, 'Jonas Reuter', '+49 1555 0102002'),
  creditLimit: { unit: 'EUR', value: 10 },
  topUp: { unit: 'EUR', value: 20 }
}

/** Returns that many postpaid accounts with their month, the same every time. */
export function castOf(accounts: number): Cast {
  const names = Object.entries(NAMED)
  const named = names.map(([key, { name, currency }], index): readonly [string, Subscriber] => [
    key,
    subscriber(FIRST_NUMBER + index, name, { id: `C-${FIRST_NUMBER + index}`, name }, currency)
  ])
  const { tom, ...others } = Object.fromEntries(named) as Record<keyof typeof NAMED, Subscriber>
  const crowd = Array.from({ length: accounts - names.length }, (_, index) =>
    oneOfMany(index, FIRST_NUMBER + names.length + index)
  )
  const quiet = crowd.slice(-QUIET).map((one) => ({ ...one, lines: [] }))
  const followed = { ...others, tom: { ...tom, lines: [...tom.lines, ASTRAY.charge] } }
  return { ...followed, quiet, all: [...Object.values(followed), ...crowd.slice(0, -QUIET), ...quiet] }
}

function prepaid(number: number, name: string, alias: string): Omit<Prepaid, 'topUp'> {
  return { id: `P-${number}`, name, customer: { id: `C-${number}`, name }, currency: 'EUR', alias }
}

function oneOfMany(index: number, number: number): Subscriber {
  const household = Math.floor(index / ACCOUNTS_PER_CUSTOMER)
  const currency = CURRENCIES[household % CURRENCIES.length] ?? 'EUR'
  const { firstNames, lastNames } = COUNTRIES[currency]
  const random = randomFrom(`month household ${household}`)
  const name = `${random.pick(firstNames)} ${random.pick(lastNames)}`
  const customer = { id: `C-${FIRST_NUMBER + Object.keys(NAMED).length + household}`, name }
  return subscriber(number, `${name}, line ${(index % ACCOUNTS_PER_CUSTOMER) + 1}`, customer, currency)
}

function subscriber(number: number, name: string, customer: Subscriber['customer'], currency: Currency): Subscriber {
  const id = `A-${number}`
  return { id, name, customer, currency, lines: linesOf(id, currency) }
}

type Unnumbered = Omit<Charge, 'externalId'>

function linesOf(id: string, currency: Currency): readonly Charge[] {
  const random = randomFrom(`month ${id}`)
  const [first, ...others] = SUBSCRIPTIONS.household
  const held = [first, ...others.filter(() => random.chance(20))]
  const recurring = held.map(
    ({ name, price }): Unnumbered => ({
      type: 'recurringCharge',
      name,
      product: name,
      amount: fromMinor(currency, price[currency]),
      share: 0
    })
  )
  const used = Array.from({ length: random.integer(9, 16) }, () => usage(first.name, currency, random))
  const charges = [...recurring, ...used, ...(random.chance(15) ? [credit(first.name, currency, random)] : [])]
  return charges.map((charge, index) => ({ ...charge, externalId: `${id}-${index + 1}` }))
}

function usage(product: string, currency: Currency, random: Random): Unnumbered {
  const { name, unit, unitPrice, event } = random.pick(USAGES.household)
  const quantity = random.integer(...event)
  const units = quantity === 1 || unit.endsWith('B') ? unit : `${unit}s`
  return {
    type: 'usageCharge',
    name: `${name}, ${quantity} ${units}`,
    product,
    amount: new Big(unitPrice[currency]).times(quantity),
    share: random.fraction()
  }
}

function credit(product: string, currency: Currency, random: Random): Unnumbered {
  const { name, price } = CREDITS[0]
  const amount = fromMinor(currency, price[currency]).neg()
  return { type: 'appliedBillingCredit', name, product, amount, share: random.fraction() }
}

export function taxProfileOf(currency: Currency) {
  return { rates: [taxOf(currency, 'standard')] }
}

/** Returns the expected amounts of the month's bill. */
export function dueOf({ lines, currency }: Pick<Subscriber, 'lines' | 'currency'>): Due {
  const amounts = lines.map(({ amount }) => amount)
  return billOf(amounts, currency, taxOf(currency, 'standard').taxRate)
}

/** Returns the expected amounts by currency. */
export function duesOf(subscribers: readonly Subscriber[]): Sums {
  return sumsOf(subscribers.map((one) => ({ unit: one.currency, value: dueOf(one).taxIncluded })))
}

/** Returns a charge as posted; without a month its date is now. */
export function rateOf({ id, currency }: Pick<Subscriber, 'id' | 'currency'>, charge: Charge, month?: Month) {
  const { externalId, type, name, product, amount, share } = charge
  return {
    externalId,
    billingAccount: { id },
    type,
    name,
    ...(month && { date: instantWithin(month, share) }),
    ...(product && { product: { id: `${id} ${product}`, name: product, '@referredType': 'Product' } }),
    taxExcludedAmount: charge === ASTRAY.charge ? ASTRAY.sent : { unit: currency, value: amount.toNumber() }
  }
}
