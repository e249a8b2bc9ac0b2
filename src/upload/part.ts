import type { Instant } from '../base/instant.ts'
import { sumDecimals } from '../base/money.ts'
import type { Transaction } from '../db/database.ts'
import { oneOf, rowOf } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { settleDry } from './dry.ts'
import { recordUpload } from './events.ts'
import type { Stored } from './kind.ts'
import { storeOptions } from './options.ts'
import { type Counts, countsOf, isLeft, type KeptResult } from './results.ts'
import { changeBy, type Part, type Running, type WorkContext } from './running.ts'
import { UPLOAD_STATES } from './states.ts'

/** The results of a part, as they are kept. */
export interface Outcome {
  readonly results: readonly KeptResult[]
  readonly amounts: Stored['amounts']
}

/**
 * Stores a part that is not done, in one transaction with its results; finds the results of a dry upload in one
 * that is rolled back. Returns false if another process is at it, or the upload has ended.
 */
export async function storePart(context: WorkContext, upload: Running, part: Part): Promise<boolean> {
  const { dryRun } = upload.options
  const store = (tx: Transaction) => part.prepared.store(tx, changeBy(context, upload), storeOptions(upload.options))
  const dry = dryRun ? await tentatively(context, store) : undefined
  const work = async (tx: Transaction) => {
    if (!(await claimPart(tx, upload, part.number))) return false
    const outcome = dry ? await settleDry(tx, upload, part.prepared.identities(), dry) : await store(tx)
    await closePart(tx, context, upload, part, outcome)
    return true
  }
  return unlessEnded(() => tentatively(context, work, () => true))
}

/** Works in one transaction, which is rolled back unless `isKept` says otherwise. Returns what the work does. */
export async function tentatively<T>(
  { database }: WorkContext,
  work: (tx: Transaction) => Promise<T>,
  isKept: (done: T) => boolean = () => false
): Promise<T> {
  let undone: { readonly done: T } | undefined
  try {
    return await database.transaction(async (tx) => {
      await tx.takeTime()
      const done = await work(tx)
      if (isKept(done)) return done
      undone = { done }
      throw UNDONE
    })
  } catch (error) {
    if (error === UNDONE && undone) return undone.done
    throw error
  }
}

const UNDONE = new Error('the transaction is rolled back')
const ENDED = new Error('the upload has ended meanwhile')

/** Does work that fails where the upload has ended; returns false then. */
export async function unlessEnded(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work()
  } catch (error) {
    if (error === ENDED) return false
    throw error
  }
}

export async function claimPart(tx: Transaction, { tenantId, id }: Running, number: number): Promise<boolean> {
  const claimed = await tx.run(sql`SELECT FROM "upload_part" WHERE "tenant_id" = ${tenantId} AND "upload_id" = ${id}
    AND "number" = ${number} AND "results" IS NULL FOR UPDATE SKIP LOCKED`)
  return claimed.rowCount > 0
}

/**
 * Keeps the results of a part, and of its rows those that were not stored; counts them. With its last part an upload is
 * done. Fails if the upload has ended otherwise. From then on, a request to cancel it waits.
 */
export async function closePart(
  tx: Transaction,
  context: WorkContext,
  upload: Running,
  { number, rows }: Part,
  { results, amounts }: Outcome
): Promise<void> {
  const { tenantId, id } = upload
  const left = new Set(results.filter(isLeft).map(({ line }) => line))
  const counts = countsOf(results)
  await tx.run(prepared`UPDATE "upload_part" SET "results" = ${JSON.stringify(results)},
      "content" = ${JSON.stringify(rows.filter(({ line }) => left.has(line)))},
      "counts" = ${JSON.stringify(counts)}::jsonb
    WHERE "tenant_id" = ${tenantId} AND "upload_id" = ${id} AND "number" = ${number}`)
  const { rows: closed } = await tx.run(counted(upload, counts, sums(amounts), context.clock()))
  const [now] = closed.map(STATE.read)
  if (!now) throw ENDED
  if (now.state === 'done') await finish(tx, context, upload)
}

const STATE = rowOf('upload', { state: oneOf(UPLOAD_STATES) })

function counted(
  { tenantId, id }: Running,
  { created, replaced, duplicate, unmatched, conflict, refused, notStored }: Counts,
  amounts: Readonly<Record<string, string>>,
  now: Instant
): Sql {
  return prepared`UPDATE "upload" SET
      "created" = "created" + ${created}::int, "replaced" = "replaced" + ${replaced}::int,
      "duplicate" = "duplicate" + ${duplicate}::int,
      "unmatched" = "unmatched" + ${unmatched}::int, "conflict" = "conflict" + ${conflict}::int,
      "refused" = "refused" + ${refused}::int, "not_stored" = "not_stored" + ${notStored}::int,
      "amounts" = (SELECT coalesce(jsonb_object_agg(x."unit", x."sum"), '{}') FROM (
        SELECT a."unit", sum(a."value"::numeric)::text AS "sum"
        FROM (SELECT * FROM jsonb_each_text("amounts") UNION ALL
          SELECT * FROM jsonb_each_text(${JSON.stringify(amounts)}::jsonb)) a("unit", "value") GROUP BY 1) x),
      "parts_done" = "parts_done" + 1, "worked_at" = ${now}::timestamptz,
      "version" = "version" + CASE WHEN "parts_done" + 1 = "parts" THEN 1 ELSE 0 END,
      "state" = CASE WHEN "parts_done" + 1 = "parts" THEN 'done' ELSE 'running' END,
      "finished_at" = CASE WHEN "parts_done" + 1 = "parts" THEN ${now}::timestamptz END
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'running' RETURNING ${STATE.columns}`
}

async function finish(tx: Transaction, context: WorkContext, upload: Running): Promise<void> {
  const { tenantId, id } = upload
  await tx.run(sql`DELETE FROM "upload_key" WHERE "tenant_id" = ${tenantId} AND "upload_id" = ${id}`)
  await recordUpload(tx, changeBy(context, upload), 'stateChanged', id)
}

function sums(amounts: Outcome['amounts']): Readonly<Record<string, string>> {
  const byUnit = Map.groupBy(amounts.values(), ({ unit }) => unit)
  return Object.fromEntries([...byUnit].map(([unit, all]) => [unit, sumDecimals(all.map(({ value }) => value))]))
}
