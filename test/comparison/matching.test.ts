import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { runToEnd } from '../billing/world.ts'
import { addAccounts, addRates } from '../support/accounts.ts'
import { addPartner, TENANT } from '../support/database.ts'
import { bill, type ComparisonWorld, startComparing } from './comparison-world.ts'

let world: ComparisonWorld
beforeAll(async () => {
  world = await startComparing()
})
afterAll(() => world.close())

const alias = (account: string, name: string) => sql`UPDATE "billing_account" SET "aliases" =
  ${JSON.stringify([{ alias: name }])}::jsonb WHERE "id" = ${account}`

/** Compares, and returns each account with what is said of it. */
async function outcome(runId: string): Promise<object> {
  const { id } = await world.compare(runId)
  const accounts = await world.accounts(id)
  return Object.fromEntries(
    accounts.map((one) => [
      `${one.billingAccount.id} ${one.currency}`,
      [one.status, ...one.reasons, one.here?.bills ?? 0, one.there?.bills ?? 0]
    ])
  )
}

test('accounts are found as the owner of the bill calls them, by id or alias, never by names of others', async () => {
  const { database } = world.server
  const [own = '', named = ''] = await world.addAccounts(2, [{ amount: '100' }])
  const partner = await addPartner(database, TENANT, 'P-1')
  const theirs = `${partner}:T-1`
  const specification = sql`UPDATE "billing_account" SET "bill_cycle_specification_id" = (SELECT
    "bill_cycle_specification_id" FROM "bill_cycle" WHERE "id" = ${world.cycleId}) WHERE "id" = ${theirs}`
  await addAccounts(database, [theirs], { partnerId: partner })
  await database.run(specification)
  await addRates(database, [theirs], { amount: '100' })
  // The bills come before the aliases, so that they keep what they say.
  const [, , ofPartner, byId, unknown] = await world.legacy(
    bill('L-1', [50, 59.5]),
    bill(named, [50, 59.5]),
    bill('T-1', [60, 71.4]),
    bill(theirs, [40, 47.6]),
    bill(own, [7, 8])
  )
  await database.run(sql`UPDATE "customer_bill" SET "partner_id" = ${partner}
    WHERE "id" = ANY(${[ofPartner, byId, unknown]}::text[])`)
  await database.run(alias(named, 'L-1'))
  expect(await outcome(await world.dryRun())).toEqual({
    [`${own} EUR`]: ['onlyHere', 1, 0],
    [`${named} EUR`]: ['equal', 1, 2],
    [`${theirs} EUR`]: ['equal', 1, 2],
    // To the partner this name says nothing: its bill is not of the provider's account.
    [`${partner}:${own} EUR`]: ['onlyThere', 'unknownAccount', 0, 1]
  })
})

test('an account in another currency is one of its own, and bills count that begin in the cycle', async () => {
  await world.server.database.run(sql`DELETE FROM "customer_bill"`)
  await world.server.database.run(sql`DELETE FROM "applied_customer_billing_rate"`)
  const [euro = '', yen = ''] = await world.addAccounts(2, [{ amount: '100' }])
  const begin = (startDateTime: string) => ({ billCycle: undefined, billingPeriod: { startDateTime } })
  const dollars = { unit: 'USD', value: 119 }
  await world.legacy(
    bill(euro, [0, 0], { taxIncludedAmount: dollars, amountDue: dollars, taxExcludedAmount: undefined }),
    bill(yen, [1, 2], begin('2026-03-01T00:00:00Z')),
    bill(yen, [1, 2], begin('2026-03-31T23:59:59Z')),
    bill(yen, [1, 2], begin('2026-04-01T00:00:00Z')),
    bill(yen, [1, 2], begin('2026-02-28T23:59:59Z')),
    { ...bill('', [1, 2]), billingAccount: undefined, financialAccount: { id: 'F-1' } }
  )
  const runId = await world.dryRun()
  expect(await outcome(runId)).toEqual({
    [`${euro} EUR`]: ['onlyHere', 1, 0],
    [`${euro} USD`]: ['onlyThere', 'notBilled', 0, 1],
    [`${yen} EUR`]: ['differs', 'amount', 'tax', 1, 2]
  })
  const { billsWithoutAccount, totals } = await world.compare(runId)
  expect([billsWithoutAccount, totals.map(({ currency }) => currency)]).toEqual([1, ['EUR', 'USD']])
})

test('a run that made bills is compared as a dry one, and its own bills are not the other side', async () => {
  await world.server.database.run(sql`DELETE FROM "customer_bill"`)
  await world.server.database.run(sql`DELETE FROM "applied_customer_billing_rate"`)
  const rates = [{ amount: '10.005', kind: 'usageCharge' }, { amount: '10.005', kind: 'usageCharge' }, { amount: '80' }]
  const [account = ''] = await world.addAccounts(1, rates)
  await world.legacy(bill(account, [100.01, 119.01]))
  const dry = await world.accounts((await world.compare(await world.dryRun())).id)
  const real = await world.accounts((await world.compare((await runToEnd(world)).id)).id)
  expect(real).toEqual(dry)
  expect(real).toMatchObject([
    {
      status: 'equal',
      here: {
        bills: 1,
        dueDate: '2026-04-15',
        lines: [
          { type: 'recurringCharge', count: 1, amount: { value: 80 } },
          { type: 'usageCharge', count: 2, amount: { value: 20.02 } }
        ]
      }
    }
  ])
})
