import Big from 'big.js'
import type { Account, Held, Reference } from './accounts.ts'
import { DAY, HOUR, type Period, SECOND } from './calendar.ts'
import { CREDITS, ONE_TIME, OUTAGE, PENALTIES, type Single, type Usage } from './catalogue.ts'
import { fromMinor, rounded, type TaxClass } from './currency.ts'
import type { Plan } from './plans.ts'
import type { Random } from './random.ts'

/** A charge or credit before tax. */
export interface Line {
  readonly type: 'appliedBillingCharge' | 'appliedBillingCredit' | 'appliedPenaltyCharge'
  readonly name: string
  readonly description: string
  readonly amount: Big
  readonly taxClass: TaxClass
  readonly date: number
  readonly period: Period
  readonly product: Reference
  readonly characteristic: readonly Characteristic[]
}

interface Characteristic {
  readonly name: string
  readonly valueType: 'string' | 'number'
  readonly value: string | number
}

const MONTHS_OF = { first: 1, fifteenth: 1, quarter: 3, week: 1 } as const

/** In minor units of the bill's currency. */
export function linesOf(plan: Plan, random: Random): readonly Line[] {
  const { account, kind, period } = plan
  if (kind === 'creditNote') return creditNote(plan, random)
  const used = account.usages.map((usage) => billedUsage(account, usage, period, random))
  if (kind === 'interim') return [...used, single(account, random.pick(ONE_TIME), period, random, 'oneTimeCharge')]
  const recurring = account.held.map((held) => subscriptionCharge(account, held, period))
  const first = plan.isFirst ? [single(account, ONE_TIME[0], period, random, 'oneTimeCharge')] : []
  return [...recurring, ...used, ...first, ...occasional(account, period, random)]
}

/** Returns the charge of a subscription for a period, at its start. */
export function subscriptionCharge(account: Account, held: Held, period: Period): Line {
  const { subscription, quantity, product } = held
  const units = subscription.price[account.currency] * quantity * MONTHS_OF[account.cycle]
  return {
    type: 'appliedBillingCharge',
    name: subscription.name,
    description: quantity === 1 ? 'Basic charge' : `Basic charge for ${quantity}`,
    amount: fromMinor(account.currency, units),
    taxClass: subscription.taxClass,
    date: period.start,
    period,
    product,
    characteristic: [chargeType('recurringCharge'), number('quantity', quantity)]
  }
}

/** Returns the exact charge of one use: only the bill rounds. */
export function singleUse(account: Account, usage: Usage, time: number, random: Random): Line {
  const quantity = random.integer(...usage.event)
  const duration = usage.unit === 'second' ? quantity * SECOND : HOUR - SECOND
  const period = { start: time, end: time + duration + SECOND }
  return usageCharge(account, usage, quantity, period, new Big(usage.unitPrice[account.currency]).times(quantity))
}

function billedUsage(account: Account, usage: Usage, period: Period, random: Random): Line {
  const users = usage.unit === 'kB' || usage.unit === 'message' ? account.users : Math.min(account.users, 12)
  const quantity = random.integer(...usage.month) * users * MONTHS_OF[account.cycle]
  const exact = new Big(usage.unitPrice[account.currency]).times(quantity)
  return usageCharge(account, usage, quantity, period, rounded(account.currency, exact))
}

function usageCharge(account: Account, usage: Usage, quantity: number, period: Period, amount: Big): Line {
  return {
    type: 'appliedBillingCharge',
    name: usage.name,
    description: `${quantity} ${quantity === 1 || usage.unit.endsWith('B') ? usage.unit : `${usage.unit}s`}`,
    amount,
    taxClass: usage.taxClass,
    date: period.end - SECOND,
    period,
    product: account.held[0].product,
    characteristic: [
      chargeType('usageCharge'),
      number('quantity', quantity),
      { name: 'unit', valueType: 'string', value: usage.unit },
      number('unitPrice', Number(usage.unitPrice[account.currency]))
    ]
  }
}

function occasional(account: Account, period: Period, random: Random): readonly Line[] {
  return [
    ...(random.chance(8) ? [single(account, random.pick(ONE_TIME), period, random, 'oneTimeCharge')] : []),
    ...(random.chance(16) ? [single(account, random.pick(CREDITS), period, random, 'credit')] : []),
    ...(random.chance(6) ? [single(account, random.pick(PENALTIES), period, random, 'penalty')] : [])
  ]
}

function creditNote({ account, period }: Plan, random: Random): readonly Line[] {
  const [held] = account.held
  const refund = subscriptionCharge(account, held, period)
  const back: Line = {
    ...refund,
    type: 'appliedBillingCredit',
    description: 'Charged twice, returned in full',
    amount: refund.amount.neg(),
    characteristic: [chargeType('credit')]
  }
  return [back, ...(random.chance(50) ? [single(account, OUTAGE, period, random, 'credit')] : [])]
}

const TYPES = {
  oneTimeCharge: 'appliedBillingCharge',
  credit: 'appliedBillingCredit',
  penalty: 'appliedPenaltyCharge'
} as const

/** Returns a charge or credit of one day within the period. */
export function single(
  account: Account,
  { name, description, price }: Single,
  { start, end }: Period,
  random: Random,
  kind: keyof typeof TYPES
): Line {
  const day = start + random.integer(0, Math.max((end - start) / DAY - 1, 0)) * DAY
  const amount = fromMinor(account.currency, price[account.currency])
  return {
    type: TYPES[kind],
    name,
    description,
    amount: kind === 'credit' ? amount.neg() : amount,
    taxClass: kind === 'penalty' ? 'exempt' : 'standard',
    date: day + random.integer(8 * HOUR, 18 * HOUR),
    period: { start: day, end: day + DAY },
    product: account.held[0].product,
    characteristic: [chargeType(kind)]
  }
}

const chargeType = (value: string): Characteristic => ({ name: 'chargeType', valueType: 'string', value })
const number = (name: string, value: number): Characteristic => ({ name, valueType: 'number', value })
