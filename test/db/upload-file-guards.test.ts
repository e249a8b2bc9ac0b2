import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addPartner, TENANT } from '../support/database.ts'
import { BILL_UPLOAD, linesOf } from '../upload/file-world.ts'
import { row, startUpload, type UploadWorld } from '../upload/upload-world.ts'
import { attempt } from './guarded-world.ts'

let world: UploadWorld
beforeAll(async () => {
  world = await startUpload()
  await addPartner(world.database, TENANT, 'P-1')
  const type = { 'content-type': 'application/x-ndjson' }
  // Nothing works it off: it runs.
  const { body } = await world.call('POST', BILL_UPLOAD, linesOf([row(), row()]), type)
  expect(body).toMatchObject({ state: 'running', rows: 2 })
})
afterAll(() => world.close())

const KEPT = '23000 upload_is_kept'
const ONCE = '23000 upload_part_is_once'
const COUNTS = '23514 upload_counts'

const change = (values: Sql) => sql`UPDATE "upload" SET ${values}`
const finished = sql`"finished_at" = 'epoch'`
const done = change(sql`"state" = 'done', ${finished}, "parts_done" = 1, "created" = 1, "refused" = 1`)
const cancelled = change(sql`"state" = 'cancelled', ${finished}`)
const part = (values: Sql) => sql`UPDATE "upload_part" SET ${values}`
const partDone = part(sql`"results" = '[]', "counts" = '{}'`)
/** Adds a copy of the upload, changed. */
const copy = (columns: object) => sql`INSERT INTO "upload"
  SELECT (jsonb_populate_record(u, ${JSON.stringify({ id: 'x', ...columns })}::jsonb)).* FROM "upload" u`
const receiving = copy({ state: 'receiving', started_at: null, rows: 0, parts: 0 })
/** Counts one less of what an upload has received. */
const shrunk = (column: Sql) => [
  copy({ state: 'receiving', started_at: null }),
  sql`UPDATE "upload" SET ${column} = ${column} - 1 WHERE "id" = 'x'`
]
/** Adds a copy of the part, changed. */
const copyPart = (columns: object) => sql`INSERT INTO "upload_part"
  SELECT (jsonb_populate_record(p, ${JSON.stringify({ number: 2, ...columns })}::jsonb)).* FROM "upload_part" p`
const key = (columns: object = {}) => sql`INSERT INTO "upload_key"
  SELECT (jsonb_populate_record(NULL::"upload_key", jsonb_build_object('tenant_id', "tenant_id", 'upload_id', "id",
    'key', 'k', 'content_hash', 'x', 'line', 1) || ${JSON.stringify(columns)}::jsonb)).* FROM "upload"`

