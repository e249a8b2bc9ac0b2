import { z } from 'zod'
import { resolveAccounts } from '../accounts/lookup.ts'
import { ACTOR_TYPES } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import { sumDecimals } from '../base/money.ts'
import { catalogue } from '../billing/catalogue.ts'
import type { Database, Queryable, Transaction } from '../db/database.ts'
import { integer, json, oneOf, optional, rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import type { WriteContext } from '../tmf/write.ts'
import { type FileRow, isFileRow } from './file/file.ts'
import { KINDS, type Prepared, type Result, type Stored } from './kind.ts'
import { kindNamed } from './kinds.ts'
import { storeOptions, UPLOAD_OPTIONS } from './options.ts'
import { type Place, placeOf } from './place.ts'

export interface WorkContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
}

const AUTHOR = z.object({
  tenantId: z.string(),
  actor: z.object({ type: z.enum(ACTOR_TYPES), id: z.string(), name: z.string() }),
  onBehalfOf: z.string().optional(),
  address: z.string().optional(),
  requestId: z.string().optional()
})

const RUNNING = rowOf('upload', {
  id: text,
  partnerId: optional(text),
  kind: oneOf(KINDS),
  options: json(UPLOAD_OPTIONS),
  author: json(AUTHOR),
  parts: integer,
  partsDone: integer
})

export type Running = ReturnType<typeof RUNNING.read>

/** Finds the upload of a tenant that has waited longest for its turn. */
export async function nextUpload(queryable: Queryable, tenantId: string): Promise<Running | undefined> {
  const { rows } = await queryable.run(sql`SELECT ${RUNNING.columns} FROM "upload"
    WHERE "tenant_id" = ${tenantId} AND "state" = 'running' ORDER BY "worked_at" NULLS FIRST, "id" LIMIT 1`)
  return rows.map(RUNNING.read)[0]
}

/**
 * Works parts of an upload off in their order, one transaction each, until `untilMs` of `performance.now()`. The next
 * part is read while one is stored. Leaves an upload that ends meanwhile, or whose part another process is at.
 */
export async function workParts(context: WorkContext, upload: Running, untilMs: number): Promise<void> {
  const { database, clock } = context
  const { author, parts, partsDone } = upload
  const place = await placeOf(database, author.tenantId, clock())
  let ready: Promise<Ready> = preparePart(database, upload, place, partsDone + 1)
  for (let number = partsDone + 1; number <= parts; number++) {
    const part = await ready
    const goesOn = number < parts && performance.now() < untilMs
    if (goesOn) ready = preparePart(database, upload, place, number + 1)
    ready.catch(() => undefined)
    const isStored = await storePart(context, upload, part)
    if (!isStored || !goesOn) return
  }
}

interface Ready {
  readonly number: number
  readonly rows: readonly FileRow[]
  readonly prepared: Prepared
}

const PART = rowOf('upload_part', { content: text })

async function preparePart(queryable: Queryable, upload: Running, place: Place, number: number): Promise<Ready> {
  const { id, kind, author, options } = upload
  const found = await queryable.run(
    sql`SELECT ${PART.columns} FROM "upload_part"
      WHERE "tenant_id" = ${author.tenantId} AND "upload_id" = ${id} AND "number" = ${number}`
  )
  const rows = rowsOf(PART.one(found).content)
  return { number, rows, prepared: await kindNamed(kind).prepare(rows, place, options) }
}

export function rowsOf(content: string): readonly FileRow[] {
  const rows: unknown = JSON.parse(content)
  if (Array.isArray(rows) && rows.every(isFileRow)) return rows
  throw new Error('the database holds no rows where those of a part must be')
}

/** Stores a part that is not done yet. Returns false if another process is at it, or the upload has ended. */
async function storePart(context: WorkContext, upload: Running, part: Ready): Promise<boolean> {
  try {
    return await context.database.transaction(async (tx) => {
      await tx.takeTime()
      if (!(await claim(tx, upload, part.number))) return false
      const stored = await part.prepared.store(tx, writeContext(context, upload), storeOptions(upload.options))
      await close(tx, context, upload, part, stored)
      return true
    })
  } catch (error) {
    if (error === ENDED) return false
    throw error
  }
}

