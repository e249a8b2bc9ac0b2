import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { TENANT } from '../support/database.ts'
import { SOAK_MINUTES } from '../support/seeded.ts'
import { type BillingWorld, startBilling, untilEnded } from './world.ts'

/** Small, so that one run has several chunks at once. */
const CHUNK_ACCOUNTS = 2
const ACCOUNTS = 5
const SHORT_MS = 12_000
const TIME_MS = SOAK_MINUTES > 0 ? SOAK_MINUTES * 60_000 : SHORT_MS

let world: BillingWorld
let specification: { readonly id: string }
beforeAll(async () => {
  world = await startBilling(CHUNK_ACCOUNTS)
  const { body } = await world.server.call('GET', `billCycle/${world.cycleId}`)
  specification = body.BillCycleSpecification
})
afterAll(() => world.close())

/** Something that may happen; accounts, bills and payments are chosen among what is there. */
type Step =
  | { readonly kind: 'rate'; readonly account: number; readonly amount: number; readonly isTaxed: boolean }
  | { readonly kind: 'run'; readonly billState: string }
  | { readonly kind: 'onDemand'; readonly account: number }
  | { readonly kind: 'pay'; readonly account: number; readonly amount: number }
  | { readonly kind: 'reverse'; readonly payment: number }

const account = fc.nat(ACCOUNTS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('rate' as const),
      account,
      amount: fc.integer({ min: -2_000, max: 9_999_999 }).map((units) => units / 1_000),
      isTaxed: fc.boolean()
    })
  },
  fc.record({ kind: fc.constant('run' as const), billState: fc.constantFrom('new', 'validated', 'sent') }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('onDemand' as const), account }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pay' as const),
      account,
      amount: fc.integer({ min: 1, max: 900_000 }).map((cents) => cents / 100)
    })
  },
  fc.record({ kind: fc.constant('reverse' as const), payment: fc.nat(9) })
)

/** What is there so far; months count on, since a cycle is run once. */
interface Scene {
  readonly accounts: readonly string[]
  readonly payments: string[]
  months: number
}

let references = 0

async function take(step: Step, scene: Scene): Promise<void> {
  const { server } = world
  switch (step.kind) {
    case 'rate': {
      const { account, amount, isTaxed } = step
      const tax = {
        taxCategory: 'Fee',
        taxRate: 0.05,
        taxAmount: { unit: 'EUR', value: Math.round(amount * 50) / 1_000 }
      }
      const { status } = await server.call('POST', 'appliedCustomerBillingRate', {
        billingAccount: { id: scene.accounts[account] },
        date: '2026-03-05T00:00:00Z',
        type: isTaxed ? 'usageCharge' : 'recurringCharge',
        taxExcludedAmount: { unit: 'EUR', value: amount },
        ...(isTaxed && { appliedTax: [tax] })
      })
      return expect(status).toBe(201)
    }
    case 'run':
      return runNextCycle(step.billState, scene)
    case 'onDemand': {
      const body = { billingAccount: { id: scene.accounts[step.account] } }
      const { body: asked } = await server.call('POST', 'customerBillOnDemand', body)
      return untilAnswered(asked.id)
    }
    case 'pay': {
      const { status, body } = await server.call('POST', '/billing/v1/payment', {
        billingAccount: { id: scene.accounts[step.account] },
        amount: { unit: 'EUR', value: step.amount },
        method: 'card',
        reference: `R${references++}`
      })
      expect(status).toBe(201)
      scene.payments.push(body.id)
      return
    }
    case 'reverse': {
      const payment = scene.payments[step.payment]
      if (!payment) return
      const { status } = await server.call('POST', `/billing/v1/payment/${payment}/reverse`)
      return expect([200, 409]).toContain(status)
    }
  }
}

async function runNextCycle(billState: string, scene: Scene): Promise<void> {
  const { server } = world
  const from = new Date(Date.UTC(2026, 3 + scene.months, 1)).toISOString()
  scene.months += 1
  const to = new Date(Date.UTC(2026, 3 + scene.months, 1)).toISOString()
  const validFor = { startDateTime: from, endDateTime: to }
  const cycle = { name: 'Cycle', billingDate: to, validFor, BillCycleSpecification: { id: specification.id } }
  const { body } = await server.call('POST', 'billCycle', cycle)
  const started = await server.call('POST', '/billing/v1/billRun', { billCycle: { id: body.id }, billState })
  expect(started.status).toBe(202)
  const run = await untilEnded(server, started.body.id)
  const skipped = run.skipped.reduce((sum: number, { count }: { count: number }) => sum + count, 0)
  expect(run).toMatchObject({ state: 'done', eligible: run.billed + skipped + run.parked.length })
}

async function untilAnswered(id: string): Promise<void> {
  const { server } = world
  for (;;) {
    const { body } = await server.call('GET', `customerBillOnDemand/${id}`)
    if (body.state !== 'inProgress') return expect(['done', 'rejected']).toContain(body.state)
  }
}

async function expectNone(what: string, statement: Sql): Promise<void> {
  expect((await world.server.database.run(statement)).rows, what).toEqual([])
}

async function expectSound(): Promise<void> {
  const bills = sql`"customer_bill" b WHERE b."tenant_id" = ${TENANT}`
  await expectNone('the ledger sums to zero', sql`SELECT 1 FROM "ledger_entry" HAVING sum("amount") <> 0`)
  await expectNone(
    'what remains is what is due less the payments',
    sql`SELECT b."id" FROM ${bills} AND b."remaining_amount_value" <> b."amount_due_value" - coalesce((
      SELECT sum(a."amount") FROM "payment_allocation" a WHERE a."bill_id" = b."id"), 0)`
  )
  await expectNone(
    'a rate is marked once, with the bill of its account',
    sql`SELECT r."id" FROM "applied_customer_billing_rate" r LEFT JOIN "customer_bill" b ON b."id" = r."bill_id"
      WHERE (r."is_billed", r."version") NOT IN ((false, 1), (true, 2)) OR r."is_billed" <> (b."id" IS NOT NULL)
        OR r."billing_account_id" <> b."billing_account_id"`
  )
  await expectNone(
    'the lines, the rounding and the taxes make up the total',
    sql`SELECT b."id" FROM ${bills} AND b."amount_due_value" <> b."rounding_amount" + (
        SELECT sum(round(r."tax_excluded_amount_value", 2)) FROM "applied_customer_billing_rate" r
        WHERE r."bill_id" = b."id")
      + (SELECT coalesce(sum((t#>>'{taxAmount,value}')::numeric), 0) FROM jsonb_array_elements(b."tax_item") t)`
  )
  const verified = await verifyLedger(world.server.database)
  expect(verified.map(({ difference }) => difference)).toEqual([undefined, undefined])
}

test(
  'however runs, bills on demand, rates, payments and reversals come, the books are sound',
  async () => {
    const scene: Scene = { accounts: await world.addAccounts(ACCOUNTS, []), payments: [], months: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { maxLength: 4 }), async (batches) => {
        for (const batch of batches) await Promise.all(batch.map((one) => take(one, scene)))
        await expectSound()
      }),
      { numRuns: 10_000, interruptAfterTimeLimit: TIME_MS, markInterruptAsFailure: false }
    )
    const { rows } = await world.server.database.run(sql`SELECT count(*) FROM "customer_bill" GROUP BY "run_type"`)
    expect(rows).toHaveLength(2)
  },
  60_000 + TIME_MS
)
