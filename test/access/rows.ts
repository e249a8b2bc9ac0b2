import { newId } from '../../src/base/ulid.ts'
import { identifier, sql } from '../../src/db/sql.ts'
import { UPLOAD_KINDS } from '../../src/upload/kinds.ts'
import { parsed } from '../support/answer.ts'
import { paymentOf } from '../support/payments.ts'
import { SAMPLES } from '../support/samples.ts'
import { BASE } from '../support/server.ts'
import type { Owner, Viewer, World } from './world.ts'

/** A row of any table, by its public id. */
export interface StoredRow extends Owner {
  readonly id: string
}

export async function posted(world: World, viewer: Viewer, path: string): Promise<string> {
  const answer = await world.ask(viewer, 'POST', `${BASE}/${path}`, SAMPLES[path]?.body)
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return parsed(answer.body).id
}

/** Posts an account with an alias, its customer and a payment. */
export async function postedAccount(world: World, viewer: Viewer): Promise<void> {
  const customer = await world.ask(viewer, 'POST', `${BASE}/customers`, { name: viewer.name })
  const account = { id: newId(), name: viewer.name, customerId: parsed(customer.body).id, aliases: [newId()] }
  const answer = await world.ask(viewer, 'POST', `${BASE}/accounts`, account)
  if (answer.statusCode !== 201) throw new Error(answer.body)
  const payment = paymentOf(account.id, 5)
  const paid = await world.ask(viewer, 'POST', '/billing/v1/payment', payment)
  if (paid.statusCode !== 201) throw new Error(paid.body)
  await world.database.run(sql`INSERT INTO "unmatched_payment" ("tenant_id", "id", "partner_id", "created_at",
      "last_update", "state", "type", "amount", "currency", "method", "value_date", "reference", "reference_key",
      "content_hash", "reason", "reason_code")
    SELECT "tenant_id", ${newId()}, "partner_id", "created_at", "created_at", 'open', 'payment', "amount", "currency",
      "method", '2026-11-30', "reference", "reference_key", "content_hash", 'a test', 'test'
    FROM "payment" WHERE "reference" = ${payment.reference}`)
  await addCorrections(world, account.id)
}

/** Adds a bill of an account and corrections of each kind, without their postings. */
async function addCorrections({ database }: World, account: string): Promise<void> {
  const [bill, note] = [newId(), newId()]
  await database.run(sql`INSERT INTO "customer_bill" ("tenant_id", "id", "partner_id", "last_update", "bill_no",
      "bill_document", "billing_account_id", "state", "amount_due_value", "tax_excluded_amount_value",
      "remaining_amount_value")
    SELECT a."tenant_id", b."id", a."partner_id", now(), b."id", '[]', a."id", 'new', 5, -5, 5 FROM "billing_account" a
    CROSS JOIN (VALUES (${bill}), (${note})) b("id")
    WHERE a."id" LIKE concat('%', ${account}::text)`)
  await database.run(sql`INSERT INTO "correction" ("tenant_id", "id", "partner_id", "kind", "created_at",
      "billing_account_id", "currency", "amount", "credited", "reason", "content_hash", "bill_id", "credit_note_id")
    SELECT "tenant_id", ${newId()}, "partner_id", 'creditNote', now(), "billing_account_id", 'EUR', 5, 0, 'other', 'x',
      "id", ${note} FROM "customer_bill" WHERE "id" = ${bill}`)
  await database.run(sql`INSERT INTO "correction" ("tenant_id", "id", "partner_id", "kind", "created_at",
      "billing_account_id", "currency", "amount", "credited", "reason", "content_hash", "bill_id", "bill_state",
      "method", "rebill_when")
    SELECT b."tenant_id", k."id", b."partner_id", k."kind", now(), b."billing_account_id", 'EUR', 5, 0, 'other', 'x',
      k."bill", k."state", k."method", k."when"
    FROM "customer_bill" b CROSS JOIN (VALUES (${newId()}, 'writeOff', ${bill}, 'sent', NULL, NULL),
      (${newId()}, 'cancelAndRebill', ${bill}, NULL, NULL, 'now'),
      (${newId()}, 'adjustment', NULL, NULL, NULL, NULL),
      (${newId()}, 'refund', NULL, NULL, 'cash', NULL)) k("id", "kind", "bill", "state", "method", "when")
    WHERE b."id" = ${bill}`)
  await database.run(sql`INSERT INTO "correction_approval" ("tenant_id", "id", "kind", "state", "created_at",
      "billing_account_id", "currency", "amount", "reason", "content_hash", "body", "requested_by_type",
      "requested_by_id", "requested_by_name")
    SELECT "tenant_id", ${newId()}, 'adjustment', 'pendingApproval', now(), "billing_account_id", 'EUR', 5, 'other',
      'x', '{"reason": "other"}', 'user', 'u', 'nora' FROM "customer_bill" WHERE "id" = ${bill}`)
  await database.run(sql`INSERT INTO "dispute" ("tenant_id", "id", "partner_id", "created_at", "billing_account_id",
      "currency", "bill_id", "amount", "reason", "content_hash", "opened_by", "state")
    SELECT "tenant_id", ${newId()}, "partner_id", now(), "billing_account_id", 'EUR', "id", 5, 'other', 'x', 'provider',
      'acknowledged' FROM "customer_bill" WHERE "id" = ${bill}`)
  await database.run(sql`INSERT INTO "payment_promise" ("tenant_id", "id", "partner_id", "created_at",
      "billing_account_id", "bill_id", "until")
    SELECT "tenant_id", ${newId()}, "partner_id", now(), "billing_account_id", "id", '2098-12-31'
    FROM "customer_bill" WHERE "id" = ${bill}`)
  await addStep(database, bill)
}

