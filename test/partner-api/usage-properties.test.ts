import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { foldUsage } from '../../src/ledger/usage.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { PAYMENT, pay } from '../billing/ledger-world.ts'
import { type BillingWorld, startBilling, untilAnswered } from '../billing/world.ts'
import { addAccounts } from '../support/accounts.ts'
import { addPartner, TENANT } from '../support/database.ts'
import { RATE, setTime } from './world.ts'

/** Accounts of a scene: the provider's, a partner's, a prepaid one, one in yen, and one that is created later. */
const ACCOUNTS = 5
const LATE = 4
const BILL_STATES = ['new', 'validated', 'sent'] as const

type Step =
  | { readonly kind: 'rate'; readonly account: number; readonly amount: number; readonly type: string }
  | { readonly kind: 'patch'; readonly rate: number; readonly amount: number; readonly account: number }
  | { readonly kind: 'delete'; readonly rate: number }
  | { readonly kind: 'bill'; readonly account: number }
  | { readonly kind: 'foreign'; readonly account: number; readonly amount: number; readonly state: string }
  | { readonly kind: 'pay'; readonly account: number; readonly amount: number }
  | { readonly kind: 'reverse'; readonly payment: number }
  | { readonly kind: 'hold'; readonly account: number; readonly amount: number; readonly captured: number }
  | { readonly kind: 'create' | 'fold' | 'nextDay' }

const account = fc.nat(ACCOUNTS - 1)
const amount = fc.integer({ min: 1, max: 5_000_000 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('rate' as const),
      account,
      amount: fc.oneof(amount, fc.integer({ min: -2_000, max: 0 })),
      type: fc.constantFrom('usageCharge', 'recurringCharge', 'adjustment')
    })
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('patch' as const), rate: fc.nat(20), amount, account }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), rate: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('bill' as const), account }) },
  fc.record({ kind: fc.constant('foreign' as const), account, amount, state: fc.constantFrom(...BILL_STATES) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pay' as const), account, amount }) },
  fc.record({ kind: fc.constant('reverse' as const), payment: fc.nat(5) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('hold' as const), account, amount, captured: amount }) },
  fc.record({ kind: fc.constantFrom('create' as const, 'fold' as const) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('nextDay' as const) }) }
)

let world: BillingWorld
let partnerId: string
beforeAll(async () => {
  world = await startBilling()
  partnerId = await addPartner(world.server.database, TENANT, 'RESELLER')
})
afterAll(() => world.close())

interface Scene {
  readonly accounts: readonly string[]
  readonly rates: string[]
  readonly payments: string[]
  /** The answers for days that are past. */
  readonly past: Map<string, string>
}

/** Days go on from scene to scene. */
let day = Date.UTC(2030, 0, 1)
const DAY_MS = 86_400_000
const dayText = () => new Date(day).toISOString().slice(0, 10)
const unitOf = (at: number) => (at === 3 ? 'JPY' : 'EUR')

async function startScene(): Promise<Scene> {
  const { database } = world.server
  const accounts = Array.from({ length: ACCOUNTS }, newId)
  const of = (at: number) => [String(accounts[at])]
  await addAccounts(database, of(0))
  await addAccounts(database, of(1), { partnerId })
  await addAccounts(database, of(2), { billingType: 'prepaid', creditLimit: 1_000 })
  await addAccounts(database, of(3), { currency: 'JPY' })
  await setTime(world.server, new Date(day).toISOString())
  return { accounts, rates: [], payments: [], past: new Map() }
}

async function take(step: Step, scene: Scene): Promise<void> {
  const { call, database } = world.server
  const idOf = (at: number) => String(scene.accounts[at])
  const money = (at: number, value: number) => ({ unit: unitOf(at), value: value / 1_000 })
  switch (step.kind) {
    case 'rate': {
      const { body } = await call('POST', RATE, {
        billingAccount: { id: idOf(step.account) },
        type: step.type,
        date: '2026-01-01T00:00:00Z',
        taxExcludedAmount: money(step.account, step.amount)
      })
      scene.rates.push(body.id)
      return
    }
    case 'patch': {
      const to = { billingAccount: { id: idOf(step.account) }, taxExcludedAmount: money(step.account, step.amount) }
      await call('PATCH', `${RATE}/${scene.rates[step.rate % scene.rates.length]}`, to)
      return
    }
    case 'delete':
      await call('DELETE', `${RATE}/${scene.rates[step.rate % scene.rates.length]}`)
      return
    case 'bill': {
      const { status, body } = await call('POST', 'customerBillOnDemand', {
        billingAccount: { id: idOf(step.account) }
      })
      if (status === 201) await untilAnswered(world.server, body.id)
      return
    }
    case 'foreign': {
      const due = { unit: unitOf(step.account), value: Math.ceil(step.amount / 1_000) }
      const { state } = step
      await call('POST', 'customerBill', { billingAccount: { id: idOf(step.account) }, amountDue: due, state })
      return
    }
    case 'pay': {
      const unit = unitOf(step.account)
      const { body } = await pay(world.server, idOf(step.account), 0, {
        amount: { unit, value: Math.ceil(step.amount / 1_000) }
      })
      if (body.id) scene.payments.push(body.id)
      return
    }
    case 'reverse':
      await call('POST', `${PAYMENT}/${scene.payments[step.payment % scene.payments.length]}/reverse`)
      return
    case 'hold': {
      const sent = { account_number: idOf(step.account), amount: step.amount / 1_000, ttl: 600 }
      const { hold } = (await call('POST', '/partner/v1/authorize', sent)).body.data ?? {}
      await call('POST', '/partner/v1/capture', { hold, amount: step.captured / 1_000 })
      await call('POST', '/partner/v1/release', { hold })
      return
    }
    case 'create': {
      // Takes over the bills that it had before.
      const { body } = await call('POST', 'customers', { name: 'Late' })
      await call('POST', 'accounts', { id: idOf(LATE), name: 'Late', customerId: body.id })
      return
    }
    case 'fold':
      return foldUsage(database)
    default:
      return nextDay(scene)
  }
}

/** Notes the answers for the past, and whether the earlier past still says the same. */
async function nextDay(scene: Scene): Promise<void> {
  await expectPastUnchanged(scene)
  const last = dayText()
  day += DAY_MS
  await setTime(world.server, new Date(day).toISOString())
  for (const account of scene.accounts.slice(0, LATE)) {
    const period = `account_number=${account}&initial_date=${last}&final_date=${last}`
    scene.past.set(period, (await world.server.call('GET', `/partner/v1/customerBalance?${period}`)).text)
  }
}

async function expectPastUnchanged({ past }: Scene): Promise<void> {
  for (const [period, said] of past) {
    const { status, text } = await world.server.call('GET', `/partner/v1/customerBalance?${period}`)
    expect([period, status, text]).toEqual([period, 200, said])
  }
}

test('usage is the ledger less unbilled rates, whatever comes, and the past stays', async () => {
  const steps = fc.array(step, { minLength: 15, maxLength: 35 })
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const scene = await startScene()
      for (const one of taken) await take(one, scene)
      await nextDay(scene)
      await expectPastUnchanged(scene)
      const verified = await verifyLedger(world.server.database)
      expect(verified.map(({ difference }) => difference)).toEqual(verified.map(() => undefined))
    }),
    { numRuns: 6 }
  )
})
