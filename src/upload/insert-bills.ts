import { RECIPIENT } from '../accounts/letterhead.ts'
import type { Instant } from '../base/instant.ts'
import { present } from '../base/unknown.ts'
import type { Transaction } from '../db/database.ts'
import { scalars, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { customerBill, ISSUED_STATES } from '../resources/customer-bill.ts'
import { eventInsertion } from '../tmf/event.ts'
import type { WriteContext } from '../tmf/write.ts'
import { CONTENT, draftRows, KEY } from './bill-columns.ts'
import { CATEGORY } from './bill-text.ts'
import type { Draft } from './draft.ts'

/** The same for all bills of an upload. */
export interface Batch {
  readonly state: string
  readonly now: Instant
  /** Of issued bills. */
  readonly letterheadId: string | undefined
}

/**
 * Claims the keys of drafts and stores those that got theirs, each with its event, in one statement: one for each table
 * would take half as long again. Returns the ids of the new bills; the keys of the others are taken, maybe by one of
 * these. Waits for other transactions that claim the same keys. All claim in one order, which rules out deadlocks.
 */
export async function insertBills(
  tx: Transaction,
  context: WriteContext,
  drafts: readonly Draft[],
  { state, now, letterheadId }: Batch
): Promise<ReadonlySet<string>> {
  const issuedAs = ISSUED_STATES.includes(state) ? state : null
  const source = { path: customerBill.path, type: present(customerBill.events?.created, 'the event of a new bill') }
  const events = sql`SELECT "partner_id", "event_id", "id", 1 AS "version", "document" FROM "row" WHERE ${IS_CLAIMED}`
  const taken = await tx.run(
    prepared`WITH "row" AS MATERIALIZED (${draftRows(context.view, drafts)}),
      "claimed" AS (
        INSERT INTO "uploaded_bill" ("tenant_id", "partner_id", ${KEY}, "bill_id", "content_hash")
        SELECT "tenant_id", "partner_id", ${KEY}, "id", "content_hash" FROM "row"
        ORDER BY "account_number" COLLATE "C", "period" COLLATE "C", "reference_kind" COLLATE "C",
          "reference" COLLATE "C", "id" COLLATE "C"
        ON CONFLICT ("tenant_id", coalesce("partner_id", ''), ${KEY}) DO NOTHING RETURNING "bill_id"),
      "bill" AS (
        INSERT INTO "customer_bill" ("tenant_id", "partner_id", "id", "state", "issued_as", "category", "last_update",
          "letterhead_id", "recipient", ${CONTENT.columns})
        SELECT r."tenant_id", r."partner_id", r."id", ${state}, ${issuedAs}, ${CATEGORY}, ${now}, ${letterheadId},
          CASE WHEN ${issuedAs}::text IS NOT NULL THEN b."recipient" END, ${CONTENT.values}
        FROM "row" r CROSS JOIN LATERAL (SELECT ${KEPT_RECIPIENT} AS "recipient" FROM (SELECT r.*) b) b
        WHERE ${IS_CLAIMED}),
      "event" AS (${eventInsertion(context, source, events, now)})
      SELECT "id" FROM "row" WHERE NOT ${IS_CLAIMED}`
  )
  const ids = new Set(drafts.map(({ billId }) => billId))
  // To tell the few others takes less time.
  for (const id of scalars(taken, text)) ids.delete(id)
  return ids
}

/** Far fewer rows are expected than there are: a subquery that is no join is hashed all the same. */
const IS_CLAIMED = sql`(("id" IN (SELECT "bill_id" FROM "claimed")) IS TRUE)`

/** The reference to an account of another system has no more than a name. */
const KEPT_RECIPIENT = sql`CASE WHEN "is_ours" THEN ${RECIPIENT} ELSE coalesce("billing_account", '{}') END`
