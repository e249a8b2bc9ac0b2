import Big from 'big.js'
import fc from 'fast-check'
import { expect } from 'vitest'
import { minorDigits } from '../../src/base/money.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccounts } from '../support/accounts.ts'
import { addCycle } from '../support/cycles.ts'
import { paymentOf } from '../support/payments.ts'
import { type BillingWorld, untilAnswered, untilEnded } from './world.ts'

interface Kind {
  readonly billingType: 'postpaid' | 'prepaid'
  readonly currency: string
  readonly creditLimit?: number
  readonly isPartners?: boolean
}

export const KINDS: readonly Kind[] = [
  { billingType: 'postpaid', currency: 'EUR' },
  { billingType: 'postpaid', currency: 'EUR', isPartners: true },
  { billingType: 'postpaid', currency: 'JPY' },
  { billingType: 'postpaid', currency: 'KWD' },
  { billingType: 'prepaid', currency: 'EUR' },
  { billingType: 'prepaid', currency: 'EUR', creditLimit: 5_000 },
  { billingType: 'prepaid', currency: 'JPY', creditLimit: 5_000 },
  { billingType: 'prepaid', currency: 'KWD', creditLimit: 5_000, isPartners: true }
]
const POSTPAID = KINDS.filter(({ billingType }) => billingType === 'postpaid').length
const STATES = ['validated', 'sent'] as const

/** One step; accounts, runs and payments are picked among existing ones. Amounts are thousandths. */
export type Step =
  | { readonly kind: 'rate'; readonly account: number | 'all'; readonly amount: number; readonly isTaxed: boolean }
  | { readonly kind: 'run'; readonly billState: string }
  | { readonly kind: 'release'; readonly run: number; readonly state: string; readonly account: number | undefined }
  | { readonly kind: 'issue'; readonly account: number; readonly state: string }
  | { readonly kind: 'onDemand'; readonly account: number }
  | { readonly kind: 'pay'; readonly account: number; readonly amount: number; readonly isNamed: boolean }
  | { readonly kind: 'reverse'; readonly payment: number }

const account = fc.nat(KINDS.length - 1)
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('rate' as const),
      account: fc.oneof(account, fc.constant('all' as const)),
      amount: fc.oneof(fc.integer({ min: -2_000, max: 3_999_999 }), fc.constantFrom(-5, 0, 4, 5, 995)),
      isTaxed: fc.boolean()
    })
  },
  fc.record({ kind: fc.constant('run' as const), billState: fc.constantFrom('new', ...STATES) }),
  fc.record({
    kind: fc.constant('release' as const),
    run: fc.nat(3),
    state: fc.constantFrom(...STATES),
    account: fc.option(account, { nil: undefined })
  }),
  fc.record({ kind: fc.constant('issue' as const), account, state: fc.constantFrom(...STATES) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('onDemand' as const), account }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pay' as const),
      account,
      amount: fc.integer({ min: 1, max: 9_000_000 }),
      isNamed: fc.boolean()
    })
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reverse' as const), payment: fc.nat(9) }) }
)

/** The rows so far; months count on, since a cycle is run once. */
export interface Scene {
  readonly world: BillingWorld
  readonly specificationId: string
  /** One of each kind. */
  readonly accounts: readonly string[]
  readonly payments: string[]
  /** Those that left their bills new. */
  readonly runs: string[]
  months: number
}

/** Creates a specification and an account of each kind, independent of earlier scenes. */
export async function startScene(world: BillingWorld, partnerId: string): Promise<Scene> {
  const { call, database } = world.server
  const validFor = { startDateTime: '2026-01-01T00:00:00Z' }
  const { body } = await call('POST', 'billCycleSpecification', { name: 'Monthly', frequency: 'month', validFor })
  const accounts = KINDS.map(() => newId())
  for (const [at, { billingType, currency, creditLimit, isPartners }] of KINDS.entries()) {
    const more = { creditLimit, partnerId: isPartners ? partnerId : undefined, specificationId: body.id }
    await addAccounts(database, [String(accounts[at])], { currency, billingType, ...more })
  }
  return { world, specificationId: body.id, accounts, payments: [], runs: [], months: 0 }
}

export function take(step: Step, scene: Scene): Promise<void> {
  switch (step.kind) {
    case 'rate':
      return rate(step, scene)
    case 'run':
      return runNextCycle(step.billState, scene)
    case 'release':
      return release(step, scene)
    case 'issue':
      return issue(step, scene)
    case 'onDemand':
      return billOnDemand(scene, scene.accounts[step.account])
    case 'pay':
      return pay(step, scene)
    case 'reverse':
      return reverse(scene, scene.payments[step.payment])
  }
}

