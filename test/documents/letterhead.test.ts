import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepLetterhead } from '../../src/billing/issuing/keep-letterhead.ts'
import { sql } from '../../src/db/sql.ts'
import { type BillingWorld, runToEnd, startBilling } from '../billing/world.ts'
import { addTenant, TENANT } from '../support/database.ts'
import { ADDRESS, billByRun, CHARGES, dress, FIRST, letterheads, pageOf, SECOND } from './dressed-world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

const NOW = '2026-04-01T00:00:00.000Z'

test('all bills of a run have one letterhead, and each its own recipient without the telephone number', async () => {
  await world.addAccounts(35, CHARGES)
  await dress(world, FIRST)
  await runToEnd(world, { billState: 'sent' })
  expect(await letterheads(world)).toEqual([['Nordlicht', 35]])
  const { rows } = await world.server.database.run(sql`SELECT DISTINCT "recipient" FROM "customer_bill"`)
  const { phoneNumber: _, ...address } = ADDRESS
  const name = 'Ada Lovelace'
  const balance = { at: expect.any(String), before: '0', after: '41.24', credit: '0' }
  for (const [recipient] of rows) {
    expect(JSON.parse(String(recipient))).toEqual({ name, address, account: name, billingType: 'postpaid', balance })
  }
})

test('several that need a new letterhead at once write it once, even when the first of them fails', async () => {
  const { database } = world.server
  const keep = (fails: boolean) =>
    database.transaction(async (tx) => {
      const id = await keepLetterhead(tx, TENANT, NOW)
      if (fails) throw new Error('on purpose')
      return id
    })
  const kept = await Promise.allSettled([true, false, false, true, false].map(keep))
  const ids = kept.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  expect([ids.length, new Set(ids).size]).toEqual([3, 1])
  const { rows } = await database.run(sql`SELECT "id" FROM "letterhead"`)
  expect(rows).toEqual([[ids[0]]])
})

test('the database keeps what an issued bill keeps from any change, and lets no other bill keep anything', async () => {
  const { database } = world.server
  await world.addAccounts(1, CHARGES)
  await dress(world, FIRST)
  const id = await billByRun(world, 'validated')
  await dress(world, SECOND)
  const other = await database.transaction((tx) => keepLetterhead(tx, TENANT, NOW))
  const posted = await world.server.call('POST', 'customerBill', { billingAccount: { id: 'X-1' } })
  const issued = sql`UPDATE "customer_bill" SET "version" = "version" + 1`
  const refused = [
    [sql`${issued}, "letterhead_id" = ${other} WHERE "id" = ${id}`, /an issued bill does not change/],
    [sql`${issued}, "recipient" = '{"name": "Eve"}' WHERE "id" = ${id}`, /an issued bill does not change/],
    [sql`${issued}, "letterhead_id" = NULL, "recipient" = NULL WHERE "id" = ${id}`, /an issued bill does not change/],
    [sql`${issued}, "payment_due_date" = NULL WHERE "id" = ${id}`, /an issued bill does not change/],
    [sql`${issued}, "created_at" = 'epoch' WHERE "id" = ${id}`, /an issued bill does not change/],
    [
      sql`${issued}, "letterhead_id" = ${other}, "recipient" = '{}' WHERE "id" = ${posted.body.id}`,
      /customer_bill_kept_when_issued/
    ],
    [sql`UPDATE "letterhead" SET "content" = '{}'`, /a letterhead does not change/],
    [sql`DELETE FROM "letterhead" WHERE "id" <> ${other}`, /a letterhead stays/]
  ] as const
  for (const [statement, message] of refused) await expect(database.run(statement)).rejects.toThrow(message)
  await database.run(sql`${issued} WHERE "id" = ${id}`)
  expect(await pageOf(world, id)).toContain('Nordlicht')
})

test('the letterhead of another tenant is never shown, even with the same id', async () => {
  const { database } = world.server
  await world.addAccounts(1, CHARGES)
  await dress(world, FIRST)
  // Whichever comes first, in the table or in an index: theirs is there before ours, with the id that ours will have.
  await database.transaction((tx) => keepLetterhead(tx, TENANT, NOW))
  await addTenant(database, 'a')
  await database.run(sql`INSERT INTO "letterhead" ("tenant_id", "id", "content")
    SELECT 'a', "id", '{"name": "Eve", "timeZone": "UTC", "language": "en"}'::jsonb FROM "letterhead"
    UNION ALL SELECT 'a', 'theirs', '{}'`)
  await database.run(sql`ALTER TABLE "letterhead" DISABLE TRIGGER "letterhead_no_delete"`)
  await database.run(sql`DELETE FROM "letterhead" WHERE "tenant_id" = ${TENANT}`)
  await database.run(sql`ALTER TABLE "letterhead" ENABLE TRIGGER "letterhead_no_delete"`)
  const id = await billByRun(world, 'validated')
  expect(await pageOf(world, id)).toContain('Nordlicht')
  const { body } = await world.server.call('POST', 'customerBill', { billingAccount: { id: 'X-1' } })
  const theirs = sql`UPDATE "customer_bill" SET "issued_as" = 'sent', "letterhead_id" = 'theirs', "recipient" = '{}'
    WHERE "id" = ${body.id}`
  await expect(database.run(theirs)).rejects.toThrow(/the letterhead of a bill is none/)
})
