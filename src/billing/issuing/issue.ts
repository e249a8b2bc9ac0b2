import { balanceBefore, recipientNamed } from '../../accounts/letterhead.ts'
import type { Author } from '../../audit/record.ts'
import type { Clock } from '../../base/clock.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { count, rowOf, scalar, stated, text } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { postBills } from '../../ledger/post-bills.ts'
import { customerBill, type RunBillState } from '../../resources/customer-bill.ts'
import { recordEvents } from '../../tmf/event.ts'
import { draftJournals, HELD, nameDrafts, READY_DRAFTS, READY_LINES } from '../drafts/tables.ts'
import { keepLetterhead } from './keep-letterhead.ts'
import { type Numbers, numberAt, takeNumbers } from './number-series.ts'
import { lockReplaced, nameReplaced, tellReplaced } from './replaced.ts'

export interface Issue {
  readonly tenantId: string
  /** The run and its cycle; undefined for bills on demand. */
  readonly run: { readonly id: string; readonly billCycleId: string } | undefined
  /** See EventContext in event.ts. */
  readonly correlationId?: string | undefined
  readonly runType: 'onCycle' | 'offCycle'
  /** `new` bills have no number and no journal yet, and neither have those on hold, in whatever state others are. */
  readonly state: RunBillState
  readonly now: Instant
  readonly billDate: Instant
  /** For all bills; undefined applies each account's term of payment. */
  readonly paymentDueDate: Instant | undefined
  readonly nextBillDate: Instant | undefined
  readonly billingPeriod: { readonly startDateTime?: Instant; readonly endDateTime: Instant }
  readonly newId: () => string
  readonly clock: Clock
  /** Of what it changes besides. */
  readonly author: Author
}

/**
 * Turns the draft of this transaction (see draft.ts) into bills: marks the rates and posts to the ledger. Then takes
 * the numbers, which makes others wait until the commit, and writes the bills with their events. Of `ready` drafts,
 * `held` become bills on hold. Returns their ids by account. Throws an error of class 40, for a retry, if a rate was
 * changed meanwhile.
 */
export async function issueBills(
  tx: Transaction,
  issue: Issue,
  ready: number,
  held = 0
): Promise<ReadonlyMap<string, string>> {
  if (ready === 0) return new Map()
  const [ids, documentIds] = [newIds(issue, ready), newIds(issue, ready)]
  await nameDrafts(tx, ids, documentIds)
  await tx.run(sql`SET CONSTRAINTS "applied_customer_billing_rate_tenant_id_bill_id_fkey" DEFERRED`)
  await markRates(tx, issue)
  const isIssued = issue.state !== 'new' && held < ready
  const { tenantId, now } = issue
  if (isIssued) await postBills(tx, tenantId, draftJournals(now))
  const replacing = isIssued ? await lockReplaced(tx, tenantId, ids) : []
  const letterheadId = isIssued ? await keepLetterhead(tx, tenantId, now) : undefined
  const numbers = isIssued ? await takeNumbers(tx, tenantId, issue.billDate, ready - held) : undefined
  const bills = await insertBills(tx, issue, numbers, letterheadId)
  await nameReplaced(tx, tenantId, replacing)
  await recordEvents(tx, issue, customerBill, 'created', [...bills.values()], now)
  await tellReplaced(tx, issue, replacing, now)
  return bills
}

function newIds({ newId }: Issue, count: number): readonly string[] {
  return Array.from({ length: count }, () => newId())
}

/** A rate changed or removed since it was read would leave half a bill: the whole transaction is retried. */
const CHANGED_MEANWHILE = sql`DO $$ BEGIN
  RAISE EXCEPTION 'a rate was changed while it was billed' USING ERRCODE = 'serialization_failure';
END $$`

/** Finds rates by their place in the table, the fastest way; a rate that has moved was changed. */
async function markRates(tx: Transaction, { tenantId }: Issue): Promise<void> {
  const { rowCount } = await tx.run(sql`WITH "line" AS MATERIALIZED (
      SELECT "place", "rate", "version", "bill" FROM ${READY_LINES} l ORDER BY "place")
    UPDATE "applied_customer_billing_rate" r SET "is_billed" = true, "bill_id" = l."bill", "version" = r."version" + 1
    FROM "line" l
    WHERE r.ctid = l."place" AND r."tenant_id" = ${tenantId} AND r."id" = l."rate" AND r."version" = l."version"
      AND NOT r."is_billed"`)
  const lines = await tx.run(sql`SELECT sum("lines") FROM ${READY_DRAFTS} d`)
  if (rowCount !== scalar(lines, count)) await tx.run(CHANGED_MEANWHILE)
}

