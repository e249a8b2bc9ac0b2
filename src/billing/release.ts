import { Problem } from '../base/problem.ts'
import type { Database, Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import { customerBill } from '../resources/customer-bill.ts'
import { bind } from '../tmf/bind.ts'
import { parseQuery } from '../tmf/query.ts'
import type { ChangeContext } from '../tmf/resource.ts'
import { where } from '../tmf/where.ts'
import { BILL_COLUMNS, recordMoves } from './bill-moves.ts'
import { type IssuedState, issueExisting } from './issue-existing.ts'

/** Which bills of a run go to which state; all of them without a filter, which is written like a query of the API. */
export interface Release {
  readonly runId: string
  readonly state: IssuedState
  readonly filter: string | undefined
}

/** How many bills of those that were meant went to the state; the others were there, held or paid already. */
export interface Released {
  readonly released: number
  readonly skipped: number
}

/** So many bills are moved in one transaction: what is moved stays so, whatever becomes of the rest. */
const CHUNK_BILLS = 500

/**
 * Releases bills of a run that has ended: new ones are issued, and to `sent` go validated ones, too. Throws `notFound`
 * without the run, `conflict` while it goes on or when it was dry, and `invalidQuery` for a filter that is none.
 */
export async function releaseBills(
  database: Database,
  context: ChangeContext,
  { runId, state, filter = '' }: Release
): Promise<Released> {
  const meant = meantBy(filter)
  const { tenantId } = context.author
  const ofRun = sql`"tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND ${meant}`
  await requireEnded(database, tenantId, runId)
  const { rows } = await database.run(sql`SELECT count(*) FROM "customer_bill" WHERE ${ofRun}`)
  const issue = (tx: Transaction, ids: readonly string[]) => issueExisting(tx, context, ids, state)
  const issued = await inChunks(database, sql`${ofRun} AND "state" = 'new'`, issue)
  const send = (tx: Transaction, ids: readonly string[]) => sendBills(tx, context, ids)
  const sent = state === 'sent' ? await inChunks(database, sql`${ofRun} AND "state" = 'validated'`, send) : 0
  return { released: issued + sent, skipped: Math.max(Number(rows[0]?.[0]) - issued - sent, 0) }
}

function meantBy(filter: string): Sql {
  const { where: predicate, fields, sort, offset, limit, after } = parseQuery(filter)
  if (fields || sort.length > 0 || [offset, limit, after].some((value) => value !== undefined)) {
    throw new Problem('invalidQuery', '$.filter takes conditions only, such as amountDue.value.lt=100')
  }
  return predicate ? where(customerBill, bind(predicate, customerBill.shape)) : sql`TRUE`
}

async function requireEnded(database: Database, tenantId: string, runId: string): Promise<void> {
  const { rows } = await database.run(sql`SELECT "state", "is_dry" FROM "bill_run"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${runId}`)
  const [state, isDry] = rows[0] ?? []
  if (!state) throw new Problem('notFound', 'There is no billRun with this id')
  if (isDry === 't') throw new Problem('conflict', 'A dry billRun has no bills to release')
  if (state === 'queued' || state === 'running') {
    throw new Problem('conflict', `This billRun is ${state}; its bills can be released when it has ended`)
  }
  // A run that is cancelled ends with what is under way then, which is waited for: its bills are meant, too.
  await database.run(sql`SELECT FROM "bill_run_chunk"
    WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND "finished_at" IS NULL FOR SHARE`)
}

/** Moves the bills of a condition, each chunk locked in one transaction; answers how many were moved. */
async function inChunks(
  database: Database,
  which: Sql,
  move: (tx: Transaction, ids: readonly string[]) => Promise<readonly string[]>
): Promise<number> {
  let count = 0
  for (let after = ''; ; ) {
    const { ids, moved } = await database.transaction(async (tx) => {
      await tx.takeTime()
      const { rows } = await tx.run(sql`SELECT "id" FROM "customer_bill" WHERE ${which} AND "id" > ${after}
        ORDER BY "id" LIMIT ${CHUNK_BILLS} FOR UPDATE`)
      const locked = rows.map(([id]) => String(id))
      return { ids: locked, moved: await move(tx, locked) }
    })
    count += moved.length
    const last = ids.at(-1)
    if (last === undefined) return count
    after = last
  }
}

/** Bills that are issued already have their numbers and their journals: nothing else changes. */
async function sendBills(tx: Transaction, context: ChangeContext, ids: readonly string[]): Promise<readonly string[]> {
  const { tenantId } = context.author
  const now = context.clock()
  const { rows } = await tx.run(sql`UPDATE "customer_bill" SET "state" = 'sent', "version" = "version" + 1,
      "last_update" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${ids}::text[]) RETURNING ${BILL_COLUMNS}`)
  await recordMoves(tx, context, 'send', { before: new Map(ids.map((id) => [id, 'validated'])), after: rows }, now)
  return ids
}