/** Adds a step of dunning of a bill, of which nothing is due. */
async function addStep(database: World['database'], bill: string): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run(sql`SET LOCAL session_replication_role = replica`)
    await tx.run(sql`INSERT INTO "dunning_step" ("tenant_id", "id", "partner_id", "created_at", "day",
        "billing_account_id", "bill_id", "days_after_due", "action", "currency", "overdue_amount", "days_overdue")
      SELECT "tenant_id", ${newId()}, "partner_id", now(), '2026-11-30', "billing_account_id", "id", 7, 'event', 'EUR',
        5, 7
      FROM "customer_bill" WHERE "id" = ${bill}`)
  })
}

/** Uploads a file of each kind, without workers. */
export async function postedUploads(world: World, viewer: Viewer): Promise<void> {
  const lines = { 'content-type': 'application/x-ndjson' }
  for (const { path } of UPLOAD_KINDS) {
    const answer = await world.ask(viewer, 'POST', `/billing/v1/${path}`, '{}', lines)
    if (answer.statusCode !== 202) throw new Error(`${path}: ${answer.body}`)
  }
}

/** Adds a run of every cycle of the provider, and a comparison with it, without workers. */
export async function addRuns(database: World['database']): Promise<void> {
  await database.run(sql`INSERT INTO "bill_run" ("tenant_id", "id", "bill_cycle_id", "is_dry", "bill_state",
    "state", "author",
      "dates")
    SELECT "tenant_id", "id", "id", true, 'new', 'done', '{}', '{}' FROM "bill_cycle" WHERE "partner_id" IS NULL`)
  await database.run(sql`INSERT INTO "comparison" ("tenant_id", "id", "created_at", "bill_cycle_id", "bill_run_id",
      "tolerance", "state", "finished_at", "summary")
    SELECT "tenant_id", "id", "created_at", "bill_cycle_id", "id", '{}', 'done', "created_at", ${NOTHING_FOUND}
    FROM "bill_run"`)
}

export function holdOf(account: string): string {
  return `hold of ${account}`
}

/** Holds a part of each balance. */
export async function addHolds(database: World['database']): Promise<void> {
  await database.run(sql`INSERT INTO "balance_hold" ("tenant_id", "id", "account_id", "currency", "amount",
      "created_at",
      "expires_at", "state")
    SELECT "tenant_id", ${holdOf('')} || "account_id", "account_id", "currency", 1, now(),
      now() + interval '1 hour', 'active'
    FROM "account_balance"`)
}

/** Closes a period of every tenant, without counting it. */
export async function addCloses(database: World['database']): Promise<void> {
  await database.run(sql`INSERT INTO "period_close" ("tenant_id", "id", "created_at", "through", "ends_at")
    SELECT "id", concat('close of ', "id"), now(), '2000-01-31', '2000-02-01' FROM "tenant"`)
}

const NOTHING_FOUND = JSON.stringify({ statuses: {}, reasons: {}, uncompared: {}, withoutAccount: 0, totals: [] })

/** Reads rows of all tables with ids. */
export async function storedRows(world: World): Promise<readonly StoredRow[]> {
  const { rows: tables } = await world.database.run(sql`SELECT "table_name" FROM "information_schema"."columns"
    JOIN "information_schema"."tables" USING ("table_schema", "table_name")
    WHERE "table_schema" = 'public' AND "table_type" = 'BASE TABLE' AND "column_name" = 'id' ORDER BY 1`)
  return (await Promise.all(tables.map(([name]) => idsIn(world, String(name))))).flat()
}

/** Reads the rows of a table with their owners; a tenant owns its own row. */
export async function idsIn(world: World, table: string): Promise<readonly StoredRow[]> {
  const { rows: found } = await world.database.run(
    sql`SELECT "id", coalesce(to_jsonb(t) ->> 'tenant_id', "id"::text), to_jsonb(t) ->> 'partner_id'
      FROM ${identifier(table)} AS t ORDER BY "id"`
  )
  return found.map(([id, tenantId, partnerId]) => ({
    id: String(id),
    tenantId: String(tenantId),
    partnerId: partnerId ?? null
  }))
}
