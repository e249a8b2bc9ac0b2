import { recordChanges } from '../audit/record.ts'
import { BILL_COLUMNS } from '../billing/issuing/bill-moves.ts'
import type { Transaction } from '../db/database.ts'
import { rowOf, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { type Bill, customerBill } from '../resources/customer-bill.ts'
import { arrayText } from '../tmf/bulk/insert.ts'
import { changedNames, only } from '../tmf/changes.ts'
import type { Stored } from '../tmf/declaration/resource.ts'
import { recordEvents } from '../tmf/event.ts'
import { readStored } from '../tmf/representation.ts'
import type { WriteContext } from '../tmf/write.ts'
import { CONTENT, draftRows } from './bill-columns.ts'
import type { Draft } from './draft.ts'

/** A bill of an upload, and the hash of the row of which it has the content. */
export interface Replaceable extends Stored<Bill> {
  readonly contentHash: string
}

const CONTENT_HASH = rowOf('uploaded_bill', { billId: text, contentHash: text }, 'u')

/** Reads those of the bills that are not issued, by id, and unless `isDry` keeps them from being changed. */
export async function replaceable(
  tx: Transaction,
  { view: { tenantId } }: WriteContext,
  ids: readonly string[],
  isDry: boolean
): Promise<ReadonlyMap<string, Replaceable>> {
  if (ids.length === 0) return new Map()
  const these = arrayText(ids)
  const { rows } = await tx.run(
    prepared`SELECT ${BILL_COLUMNS} FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId}
      AND b."id" = ANY(${these}::text[]) AND b."issued_as" IS NULL ORDER BY b."id" ${isDry ? sql`` : sql`FOR UPDATE`}`
  )
  // A later statement: the bill may have been replaced while this transaction waited for it.
  const hashes = await tx.run(
    prepared`SELECT ${CONTENT_HASH.columns} FROM "uploaded_bill" u WHERE u."tenant_id" = ${tenantId}
      AND u."bill_id" = ANY(${these}::text[])`
  )
  const known = new Map(hashes.rows.map(CONTENT_HASH.read).map(({ billId, contentHash }) => [billId, contentHash]))
  return new Map(
    rows.map((row) => {
      const stored = readStored(customerBill, row)
      return [stored.id, { ...stored, contentHash: known.get(stored.id) ?? '' }]
    })
  )
}

/**
 * Gives bills that are not issued the content of other rows; `drafts` has one at most for a bill. They keep their
 * states. Each has a row in the audit and an event, as if it were patched.
 */
export async function replaceBills(
  tx: Transaction,
  context: WriteContext,
  drafts: readonly Draft[],
  before: ReadonlyMap<string, Replaceable>
): Promise<void> {
  if (drafts.length === 0) return
  const { view } = context
  const now = context.clock()
  const { rows } = await tx.run(
    prepared`WITH "row" AS MATERIALIZED (${draftRows(view, drafts)}),
      "key" AS (
        UPDATE "uploaded_bill" u SET "content_hash" = r."content_hash" FROM "row" r
        WHERE u."tenant_id" = r."tenant_id" AND u."bill_id" = r."id"),
      "bill" AS (
        UPDATE "customer_bill" b SET "version" = b."version" + 1, "last_update" = ${now}, (${CONTENT.columns})
          = (SELECT ${CONTENT.values})
        FROM "row" r WHERE b."tenant_id" = r."tenant_id" AND b."id" = r."id" AND b."issued_as" IS NULL
        RETURNING b.*)
      SELECT ${BILL_COLUMNS} FROM "bill"`
  )
  const changes = rows.map((row) => {
    const { id, document: after } = readStored(customerBill, row)
    const former = before.get(id)?.document ?? {}
    const names = [...changedNames(former, after)].filter((name) => name !== 'lastUpdate')
    const parts = { before: only(former, names), after: only(after, names) }
    return { action: 'patch' as const, resourceType: customerBill.type, resourceId: id, ...parts }
  })
  await recordChanges(tx, context, changes, now)
  const ids = changes.map(({ resourceId }) => resourceId)
  await recordEvents(tx, context, customerBill, 'attributeValueChanged', ids, now)
}
