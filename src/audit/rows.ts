import type { Queryable } from '../db/database.ts'
import { printedCells } from '../db/row.ts'
import { identifier, join, type Sql, sql } from '../db/sql.ts'
import { SEALED_COLUMNS } from './chain.ts'

/** A row of the audit; position and hash are null until it is sealed. */
export interface AuditRow {
  readonly id: string
  readonly position: string | null
  readonly hash: string | null
  readonly columns: readonly (string | null)[]
}

export interface Selection {
  readonly where: Sql
  readonly order: Sql
}

export interface BatchLimits {
  readonly batchRows?: number
  /** Total length of the documents in a batch, without the last row. */
  readonly batchBytes?: number
}

const BATCH_ROWS = 100
const BATCH_BYTES = 16_777_216

/** One list makes the SELECT and the reader, as the chain hashes the cells of its columns as they are printed. */
const COLUMNS = [...SEALED_COLUMNS, 'position', 'hash'] as const

export async function readRows(
  from: Queryable,
  tenantId: string,
  { where, order }: Selection,
  { batchRows = BATCH_ROWS, batchBytes = BATCH_BYTES }: BatchLimits
): Promise<AuditRow[]> {
  const { rows } = await from.run(sql`
    WITH "candidate" AS (
      SELECT "id", "position",
        coalesce(octet_length("before"::text), 0) + coalesce(octet_length("after"::text), 0) AS "bytes"
      FROM "audit" WHERE "tenant_id" = ${tenantId} AND ${where} ORDER BY ${order} LIMIT ${batchRows}
    ), "measured" AS (
      SELECT "id", sum("bytes") OVER (ORDER BY ${order}) - "bytes" AS "bytes_before" FROM "candidate"
    )
    SELECT ${join(COLUMNS.map(identifier))} FROM "audit" JOIN "measured" USING ("id")
    WHERE "tenant_id" = ${tenantId} AND "bytes_before" < ${batchBytes} ORDER BY ${order}`)
  return rows.map((row) => {
    const cells = printedCells(row)
    const cell = (name: (typeof COLUMNS)[number]) => cells[COLUMNS.indexOf(name)] ?? null
    const columns = cells.slice(0, SEALED_COLUMNS.length)
    return { id: String(cell('id')), position: cell('position'), hash: cell('hash'), columns }
  })
}
