import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boolean, computed, computedRow, decimal, optional, text } from '../../src/db/row.ts'
import { sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { addAccount, addBill, pay, startLedger } from '../billing/ledger-world.ts'
import { EUR } from '../corrections/world.ts'
import { SOAK_MINUTES, soak } from '../support/seeded.ts'
import type { TestServer } from '../support/server.ts'

const SEQUENCES = 15
const DUE = 11_900

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(() => server.close())

/** Amounts in cents. */
const part = fc.integer({ min: 1, max: DUE / 2 })
const at = fc.nat(3)
const most = fc.integer({ min: DUE / 4, max: DUE })
const rarely = fc.nat(4).map((drawn) => drawn === 4)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('dispute' as const), amount: part, isAll: rarely }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ kind: fc.constant('end' as const), at, amount: part },
      way: fc.constantFrom('reject' as const, 'cancel' as const, 'resolve' as const, 'partly' as const)
    })
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pay' as const), amount: most, isNamed: rarely }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reverse' as const), at }) },
  fc.record({ kind: fc.constant('correct' as const), amount: fc.option(part, { freq: 2 }) })
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

interface Holding {
  readonly account: string
  readonly bill: string
  readonly disputes: string[]
  readonly payments: string[]
}

const done = new Set<string>()

async function tried(kind: string, path: string, body: object): Promise<readonly string[]> {
  const answer = await server.call('POST', `/billing/v1/${path}`, body)
  expect([200, 201, 409], answer.text).toContain(answer.status)
  if (answer.status === 409) return []
  done.add(kind)
  return [answer.body.id]
}

async function take(one: Step, { account, bill, disputes, payments }: Holding): Promise<void> {
  const of = { bill: { id: bill }, reason: 'other' }
  switch (one.kind) {
    case 'dispute': {
      const way = one.isAll ? { all: true } : { amount: EUR(one.amount / 100) }
      disputes.push(...(await tried('dispute', 'dispute', { ...of, ...way })))
      return
    }
    case 'end':
      return end(one, disputes[one.at] ?? disputes.at(-1))
    case 'pay': {
      const paid = await pay(server, account, one.amount / 100, one.isNamed ? { bills: [{ id: bill }] } : {})
      if (paid.status === 201) payments.push(paid.body.id)
      return
    }
    case 'reverse':
      return reverse(payments[one.at] ?? payments.at(-1))
    default:
      if (one.amount === null) await tried('writeOff', 'writeOff', of)
      else await tried('note', 'creditNote', { ...of, amount: EUR(one.amount / 100) })
  }
}

async function reverse(payment: string | undefined): Promise<void> {
  if (payment !== undefined) await tried('reverse', `payment/${payment}/reverse`, {})
}

async function end({ way, amount }: Extract<Step, { kind: 'end' }>, id: string | undefined): Promise<void> {
  if (id === undefined) return
  const body = {
    reject: { answer: 'No.' },
    cancel: {},
    resolve: { all: true, reason: 'other' },
    partly: { amount: EUR(amount / 100), reason: 'other' }
  }
  await tried(way, `dispute/${id}/${way === 'partly' ? 'resolve' : way}`, body[way])
}

const STANDING = computedRow({
  state: computed(text, sql`b."state"`),
  remaining: computed(decimal, sql`b."remaining_amount_value"`),
  disputed: computed(
    decimal,
    sql`coalesce((SELECT sum(d."amount") FROM "dispute" d
    WHERE d."bill_id" = b."id" AND d."state" IN ('acknowledged', 'inProgress')), 0)`
  ),
  isPaid: computed(
    boolean,
    sql`coalesce((SELECT sum(a."amount") FROM "payment_allocation" a
    WHERE a."bill_id" = b."id"), 0) <> 0`
  ),
  heldIn: computed(optional(text), sql`(SELECT h."bill_state" FROM "dispute_hold" h WHERE h."bill_id" = b."id")`)
})

async function standingOf(bill: string) {
  return STANDING.one(
    await server.database.run(sql`SELECT ${STANDING.columns} FROM "customer_bill" b WHERE b."id" = ${bill}`)
  )
}

/** Returns the state that a bill must be in, by its amounts. */
function stateBy({ remaining, disputed, isPaid }: Awaited<ReturnType<typeof standingOf>>): string {
  if (Number(remaining) === 0) return 'settled'
  if (Number(disputed) >= Number(remaining)) return 'onHold'
  return isPaid ? 'partiallyPaid' : 'sent'
}

async function play(steps: readonly Step[]): Promise<void> {
  const account = await addAccount(server, { tax: 0.19 })
  const bill = await addBill(server, account, { rates: { usageCharge: '40', fee: '60' }, state: 'sent' })
  const holding: Holding = { account, bill, disputes: [], payments: [] }
  const ends = [0, 1, 2, 3].map((place): Step => ({ kind: 'end', way: 'cancel', at: place, amount: 1 }))
  for (const one of [...steps, ...ends]) {
    const before = await standingOf(bill)
    await take(one, holding)
    const after = await standingOf(bill)
    expect([after.state, after.heldIn !== undefined]).toEqual([stateBy(after), stateBy(after) === 'onHold'])
    if (one.kind !== 'pay' || one.isNamed || Number(before.remaining) === 0) continue
    const kept = Math.min(Number(before.disputed), Number(before.remaining))
    expect(Number(after.remaining)).toBeGreaterThanOrEqual(kept)
  }
}

test(
  'whatever disputes, payments and corrections do, a bill is on hold if nothing of it is undisputed',
  () =>
    soak(1, async (seed) => {
      const steps = fc.array(step, { minLength: 3, maxLength: 10 })
      await fc.assert(fc.asyncProperty(steps, play), { seed, numRuns: SEQUENCES })
      expect(reportLedger(await verifyLedger(server.database))).toMatchObject({ isSound: true })
      const kinds = ['dispute', 'reject', 'cancel', 'resolve', 'partly', 'note', 'writeOff', 'reverse']
      expect([...done]).toEqual(expect.arrayContaining(kinds))
    }),
  60_000 + SOAK_MINUTES * 60_000
)
