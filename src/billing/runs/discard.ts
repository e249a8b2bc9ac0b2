import { recordChanges } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import type { Database, Transaction } from '../../db/database.ts'
import { computed, count, optional, rowOf, scalar, stated, text } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { REASONS } from '../../messages/reason.ts'
import { RUNS } from '../../messages/run.ts'
import { customerBill } from '../../resources/customer-bill.ts'
import type { ChangeContext, Document, HookContext, Recorded, Stored } from '../../tmf/declaration/resource.ts'
import { recordEvents } from '../../tmf/event.ts'
import { readStored } from '../../tmf/representation.ts'
import { BILL_COLUMNS } from '../issuing/bill-moves.ts'
import { inChunks, meantBy, requireEnded } from './run-bills.ts'

/** Selects bills of a run to discard, by a filter like a query; without one, all that were never issued. */
export interface Discard {
  readonly runId: string
  readonly filter?: string | undefined
}

export interface Discarded {
  readonly discarded: number
  readonly skipped: number
}

const DISCARDED = REASONS.discarded()

/**
 * Takes back bills of an ended run that were never issued. Their rates are free again, and their accounts are parked; a
 * retry of the run bills them. Throws `notFound` without the run, `conflict` if it is running, starts again meanwhile
 * or is dry, and `invalidQuery` for a malformed filter.
 */
export function discardBills(
  database: Database,
  context: ChangeContext,
  { runId, filter = '' }: Discard
): Promise<Discarded> {
  return discardSelected(database, context, runId, meantBy(filter))
}

/** Does the same with the bills that `meant` selects, a condition on "customer_bill" without other tables. */
export async function discardSelected(
  database: Database,
  context: ChangeContext,
  runId: string,
  meant: Sql
): Promise<Discarded> {
  const { tenantId } = context.author
  const ofRun = sql`"tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND ${meant}`
  await requireEnded(database, tenantId, runId, 'discarded')
  const found = await database.run(sql`SELECT count(*) FROM "customer_bill" WHERE ${ofRun}`)
  const discarded = await inChunks(
    database,
    sql`${ofRun} AND "issued_as" IS NULL`,
    (tx, ids) => takeBack(tx, context, runId, ids),
    (tx) => lockEnded(tx, tenantId, runId)
  )
  return { discarded, skipped: Math.max(scalar(found, count) - discarded, 0) }
}

const OF_RUN = rowOf('customer_bill', { billRunId: optional(text) })

/** Takes back a bill of the engine that was never issued, before it is removed. */
export async function discardRemoved(
  tx: Transaction,
  context: HookContext,
  { id, internal, document }: Stored
): Promise<Recorded | undefined> {
  if (internal.rounding_amount === null) return undefined
  const { tenantId, partnerId } = context.view
  if (partnerId !== undefined) throw RUNS.providerDiscards()
  const bill = await tx.run(sql`SELECT ${OF_RUN.columns} FROM "customer_bill"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  const { billRunId: runId } = OF_RUN.one(bill)
  if (runId === undefined) return undefined
  await lockEnded(tx, tenantId, runId)
  return recordOf(document, await free(tx, tenantId, runId, [id], context.clock()))
}

function lockEnded(tx: Transaction, tenantId: string, runId: string): Promise<void> {
  return requireEnded(tx, tenantId, runId, 'discarded', sql` FOR UPDATE`)
}

/** The bills and the run are locked. */
async function takeBack(
  tx: Transaction,
  context: ChangeContext,
  runId: string,
  ids: readonly string[]
): Promise<readonly string[]> {
  const { tenantId } = context.author
  const now = context.clock()
  await record(tx, context, ids, now)
  await recordEvents(tx, context, customerBill, 'removed', ids, now)
  await free(tx, tenantId, runId, ids, now)
  await tx.run(sql`DELETE FROM "customer_bill" WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${ids}::text[])`)
  return ids
}

/**
 * Frees the rates of bills and corrects their run. Returns the number of rates. Clears the rounding first, since lines
 * of the engine's bills never change.
 */
async function free(
  tx: Transaction,
  tenantId: string,
  runId: string,
  ids: readonly string[],
  now: Instant
): Promise<number> {
  await tx.run(sql`UPDATE "customer_bill" SET "rounding_amount" = NULL
    WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${ids}::text[])`)
  const { rowCount } =
    await tx.run(sql`UPDATE "applied_customer_billing_rate" SET "is_billed" = false, "bill_id" = NULL, "bill" = NULL,
      "version" = "version" + 1
    WHERE "tenant_id" = ${tenantId} AND "bill_id" = ANY(${ids}::text[])`)
  await correctRun(tx, tenantId, runId, ids, now)
  return rowCount
}

const RATES = rowOf('applied_customer_billing_rate', { billId: stated, rates: computed(count, sql`count(*)`) })

async function record(tx: Transaction, context: ChangeContext, ids: readonly string[], now: Instant): Promise<void> {
  const { rows } = await tx.run(sql`SELECT ${BILL_COLUMNS} FROM "customer_bill"
    WHERE "tenant_id" = ${context.author.tenantId} AND "id" = ANY(${ids}::text[]) ORDER BY "id"`)
  const counted = await tx.run(sql`SELECT ${RATES.columns} FROM "applied_customer_billing_rate"
    WHERE "tenant_id" = ${context.author.tenantId} AND "bill_id" = ANY(${ids}::text[]) GROUP BY "bill_id"`)
  const ratesOf = new Map(counted.rows.map(RATES.read).map(({ billId, rates }) => [billId, rates]))
  const changes = rows.map((row) => {
    const { id, document } = readStored(customerBill, row)
    return { ...recordOf(document, ratesOf.get(id) ?? 0), resourceType: customerBill.type, resourceId: id }
  })
  await recordChanges(tx, context, changes, now)
}

function recordOf({ state, billingAccount, amountDue }: Document, freedRates: number): Recorded {
  return { action: 'discard', before: { state, billingAccount, amountDue }, after: { freedRates } }
}

/**
 * Moves the accounts from billed to parked. A chunk of its own subtracts the run's counts, so that the sums over its
 * chunks match its bills.
 */
async function correctRun(
  tx: Transaction,
  tenantId: string,
  runId: string,
  ids: readonly string[],
  now: Instant
): Promise<void> {
  const bills = sql`"customer_bill" b WHERE b."tenant_id" = ${tenantId} AND b."id" = ANY(${ids}::text[])`
  await tx.run(sql`INSERT INTO "bill_run_parked" ("tenant_id", "bill_run_id", "billing_account_id", "reason",
      "reason_code")
    SELECT ${tenantId}, ${runId}, b."billing_account_id", ${DISCARDED.text}, ${DISCARDED.code} FROM ${bills}`)
  await tx.run(sql`INSERT INTO "bill_run_chunk" ("tenant_id", "bill_run_id", "number", "first_account",
      "last_account", "eligible", "billed", "skipped", "amounts", "finished_at")
    SELECT ${tenantId}, ${runId}, (SELECT max("number") + 1 FROM "bill_run_chunk"
        WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId}),
      min("first"), max("last"), 0, -sum("count"), '{}', jsonb_object_agg("unit", "amount"::text), ${now}
    FROM (SELECT min(b."billing_account_id") AS "first", max(b."billing_account_id") AS "last", count(*) AS "count",
        b."amount_due_unit" AS "unit", -sum(b."amount_due_value") AS "amount" FROM ${bills} GROUP BY 4) x`)
}