type Of<K extends Step['kind']> = Extract<Step, { kind: K }>

async function rate({ account, amount, isTaxed }: Of<'rate'>, { world, accounts }: Scene): Promise<void> {
  const rates = KINDS.flatMap(({ currency: unit }, at) => {
    if (account !== 'all' && account !== at) return []
    const tax = { taxCategory: 'Fee', taxRate: 0.05, taxAmount: { unit, value: Math.round(amount / 20) / 1_000 } }
    return {
      billingAccount: { id: accounts[at] },
      date: '2026-03-05T00:00:00Z',
      type: isTaxed ? 'usageCharge' : 'recurringCharge',
      taxExcludedAmount: { unit, value: amount / 1_000 },
      ...(isTaxed && { appliedTax: [tax] })
    }
  })
  const { status, text } = await world.server.call('POST', 'appliedCustomerBillingRate', rates)
  expect([status, text.split('created')]).toEqual([200, expect.objectContaining({ length: rates.length + 1 })])
}

async function runNextCycle(billState: string, scene: Scene): Promise<void> {
  const { server } = scene.world
  scene.months += 1
  const id = await addCycle(server, 3 + scene.months, { BillCycleSpecification: { id: scene.specificationId } })
  const started = await server.call('POST', '/billing/v1/billRun', { billCycle: { id }, billState })
  expect(started.status).toBe(202)
  const run = await untilEnded(server, started.body.id)
  const skipped = run.skipped.reduce((sum: number, { count }: { count: number }) => sum + count, 0)
  expect(run).toMatchObject({ state: 'done', eligible: POSTPAID })
  expect(run.billed + skipped + run.parked.length).toBe(POSTPAID)
  if (billState === 'new') scene.runs.push(run.id)
}

async function release({ run, state, account }: Of<'release'>, { world, accounts, runs }: Scene): Promise<void> {
  const id = runs[run]
  if (!id) return
  const filter = account === undefined ? {} : { filter: `billingAccount.id=${accounts[account]}` }
  const { status } = await world.server.call('POST', `/billing/v1/billRun/${id}/release`, { state, ...filter })
  expect(status).toBe(200)
}

/** Issues a new bill of an account; it may be issued or paid meanwhile. */
async function issue({ account, state }: Of<'issue'>, { world, accounts }: Scene): Promise<void> {
  const { rows } = await world.server.database.run(sql`SELECT "id" FROM "customer_bill"
    WHERE "billing_account_id" = ${accounts[account]} AND "state" = 'new' ORDER BY "id" LIMIT 1`)
  if (!rows[0]) return
  const { status } = await world.server.call('PATCH', `customerBill/${rows[0][0]}`, { state })
  expect([200, 409]).toContain(status)
}

async function billOnDemand({ world }: Scene, id: string | undefined): Promise<void> {
  const { body: asked } = await world.server.call('POST', 'customerBillOnDemand', { billingAccount: { id } })
  const { state } = await untilAnswered(world.server, asked.id)
  expect(['done', 'rejected']).toContain(state)
}

async function pay(step: Of<'pay'>, { world, accounts, payments }: Scene): Promise<void> {
  const id = accounts[step.account]
  const unit = String(KINDS[step.account]?.currency)
  const value = new Big(step.amount).div(1_000).round(minorDigits(unit), Big.roundUp).toNumber()
  const { rows } = await world.server.database.run(sql`SELECT "id" FROM "customer_bill"
    WHERE "billing_account_id" = ${id} AND "remaining_amount_value" > 0 AND "issued_as" IS NOT NULL
    ORDER BY "id" DESC LIMIT 1`)
  const bills = step.isNamed && rows[0] ? { bills: [{ id: rows[0][0] }] } : {}
  const payment = paymentOf(id, value, { amount: { unit, value }, ...bills })
  const { status, body } = await world.server.call('POST', '/billing/v1/payment', payment)
  // Another step may have paid the named bill meanwhile.
  expect('bills' in bills ? [201, 409] : [201]).toContain(status)
  if (status === 201) payments.push(body.id)
}

async function reverse({ world }: Scene, payment: string | undefined): Promise<void> {
  if (!payment) return
  const { status } = await world.server.call('POST', `/billing/v1/payment/${payment}/reverse`)
  expect([200, 409]).toContain(status)
}