async function insertBills(
  tx: Transaction,
  issue: Issue,
  numbers: Numbers | undefined,
  letterheadId: string | undefined
): Promise<ReadonlyMap<string, string>> {
  const { tenantId, run, runType, state, now, billDate, paymentDueDate, nextBillDate, billingPeriod } = issue
  const balance = balanceBefore(sql`d."currency"`, sql`d."tax_included"`, now)
  const { rows } = await tx.run(sql`INSERT INTO "customer_bill" ("tenant_id", "partner_id", "id", "created_at",
      "bill_no", "bill_date", "category", "last_update", "next_bill_date", "payment_due_date", "run_type",
      "amount_due_value", "amount_due_unit", "remaining_amount_value", "remaining_amount_unit",
      "tax_excluded_amount_value", "tax_excluded_amount_unit", "tax_included_amount_value", "tax_included_amount_unit",
      "bill_cycle_id", "bill_run_id", "bill_document", "billing_account_id", "billing_account", "billing_period",
      "related_party", "state", "tax_item", "issued_as", "rounding_amount", "letterhead_id", "recipient",
      "applied_tax_profile", "hold_reason")
    SELECT ${tenantId}, a."partner_id", "bill", ${now}, "number", ${billDate}, 'normal', ${now}, ${nextBillDate},
      ${dueDate(sql`${paymentDueDate}::timestamptz`, sql`${billDate}::timestamptz`)}, ${runType},
      d."tax_included", d."currency", d."tax_included", d."currency",
      d."tax_excluded", d."currency", d."tax_included", d."currency",
      ${run?.billCycleId}, ${run?.id}, jsonb_build_array(jsonb_build_object('id', "document",
        'name', concat('bill-', coalesce("number", "bill")), 'attachmentType', 'customerBill', 'mimeType',
          'application/pdf')),
      a."id", jsonb_build_object('href', '~/accounts', 'name', a."name", '@referredType', 'BillingAccount'),
        ${JSON.stringify(billingPeriod)},
      jsonb_build_array(jsonb_build_object('id', c."id", 'name', c."name", 'role', 'customer',
        '@referredType', 'Customer')),
      CASE WHEN ${HELD} THEN 'onHold' ELSE ${stateOf(state)} END, d."taxes",
      ${ifIssued(sql`${state === 'new' ? null : state}::text`)}, d."rounding",
      ${ifIssued(sql`${letterheadId}::text`)},
      ${letterheadId === undefined ? sql`NULL` : ifIssued(recipientNamed(sql`c."name"`, balance))}, d."profile",
      d."hold_reason"
    FROM (SELECT *, ${numberOf(numbers)} AS "number" FROM ${READY_DRAFTS} d) d
    JOIN "billing_account" a ON a."tenant_id" = ${tenantId} AND a."id" = d."account"
    JOIN "customer" c ON c."tenant_id" = a."tenant_id" AND c."id" = a."customer_id"
    JOIN "tenant" n ON n."id" = a."tenant_id"
    RETURNING ${WRITTEN.columns}`)
  return new Map(rows.map(WRITTEN.read).map(({ billingAccountId, id }) => [billingAccountId, id]))
}

const WRITTEN = rowOf('customer_bill', { billingAccountId: stated, id: text })

/**
 * Returns the due date of a bill of the account `a` and its tenant `n`: the given one, or if it is NULL by the term of
 * payment of the account.
 */
export function dueDate(given: Sql, billDate: Sql): Sql {
  return sql`coalesce(${given}, ((${billDate} AT TIME ZONE n."time_zone")
    + a."net_term_days" * interval '1 day') AT TIME ZONE n."time_zone")`
}

/** A bill with nothing to pay is settled on issue. */
function stateOf(state: Issue['state']): Sql {
  if (state === 'new') return sql`${state}`
  return sql`CASE WHEN d."tax_included" = 0 THEN 'settled' ELSE ${state}::text END`
}

function ifIssued(value: Sql): Sql {
  return sql`CASE WHEN NOT (${HELD}) THEN ${value} END`
}

/** Drafts on hold come after those that take numbers. */
function numberOf(numbers: Numbers | undefined): Sql {
  return numbers ? ifIssued(numberAt(numbers, sql`d."position" - 1`)) : sql`NULL::text`
}