const ENDED = new Error('the upload has ended meanwhile')

function writeContext({ clock, newId }: WorkContext, { id, author, partnerId }: Running): WriteContext {
  const view = { tenantId: author.tenantId, partnerId }
  const resolvers = new Map([['BillingAccountRef', resolveAccounts]])
  return { view, author, clock, newId, correlationId: id, resources: catalogue, resolvers }
}

async function claim(tx: Transaction, { id, author }: Running, number: number): Promise<boolean> {
  const claimed = await tx.run(
    sql`SELECT FROM "upload_part" WHERE "tenant_id" = ${author.tenantId} AND "upload_id" = ${id}
      AND "number" = ${number} AND "results" IS NULL FOR UPDATE SKIP LOCKED`
  )
  return claimed.rowCount > 0
}

/** Keeps the results of a part, and of its rows those that were not stored. Throws ENDED if the upload has. */
async function close(
  tx: Transaction,
  { clock }: WorkContext,
  { id, author: { tenantId } }: Running,
  { number, rows }: Ready,
  { results, amounts }: Stored
): Promise<void> {
  const left = new Set(results.filter(isLeft).map(({ line }) => line))
  const content = JSON.stringify(rows.filter(({ line }) => left.has(line)))
  const counts = countsOf(results)
  await tx.run(
    sql`UPDATE "upload_part" SET "results" = ${JSON.stringify(results)}, "content" = ${content},
      "counts" = ${JSON.stringify(counts)}::jsonb
      WHERE "tenant_id" = ${tenantId} AND "upload_id" = ${id} AND "number" = ${number}`
  )
  const now = clock()
  const { created, replaced, duplicate, conflict, refused, notStored } = counts
  // Last: from here on, a request to cancel the upload waits.
  const closed = await tx.run(
    sql`UPDATE "upload" SET "created" = "created" + ${created}::int, "replaced" = "replaced" + ${replaced}::int,
      "duplicate" = "duplicate" + ${duplicate}::int, "conflict" = "conflict" + ${conflict}::int,
      "refused" = "refused" + ${refused}::int, "not_stored" = "not_stored" + ${notStored}::int,
      "amounts" = (SELECT coalesce(jsonb_object_agg(x."unit", x."sum"), '{}') FROM (
        SELECT a."unit", sum(a."value"::numeric)::text AS "sum"
        FROM (SELECT * FROM jsonb_each_text("amounts") UNION ALL
          SELECT * FROM jsonb_each_text(${JSON.stringify(sums(amounts))}::jsonb)) a("unit", "value") GROUP BY 1) x),
      "parts_done" = "parts_done" + 1, "worked_at" = ${now}::timestamptz, "version" = "version" + 1,
      "state" = CASE WHEN "parts_done" + 1 = "parts" THEN 'done' ELSE 'running' END,
      "finished_at" = CASE WHEN "parts_done" + 1 = "parts" THEN ${now}::timestamptz END
      WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'running'`
  )
  if (closed.rowCount === 0) throw ENDED
}

function isLeft({ status }: Result): boolean {
  return status === 'conflict' || status === 'refused' || status === 'notStored'
}

function countsOf(results: readonly Result[]): Record<Result['status'], number> {
  const counts = { created: 0, replaced: 0, duplicate: 0, conflict: 0, refused: 0, notStored: 0 }
  for (const { status } of results) counts[status] += 1
  return counts
}

function sums(amounts: Stored['amounts']): Readonly<Record<string, string>> {
  const byUnit = Map.groupBy(amounts.values(), ({ unit }) => unit)
  return Object.fromEntries([...byUnit].map(([unit, all]) => [unit, sumDecimals(all.map(({ value }) => value))]))
}