test.each<[string, Sql | readonly Sql[], string]>([
  ['an upload that is done changes', [done, change(sql`"created" = 2, "refused" = 0`)], KEPT],
  ['it runs again', [done, change(sql`"state" = 'running', "finished_at" = NULL`)], KEPT],
  ['one that was cancelled is done', [cancelled, done], KEPT],
  ['its tenant changes', change(sql`"tenant_id" = 'other'`), KEPT],
  ['its id changes', change(sql`"id" = 'x'`), KEPT],
  ['its owner changes', change(sql`"partner_id" = (SELECT "id" FROM "partner")`), KEPT],
  ['its kind changes', change(sql`"kind" = 'account'`), KEPT],
  ['its layout changes', change(sql`"layout" = '{}'`), KEPT],
  ['its options change', change(sql`"options" = '{}'`), KEPT],
  ['its author changes', change(sql`"author" = '{}'`), KEPT],
  ['it is received again', change(sql`"state" = 'receiving'`), KEPT],
  ['a row comes after the receipt', change(sql`"rows" = 3`), KEPT],
  ['a part counts after the receipt', change(sql`"parts" = 2`), KEPT],
  ['fewer rows were received', shrunk(sql`"rows"`), KEPT],
  ['fewer parts were received', shrunk(sql`"parts"`), KEPT],
  ['fewer parts are done', [change(sql`"parts_done" = 1`), change(sql`"parts_done" = 0`)], KEPT],
  ['an upload that runs is removed', sql`DELETE FROM "upload"`, KEPT],
  ['it is of no kind', copy({ kind: 'x' }), '23514 upload_kind'],
  ['it is in no state', copy({ state: 'x', finished_at: 'epoch' }), '23514 upload_state'],
  ['its partner is none', copy({ partner_id: 'x' }), '23503 upload_tenant_id_partner_id_fkey'],
  ['it ends without a time', change(sql`"state" = 'cancelled'`), '23514 upload_finished_in_the_end'],
  ['it has ended and runs', change(finished), '23514 upload_finished_in_the_end'],
  ['it fails without a reason', change(sql`"state" = 'failed', ${finished}`), '23514 upload_failure'],
  ['it runs with a reason of failure', change(sql`"failure" = 'x'`), '23514 upload_failure'],
  ['it runs without a start', change(sql`"started_at" = NULL`), '23514 upload_started'],
  [
    'a row has no result in the end',
    change(sql`"state" = 'done', ${finished}, "parts_done" = 1, "created" = 1`),
    COUNTS
  ],
  ['a part is not done in the end', change(sql`"state" = 'done', ${finished}, "created" = 2`), COUNTS],
  ['more parts are done than there are', change(sql`"parts_done" = 2`), COUNTS],
  ...['created', 'replaced', 'duplicate', 'unmatched', 'conflict', 'refused', 'not_stored'].flatMap(
    (name): [string, Sql, string][] => [
      [`more rows than all count as ${name}`, copy({ [name]: 3 }), COUNTS],
      [`fewer rows than none count as ${name}`, copy({ [name]: -1 }), COUNTS]
    ]
  ),
  ['a part comes after the receipt', copyPart({}), ONCE],
  ['a part is of no upload', copyPart({ upload_id: 'x' }), ONCE],
  [
    'a part comes twice',
    [receiving, copyPart({ upload_id: 'x' }), copyPart({ upload_id: 'x' })],
    '23505 upload_part_pkey'
  ],
  ['a part is done twice', [partDone, partDone], ONCE],
  ['a part is undone', [partDone, part(sql`"results" = NULL, "counts" = NULL`)], ONCE],
  ['rows change after their results', [partDone, part(sql`"content" = '[]'`)], ONCE],
  ['a part gets another number', part(sql`"number" = 2`), ONCE],
  ['a part gets other rows', part(sql`"rows" = 3`), ONCE],
  ['rows change before their results', part(sql`"content" = '[]'`), ONCE],
  ['a part goes before the end', sql`DELETE FROM "upload_part"`, ONCE],
  ['a part has results and no counts', part(sql`"results" = '[]'`), '23514 upload_part_done'],
  ['a part has counts and no results', part(sql`"counts" = '{}'`), '23514 upload_part_done'],
  ['a key is claimed twice in an upload', [key(), key({ line: 2 })], '23505 upload_key_pkey'],
  ['a key is of no upload', key({ upload_id: 'x' }), '23503 upload_key_tenant_id_upload_id_fkey']
])('the database refuses that %s', async (_, statements, expected) => {
  expect(await attempt(world, statements)).toBe(expected)
})

test.each<[string, Sql | readonly Sql[]]>([
  ['every row has a result in the end', [partDone, done]],
  ['an upload fails with a reason', change(sql`"state" = 'failed', "failure" = 'x', ${finished}`)],
  ['an upload ends before its rows are done', cancelled],
  ['a part comes during the receipt', [receiving, copyPart({ upload_id: 'x' })]],
  ['two uploads claim one key', [receiving, key()]]
])('the database lets it be that %s', async (_, statements) => {
  expect(await attempt(world, statements)).toBe('done')
})

test('parts and keys go with their upload', async () => {
  const undone = new Error('undone')
  const trying = world.database.transaction(async (tx) => {
    for (const statement of [key(), done, sql`DELETE FROM "upload"`]) await tx.run(statement)
    const { rows } = await tx.run(sql`SELECT FROM "upload_part" UNION ALL SELECT FROM "upload_key"`)
    expect(rows).toEqual([])
    throw undone
  })
  await expect(trying).rejects.toBe(undone)
})
