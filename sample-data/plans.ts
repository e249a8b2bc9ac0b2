import type { Account } from './accounts.ts'
import { AS_OF, DAY, HOUR, type Period, SECOND } from './calendar.ts'
import type { TenantData } from './customers.ts'
import type { Cycle } from './cycles.ts'
import { type Random, randomFrom } from './random.ts'

/** The account and dates of a bill; its lines follow later. */
export interface Plan {
  readonly kind: 'normal' | 'interim' | 'creditNote' | 'trial'
  readonly account: Account
  /** Undefined for bills outside the cycles. */
  readonly cycle: Cycle | undefined
  readonly period: Period
  readonly createdAt: number
  readonly billDate: number
  readonly dueDate: number
  readonly isFirst: boolean
}

/** A run makes its bills at night, one after the other. */
const RUN_AT = 2 * HOUR
const RUN_STEP = 1_437
const OFF_CYCLE_DUE = 14 * DAY
const TRIAL_PERIOD = 30 * DAY

/** Returns all bills of a tenant in the order of creation. */
export function planBills(tenant: TenantData, accounts: readonly Account[], cycles: readonly Cycle[]): readonly Plan[] {
  const random = randomFrom(`${tenant.id} plans`)
  const onCycle = accounts.flatMap((account, index) => plansOf(account, index, cycles))
  const settledIn = onCycle.filter(({ account }) => account.billedCycles >= MANY_CYCLES[account.cycle])
  const offCycle = (kind: 'interim' | 'creditNote', count: number) =>
    Array.from({ length: count }, () => besideCycle(kind, settledIn[random.integer(0, settledIn.length - 1)], random))
  const plans = [...onCycle, ...offCycle('interim', tenant.interimBills), ...offCycle('creditNote', tenant.creditNotes)]
  const sorted = plans.flatMap((plan) => plan ?? []).sort((a, b) => a.createdAt - b.createdAt)
  return tenant.trialBillAt === undefined ? sorted : withTrial(sorted, tenant.trialBillAt)
}

/** Extra bills go to long-standing customers. */
const MANY_CYCLES = { first: 6, fifteenth: 6, quarter: 4, week: 8 } as const

function plansOf(account: Account, index: number, cycles: readonly Cycle[]): readonly Plan[] {
  const own = cycles.filter(({ key }) => key === account.cycle)
  return own.slice(-account.billedCycles).map((cycle, at) => ({
    kind: 'normal',
    account,
    cycle,
    period: cycle.period,
    createdAt: cycle.billingDate + RUN_AT + index * RUN_STEP,
    billDate: cycle.billingDate,
    dueDate: cycle.dueDate,
    // Customers billed all year have been there before.
    isFirst: at === 0 && account.billedCycles < own.length
  }))
}

/** A manual bill on some day of a period that was billed later. */
function besideCycle(kind: 'interim' | 'creditNote', basis: Plan | undefined, random: Random): Plan | undefined {
  if (!basis) return undefined
  const { start, end } = basis.period
  const billDate = start + random.integer(2, (end - start) / DAY - 2) * DAY
  const createdAt = billDate + random.integer(9 * HOUR, 16 * HOUR)
  const period = { start, end: billDate }
  return {
    ...basis,
    kind,
    cycle: undefined,
    period,
    createdAt,
    billDate,
    dueDate: billDate + OFF_CYCLE_DUE,
    isFirst: false
  }
}

/** Puts a trial run's bill at a place, counted from 1. */
function withTrial(plans: readonly Plan[], place: number): readonly Plan[] {
  const before = plans.slice(0, place - 1)
  const last = before.at(-1)
  const basis = before.findLast(({ account, kind }) => account.kind === 'business' && kind === 'normal')
  if (!last || !basis) return plans
  const billDate = last.billDate
  const trial: Plan = {
    ...basis,
    kind: 'trial',
    cycle: undefined,
    period: { start: billDate - TRIAL_PERIOD, end: billDate },
    createdAt: last.createdAt + 1,
    billDate,
    dueDate: billDate + OFF_CYCLE_DUE,
    isFirst: false
  }
  return [...before, trial, ...plans.slice(place - 1)]
}

export function ageInDays({ createdAt }: Plan): number {
  return Math.floor((AS_OF - createdAt) / DAY)
}

/** Time between a request and its bill. */
export const REQUEST_LEAD = 4 * SECOND
