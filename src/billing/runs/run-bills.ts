import type { Database, Queryable, Transaction } from '../../db/database.ts'
import { boolean, rowOf, scalars, text } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { RESOURCES } from '../../messages/resource.ts'
import { RUNS } from '../../messages/run.ts'
import { customerBill } from '../../resources/customer-bill.ts'
import { bind } from '../../tmf/query/bind.ts'
import { conditionSql } from '../../tmf/query/condition-sql.ts'
import { parseQuery } from '../../tmf/query/query.ts'

/** Bills per transaction; committed ones stay, whatever becomes of the rest. */
const CHUNK_BILLS = 500

/** Turns a filter, written like a query of the API, into a condition on bills. Throws `invalidQuery`. */
export function meantBy(filter: string): Sql {
  const { where: predicate, fields, sort, offset, limit, after } = parseQuery(filter)
  if (fields || sort.length > 0 || [offset, limit, after].some((value) => value !== undefined)) {
    throw RUNS.filter()
  }
  return predicate ? conditionSql(customerBill, bind(predicate, customerBill.shape)) : sql`TRUE`
}

const RUN = rowOf('bill_run', { state: text, isDry: boolean })

/**
 * Throws `notFound` without the run, and `conflict` if it is running or dry; `what` is the purpose, such as `released`.
 * Waits for the chunks under way of a cancelled run: their bills count, too.
 */
export async function requireEnded(
  queryable: Queryable,
  tenantId: string,
  runId: string,
  what: 'released' | 'discarded',
  lock: Sql = sql``
): Promise<void> {
  const { rows } = await queryable.run(sql`SELECT ${RUN.columns} FROM "bill_run"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${runId}${lock}`)
  const [run] = rows.map(RUN.read)
  if (!run) throw RESOURCES.notFound('billRun')
  const { state, isDry } = run
  if (isDry) throw RUNS.dry(what)
  if (state === 'queued' || state === 'running') throw RUNS.notEnded(state, what)
  await queryable.run(sql`SELECT FROM "bill_run_chunk"
    WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND "finished_at" IS NULL FOR SHARE`)
}

/**
 * Applies a change to bills in chunks, each locked in one transaction after `before`. Returns the number of bills
 * changed.
 */
export async function inChunks(
  database: Database,
  which: Sql,
  work: (tx: Transaction, ids: readonly string[]) => Promise<readonly string[]>,
  before: (tx: Transaction) => Promise<void> = async () => undefined
): Promise<number> {
  let count = 0
  for (let after = ''; ; ) {
    const { ids, done } = await database.transaction(async (tx) => {
      await tx.takeTime()
      await before(tx)
      const found = await tx.run(sql`SELECT "id" FROM "customer_bill" WHERE ${which} AND "id" > ${after}
        ORDER BY "id" LIMIT ${CHUNK_BILLS} FOR UPDATE`)
      const locked = scalars(found, text)
      return { ids: locked, done: locked.length > 0 ? await work(tx, locked) : [] }
    })
    count += done.length
    const last = ids.at(-1)
    if (last === undefined) return count
    after = last
  }
}
