import type Big from 'big.js'
import { AS_OF, DAY, HOUR } from './calendar.ts'
import { type Currency, truncated } from './currency.ts'
import { ageInDays, type Plan } from './plans.ts'
import type { Random } from './random.ts'

type RunBillState = 'new' | 'validated' | 'sent' | 'partiallyPaid' | 'settled' | 'onHold'

/** A bill's way to its state, with its payments. */
export interface Life {
  readonly path: readonly ['new', ...RunBillState[]]
  readonly lastUpdate: number
  readonly isIssued: boolean
  readonly payments: readonly Payment[]
}

interface Payment {
  readonly amount: Big
  readonly time: number
}

const SENT = ['new', 'validated', 'sent'] as const
const HELD_EARLY = [
  ['new', 'onHold'],
  ['new', 'validated', 'onHold']
] as const
const HELD_LATE = [
  [...SENT, 'onHold'],
  [...SENT, 'partiallyPaid', 'onHold']
] as const

/** Shares of states in percent, for bills up to an age in days. */
const MIXES: readonly { readonly days: number; readonly mix: readonly (readonly [RunBillState, number])[] }[] = [
  {
    days: 3,
    mix: [
      ['new', 30],
      ['validated', 35],
      ['sent', 25],
      ['onHold', 10]
    ]
  },
  {
    days: 25,
    mix: [
      ['sent', 50],
      ['settled', 30],
      ['partiallyPaid', 12],
      ['onHold', 8]
    ]
  },
  {
    days: 70,
    mix: [
      ['settled', 74],
      ['sent', 8],
      ['partiallyPaid', 12],
      ['onHold', 6]
    ]
  },
  {
    days: 999,
    mix: [
      ['settled', 92],
      ['partiallyPaid', 4],
      ['onHold', 3],
      ['sent', 1]
    ]
  }
]

/** Leads a bill through its states. `due` is the amount due. */
export function lifeOf(plan: Plan, currency: Currency, due: Big, isKeptNew: boolean, random: Random): Life {
  const path = isKeptNew ? (['new'] as const) : pathOf(plan, random)
  const age = ageInDays(plan)
  const payments = paymentsFor(path, plan, currency, due, random)
  const paidAt = payments.at(-1)?.time ?? 0
  const handled = plan.createdAt + Math.min(path.length - 1, 3) * random.integer(3 * HOUR, 11 * HOUR)
  const heldAfter = path.at(-1) === 'onHold' && age > 3 ? random.integer(4, Math.min(age, 20)) * DAY : 0
  return {
    path,
    lastUpdate: Math.min(Math.max(handled, paidAt) + (paidAt > 0 && heldAfter > 0 ? HOUR : heldAfter), AS_OF - HOUR),
    isIssued: path.length > 1 && path[1] !== 'onHold',
    payments
  }
}

function pathOf(plan: Plan, random: Random): Life['path'] {
  const age = ageInDays(plan)
  const state = stateAt(age, random)
  switch (state) {
    case 'new':
      return ['new']
    case 'validated':
      return ['new', 'validated']
    case 'onHold':
      return held(plan, age, random)
    case 'sent':
      // IoT customers read their bills without a review.
      return plan.account.kind === 'iot' ? ['new', 'sent'] : [...SENT]
    default:
      return plan.kind === 'creditNote' ? [...SENT, 'settled'] : [...SENT, state]
  }
}

function held({ kind }: Plan, age: number, random: Random): Life['path'] {
  if (kind === 'creditNote') return ['new', 'onHold']
  return random.pick(age <= 3 ? HELD_EARLY : HELD_LATE)
}

function stateAt(age: number, random: Random): RunBillState {
  const mix = MIXES.find(({ days }) => age <= days)?.mix ?? []
  let drawn = random.integer(1, 100)
  for (const [state, share] of mix) {
    drawn -= share
    if (drawn <= 0) return state
  }
  return 'settled'
}

const SHARES = ['0.25', '0.5', '0.6', '0.75'] as const

function paymentsFor(path: Life['path'], plan: Plan, currency: Currency, due: Big, random: Random): readonly Payment[] {
  const isSettled = path.includes('settled')
  if (!isSettled && !path.includes('partiallyPaid')) return []
  const days = Math.min(ageInDays(plan), 21)
  const first = plan.createdAt + random.integer(2, Math.max(days - 2, 2)) * DAY
  const part = truncated(currency, due.times(random.pick(SHARES)))
  if (!isSettled) return [{ amount: part, time: first }]
  if (plan.kind === 'creditNote' || random.chance(88)) return [{ amount: due, time: first }]
  return [
    { amount: part, time: first },
    { amount: due.minus(part), time: first + DAY }
  ]
}
