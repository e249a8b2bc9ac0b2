import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addPartner, TENANT } from '../support/database.ts'
import type { Reply } from '../support/server.ts'
import { row, startUpload, type UploadWorld } from '../upload/upload-world.ts'
import { attempt } from './guarded-world.ts'

let world: UploadWorld
let partnerId: string
beforeAll(async () => {
  world = await startUpload()
  partnerId = await addPartner(world.database, TENANT, 'P-1')
  const replies: readonly Reply[] = [await world.upload([row({ account_number: 'A' })])]
  expect(replies.map(({ text }) => text)).toEqual(['{}'])
  await world.call('POST', 'customerBill', { billingAccount: { id: 'B' }, billNo: 'open' })
})
afterAll(() => world.close())

const OF_BILL = '23000 uploaded_bill_is_of_its_bill'
const WITH_BILL = '23000 uploaded_bill_goes_with_its_bill'
const IMMUTABLE = '23000 uploaded_bill_is_immutable'

/** Adds a copy of the row, changed, for another bill. */
const add = (columns: object, bill = 'open') => sql`INSERT INTO "uploaded_bill"
  SELECT (jsonb_populate_record(u, jsonb_build_object('bill_id', b."id", 'account_number', 'B')
    || ${JSON.stringify(columns)}::jsonb)).*
  FROM "uploaded_bill" u, "customer_bill" b WHERE coalesce(b."bill_no", 'sent') = ${bill}`

test.each<[string, () => Sql | readonly Sql[], string]>([
  ['a row makes a second bill', () => add({ account_number: 'A' }), '23505 uploaded_bill_once'],
  ['a bill is of two rows', () => add({}, 'sent'), '23505 uploaded_bill_pkey'],
  ['the bill is none', () => add({ bill_id: 'none' }), OF_BILL],
  ['the bill is of another owner', () => add({ partner_id: partnerId }), OF_BILL],
  ['a row changes', () => sql`UPDATE "uploaded_bill" SET "content_hash" = 'x'`, IMMUTABLE],
  ['a row goes without its bill', () => sql`DELETE FROM "uploaded_bill"`, WITH_BILL],
  ['a period is none', () => add({ period: '2026-13' }), '23514 uploaded_bill_period'],
  ['a reference is of no kind', () => add({ reference: 'x' }), '23514 uploaded_bill_reference'],
  ['a kind has no reference', () => add({ reference_kind: 'billNo' }), '23514 uploaded_bill_reference'],
  ['a kind is unknown', () => add({ reference_kind: 'x', reference: 'x' }), '23514 uploaded_bill_reference']
])('the database refuses that %s', async (_, make, expected) => {
  expect(await attempt(world, make())).toBe(expected)
})

test('the database lets a row go with a bill that was never issued', async () => {
  expect(await attempt(world, [add({}), sql`DELETE FROM "customer_bill" WHERE "bill_no" = 'open'`])).toBe('done')
})

const change = (
  bill: string,
  column: Sql,
  value: Sql = sql`'x'`
) => sql`UPDATE "uploaded_bill" u SET ${column} = ${value}
  FROM "customer_bill" b WHERE b."id" = u."bill_id" AND coalesce(b."bill_no", 'sent') = ${bill}`
const hash = sql`"content_hash"`
const issue = sql`UPDATE "customer_bill" SET "issued_as" = 'sent', "state" = 'sent' WHERE "bill_no" = 'open'`

test.each<[string, readonly Sql[], string]>([
  ['its bill is not issued', [add({}), change('open', hash)], 'done'],
  ['its bill is issued', [change('sent', hash)], IMMUTABLE],
  ['its bill is issued in the meantime', [add({}), issue, change('open', hash)], IMMUTABLE],
  [
    'its period changes, too',
    [add({}), change('open', sql`"content_hash" = 'x', "period"`, sql`'2026-12'`)],
    IMMUTABLE
  ],
  ['its account changes', [add({}), change('open', sql`"account_number"`)], IMMUTABLE],
  ['its bill is another', [add({}), change('open', sql`"bill_id"`)], IMMUTABLE]
])('the content of a row may be replaced only while its bill is not issued: %s', async (_, statements, expected) => {
  expect(await attempt(world, statements)).toBe(expected)
})

test('a bill stays while it gets a row in another transaction', async () => {
  const free = sql`SELECT FROM "customer_bill" WHERE "bill_no" = 'open' FOR UPDATE SKIP LOCKED`
  const undone = new Error('undone')
  const trying = world.database.transaction(async (tx) => {
    await tx.run(add({}))
    expect((await world.database.run(free)).rowCount).toBe(0)
    throw undone
  })
  await expect(trying).rejects.toBe(undone)
  expect((await world.database.run(free)).rowCount).toBe(1)
})

test('the database refuses that all bills of rows go at once', async () => {
  // It lets go of issued ones first.
  const bills = sql`ALTER TABLE "customer_bill" DISABLE TRIGGER "issued_bill_no_truncate"`
  await world.database.run(bills)
  await expect(world.database.run(sql`TRUNCATE "customer_bill" CASCADE`)).rejects.toThrow('all at once')
})

test('the database refuses that all rows go at once', async () => {
  const refused = world.database.run(sql`TRUNCATE "uploaded_bill"`)
  await expect(refused).rejects.toThrow('does not change')
})
