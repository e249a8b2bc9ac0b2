import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { addRates } from '../support/accounts.ts'
import { type BillingWorld, runToEnd, startBilling, untilEnded } from './world.ts'

const RUNS = '/billing/v1/billRun'
const ACCOUNTS = 6
const IDS = Array.from({ length: ACCOUNTS }, (_, at) => `A00000${at}`)
const SEQUENCES = 12

type Step =
  | { readonly what: 'discard' | 'release'; readonly below: number }
  | { readonly what: 'remove' | 'hold' | 'archive'; readonly at: number }
  | { readonly what: 'retry' | 'rates' | 'reprice' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constantFrom('discard' as const, 'release' as const), below: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ what: fc.constantFrom('remove' as const, 'hold' as const, 'archive' as const), at: fc.nat(ACCOUNTS) }),
  fc.record({ what: fc.constantFrom('retry' as const, 'rates' as const, 'reprice' as const) })
)

test('whatever is discarded, a rate is free or on one bill, and the run counts what there is', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), async (steps) => {
    const world = await startBilling(2)
    try {
      await play(world, steps)
    } finally {
      await world.close()
    }
  })
  await fc.assert(property, { numRuns: SEQUENCES, seed: 678 })
})

async function play(world: BillingWorld, steps: readonly Step[]): Promise<void> {
  for (let at = 0; at < ACCOUNTS; at++) await world.addAccounts(1, at === 0 ? [] : [{ amount: String(at * 5.5) }])
  const { id } = await runToEnd(world)
  const issued = new Map<string, string>()
  for (const one of [...steps, { what: 'retry' } as const]) {
    await take(world, id, one)
    await expectSound(world, id, issued)
  }
}

async function take(world: BillingWorld, id: string, one: Step): Promise<void> {
  const { server } = world
  const { body: bills } = await server.call('GET', 'customerBill?sort=id&limit=100')
  switch (one.what) {
    case 'discard':
      expect((await server.call('POST', `${RUNS}/${id}/discard`, { filter: below(one.below) })).status).toBe(200)
      return
    case 'release':
      await server.call('POST', `${RUNS}/${id}/release`, { filter: below(one.below), state: 'sent' })
      return
    case 'retry':
      expect((await server.call('POST', `${RUNS}/${id}/retry`)).status).toBe(202)
      await untilEnded(server, id)
      return
    case 'remove':
      if (bills[one.at]) await server.call('DELETE', `customerBill/${bills[one.at]?.id}`)
      return
    case 'hold':
      if (bills[one.at]) await server.call('PATCH', `customerBill/${bills[one.at]?.id}`, { state: 'onHold' })
      return
    case 'archive':
      await server.database.run(sql`UPDATE "billing_account"
        SET "status" = CASE "status" WHEN 'ACTIVE' THEN 'ARCHIVED' ELSE 'ACTIVE' END
        WHERE "id" = ${IDS[one.at % ACCOUNTS]}`)
      return
    case 'rates':
      await addRates(server.database, IDS, { amount: '2', date: '2026-03-11' })
      return
    case 'reprice':
      await server.database.run(sql`UPDATE "applied_customer_billing_rate"
        SET "tax_excluded_amount_value" = "tax_excluded_amount_value" + 1, "version" = "version" + 1
        WHERE NOT "is_billed"`)
  }
}

const below = (value: number) => `amountDue.value.lt=${value}`

/** `issued` has the first content of each issued bill. */
async function expectSound({ server }: BillingWorld, id: string, issued: Map<string, string>): Promise<void> {
  const { body: run } = await server.call('GET', `${RUNS}/${id}`)
  const skipped = run.skipped.reduce((sum: number, { count }: { count: number }) => sum + count, 0)
  expect(run.billed + skipped + run.parkedCount).toBe(run.eligible)
  const { rows } = await server.database.run(sql`SELECT count(*), count(DISTINCT "billing_account_id"),
      coalesce(trim_scale(sum("amount_due_value")), 0) FROM "customer_bill"`)
  const amount = run.amount[0]?.value ?? 0
  expect(rows[0]?.map(Number)).toEqual([run.billed, run.billed, amount])
  const lost = await server.database.run(sql`SELECT r."id" FROM "applied_customer_billing_rate" r
    LEFT JOIN "customer_bill" b ON b."id" = r."bill_id" WHERE r."is_billed" <> (b."id" IS NOT NULL)
      OR b."id" IS NOT NULL AND b."billing_account_id" <> r."billing_account_id"`)
  expect(lost.rows).toEqual([])
  const { body: bills } = await server.call('GET', 'customerBill?limit=100')
  const seen = new Map<string, string>(bills.map((bill) => [bill.id, JSON.stringify([bill.billNo, bill.amountDue])]))
  for (const [bill, said] of issued) expect(seen.get(bill)).toBe(said)
  for (const [bill, said] of seen) if (!said.startsWith('[null')) issued.set(bill, said)
  expect((await verifyLedger(server.database)).map(({ difference }) => difference)).toEqual([undefined, undefined])
}
