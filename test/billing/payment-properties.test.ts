import Big from 'big.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { TENANT } from '../support/database.ts'
import { SOAK_MINUTES, soak } from '../support/seeded.ts'
import type { TestServer } from '../support/server.ts'
import { addAccount, addBill, credits, PAYMENT, pay, startLedger } from './ledger-world.ts'

const SEQUENCES = 25

/** A new one each round: verifying a ledger takes longer as it grows. */
let server: TestServer

/** The remaining amount of a bill of another system. */
type Left = 'nothing said' | 'all' | 'a cent'

/** One step on one of two accounts; bills and payments are picked among existing ones. */
type Step =
  | { readonly kind: 'bill'; readonly account: number; readonly amount: number }
  | {
      readonly kind: 'foreign'
      readonly account: number
      readonly amount: number
      readonly left: Left
      readonly state: string
    }
  | { readonly kind: 'issue'; readonly account: number }
  | { readonly kind: 'pay'; readonly account: number; readonly amount: number; readonly bill: number | undefined }
  | { readonly kind: 'reverse'; readonly account: number; readonly payment: number }

const account = fc.nat(1)
const amount = fc.integer({ min: 1, max: 4_000 }).map((cents) => cents / 100)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('bill' as const), account, amount }),
  fc.record({
    kind: fc.constant('foreign' as const),
    account,
    amount,
    left: fc.constantFrom<Left[]>('nothing said', 'all', 'a cent'),
    state: fc.constantFrom('validated', 'new')
  }),
  fc.record({ kind: fc.constant('issue' as const), account }),
  fc.record({ kind: fc.constant('pay' as const), account, amount, bill: fc.option(fc.nat(5), { nil: undefined }) }),
  fc.record({ kind: fc.constant('reverse' as const), account, payment: fc.nat(5) })
)

/** The rows of an account so far. */
interface Holding {
  readonly id: string
  readonly bills: string[]
  /** Bills of other systems that are not issued yet. */
  readonly drafts: string[]
  /** Payments that other systems received, by bill. */
  readonly taken: Map<string, string>
  readonly payments: string[]
}

async function take(step: Step, holding: Holding): Promise<number> {
  const { id, bills, drafts, payments } = holding
  switch (step.kind) {
    case 'bill':
      bills.push(await addBill(server, id, { rates: { usageCharge: String(step.amount) } }))
      return 201
    case 'foreign':
      return postForeign(step, holding)
    case 'issue': {
      const draft = drafts.pop()
      if (!draft) return 404
      const { status } = await server.call('PATCH', `customerBill/${draft}`, { state: 'validated' })
      if (status === 200) bills.push(draft)
      return status
    }
    case 'pay': {
      const bill = step.bill === undefined ? undefined : bills[step.bill]
      const { status, body } = await pay(server, id, step.amount, bill ? { bills: [{ id: bill }] } : {})
      if (status === 201) payments.push(body.id)
      return status
    }
    case 'reverse':
      return (await server.call('POST', `${PAYMENT}/${payments[step.payment] ?? newId()}/reverse`)).status
  }
}

async function postForeign({ amount, left, state }: Extract<Step, { kind: 'foreign' }>, holding: Holding) {
  const { status, body } = await server.call('POST', 'customerBill', {
    billingAccount: { id: holding.id },
    amountDue: { unit: 'EUR', value: amount },
    ...(left !== 'nothing said' && { remainingAmount: { unit: 'EUR', value: left === 'all' ? amount : 0.01 } }),
    state
  })
  const own = state === 'new' ? holding.drafts : holding.bills
  own.push(body.id)
  if (left === 'a cent') holding.taken.set(body.id, new Big(amount).minus('0.01').toFixed())
  return status
}

const sum = (values: readonly (string | null | undefined)[]) =>
  values.reduce((total, value) => total.plus(value ?? 0), new Big(0)).toFixed()

async function requireTrue({ id, bills, taken }: Holding): Promise<void> {
  const own = sql`"tenant_id" = ${TENANT} AND "billing_account_id" = ${id}`
  const found = await server.database.run(sql`SELECT "amount_due_value", "remaining_amount_value", (SELECT
      coalesce(sum((p#>>'{appliedAmount,value}')::numeric), 0) FROM jsonb_array_elements("applied_payment") p), "state",
      "id"
    FROM "customer_bill" WHERE ${own} AND "issued_as" IS NOT NULL`)
  expect(found.rows).toHaveLength(bills.length)
  for (const [due, remaining, applied, state, bill] of found.rows) {
    expect(sum([remaining, applied, taken.get(String(bill))])).toBe(sum([due]))
    const isOpen = sum([applied]) === '0' ? 'validated' : 'partiallyPaid'
    expect(state).toBe(sum([remaining]) === '0' ? 'settled' : isOpen)
  }
  const kept = await server.database.run(sql`SELECT "amount" FROM "payment" WHERE ${own} AND "reversed_at" IS NULL`)
  const held = new Big(sum(kept.rows.map(([value]) => value))).minus(sum(found.rows.map(([, , applied]) => applied)))
  expect(sum([String((await credits(server, id)).EUR ?? 0)])).toBe(held.toFixed())
  const ledger = await server.database.run(sql`SELECT sum("amount"),
      sum("amount") FILTER (WHERE "book" = 'receivable') FROM "ledger_entry" WHERE ${own}`)
  expect(sum([ledger.rows[0]?.[0]])).toBe('0')
  expect(sum([ledger.rows[0]?.[1]])).toBe(sum(found.rows.map(([, remaining]) => remaining)))
}

const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { maxLength: 5 })

async function play(sequence: readonly (readonly Step[])[]): Promise<void> {
  const ids = [await addAccount(server), await addAccount(server)]
  const holdings = ids.map((id): Holding => ({ id, bills: [], drafts: [], taken: new Map(), payments: [] }))
  for (const batch of sequence) {
    const statuses = await Promise.all(batch.map((one) => take(one, holdings[one.account] as Holding)))
    expect(statuses.filter((status) => ![200, 201, 404, 409].includes(status))).toEqual([])
  }
  for (const holding of holdings) await requireTrue(holding)
  const verified = await verifyLedger(server.database)
  expect(verified.map(({ difference }) => difference)).toEqual([undefined, undefined])
}

test(
  'however bills, ours or others’, payments and reversals come, the ledger explains what remains',
  () =>
    soak(1, async (seed) => {
      server = await startLedger()
      try {
        await fc.assert(fc.asyncProperty(batches, play), { seed, numRuns: SEQUENCES })
      } finally {
        await server.close()
      }
    }),
  300_000 + SOAK_MINUTES * 60_000
)
