import { billedRecipient } from '../../accounts/letterhead.ts'
import type { Instant } from '../../base/instant.ts'
import { minorDigits } from '../../base/money.ts'
import { present } from '../../base/unknown.ts'
import type { Row, Transaction } from '../../db/database.ts'
import { computed, computedRow, instant, optional, rowOf, stated, text } from '../../db/row.ts'
import { identifier, join, type Sql, sql } from '../../db/sql.ts'
import { type BalanceKey, lockBalances } from '../../ledger/balance.ts'
import { postBills } from '../../ledger/post-bills.ts'
import { type Bill, ISSUING_STATES, type IssuingState } from '../../resources/customer-bill.ts'
import type { Addition, ChangeContext, Stored } from '../../tmf/declaration/resource.ts'
import { useCredit } from '../payments/credit.ts'
import { requireReleasable } from '../review/release.ts'
import { BILL_COLUMNS, recordMoves } from './bill-moves.ts'
import { keepLetterhead } from './keep-letterhead.ts'
import { numberAt, takeNumbers } from './number-series.ts'
import { lockReplaced, nameReplaced, tellReplaced } from './replaced.ts'

/**
 * Issues bills that the engine left `new`: posts their journals, numbers them by date and id, and pays them from the
 * credit of their accounts. Returns the ids of the bills issued. Skips issued, cancelled and paid bills, and those of
 * other systems, whose lines the engine does not have.
 *
 * Locks the bills before the balances, as no payment waits for a bill that is not issued; takes the numbers last.
 */
export async function issueExisting(
  tx: Transaction,
  context: ChangeContext,
  billIds: readonly string[],
  state: IssuingState
): Promise<readonly string[]> {
  const { tenantId } = context.author
  const bills = await lockIssuable(tx, tenantId, billIds)
  if (bills.length === 0) return []
  const balances = await lockBalances(tx, tenantId, bills)
  const now = context.clock()
  await postIssued(tx, tenantId, bills, now)
  const replacing = await nameReplaced(tx, tenantId, await lockReplaced(tx, tenantId, idsOf(bills)))
  const after = await numberBills(tx, tenantId, bills, state, now)
  const before = new Map(bills.map((bill) => [bill.id, bill.state]))
  await recordMoves(tx, context, 'issue', { before, after }, now)
  await tellReplaced(tx, context, replacing, now)
  const credited = new Set(balances.filter(({ credit }) => Number(credit) > 0).map(keyOf))
  const payable = bills.filter((bill) => credited.has(keyOf(bill))).map(({ id }) => id)
  if (payable.length > 0) await useCredit(tx, context, payable)
  return idsOf(bills)
}

const idsOf = (bills: readonly Issuable[]): readonly string[] => bills.map(({ id }) => id)

/**
 * Issues a bill of the engine whose coming state issues it: posts its journal and returns the columns to write with the
 * state. Credit pays the bill after that. Throws what requireReleasable does, for a bill of a run.
 */
export async function issueWithChange(
  tx: Transaction,
  context: ChangeContext,
  { state }: Bill,
  { id, internal }: Stored<Bill>
): Promise<Addition | undefined> {
  const issued = ISSUING_STATES.find((candidate) => candidate === state)
  if (issued === undefined || internal.issued_as !== null || internal.rounding_amount === null) return undefined
  const { tenantId } = context.author
  const bills = await lockIssuable(tx, tenantId, [id])
  for (const { billRunId } of bills) if (billRunId) await requireReleasable(tx, context.author, billRunId)
  await lockBalances(tx, tenantId, bills)
  const now = context.clock()
  await postIssued(tx, tenantId, bills, now)
  await nameReplaced(tx, tenantId, await lockReplaced(tx, tenantId, [id]))
  const letterheadId = await keepLetterhead(tx, tenantId, now)
  const { billDate } = present(bills[0], 'the bill that is issued')
  const number = numberAt(await takeNumbers(tx, tenantId, billDate, 1), sql`0`)
  const columns = Object.entries(issuedColumns({ state: issued, number, letterheadId, now }))
  const row = computedRow(Object.fromEntries(columns.map(([column, value]) => [column, computed(text, value)])))
  const found = await tx.run(sql`SELECT ${row.columns}
    FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id}`)
  const values = row.one(found)
  return { action: 'issue', columns: values, after: { billNo: values.bill_no } }
}

/** Takes the steps that need the issued bill: tells which bills it replaces, and pays it from credit. */
export async function afterIssue(tx: Transaction, context: ChangeContext, billId: string): Promise<void> {
  const replacing = await lockReplaced(tx, context.author.tenantId, [billId])
  await tellReplaced(tx, context, replacing, context.clock())
  await useCredit(tx, context, [billId])
}

interface Issuable extends BalanceKey {
  readonly id: string
  readonly state: string
  readonly billDate: Instant
  readonly billRunId: string | undefined
}

const keyOf = ({ billingAccountId, currency }: BalanceKey): string => `${currency} ${billingAccountId}`

/** A bill of the engine has a rounding, and with it all of these. */
const ISSUABLE = rowOf('customer_bill', {
  id: text,
  state: text,
  billDate: computed(instant, sql`"bill_date"`),
  billingAccountId: stated,
  amountDueUnit: stated,
  billRunId: optional(text)
})

async function lockIssuable(
  tx: Transaction,
  tenantId: string,
  billIds: readonly string[]
): Promise<readonly Issuable[]> {
  const { rows } = await tx.run(sql`SELECT ${ISSUABLE.columns}
    FROM "customer_bill" WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${billIds}::text[])
      AND "state" IN ('new', 'onHold') AND "issued_as" IS NULL AND "rounding_amount" IS NOT NULL
    ORDER BY "id" FOR UPDATE`)
  return rows.map(ISSUABLE.read).map(({ amountDueUnit: currency, ...bill }) => ({ ...bill, currency }))
}

/** Posts the displayed lines of bills, and their difference to the base. */
async function postIssued(tx: Transaction, tenantId: string, bills: readonly Issuable[], at: Instant): Promise<void> {
  const currencies = [...new Set(bills.map(({ currency }) => currency))]
  const digits = currencies.map((currency) => sql`(${currency}::text, ${minorDigits(currency)}::int)`)
  const journals = sql`SELECT b."id" AS "bill", b."billing_account_id" AS "account", b."partner_id" AS "partner",
      b."amount_due_unit" AS "currency", b."amount_due_value" AS "due",
      ${at}::timestamptz AS "at", k."revenue", NULL::numeric AS "untyped",
      b."tax_item" AS "taxes", b."rounding_amount" AS "rounding", NULL::numeric AS "paid",
      NULL::timestamptz AS "paid_at"
    FROM "customer_bill" b
    JOIN (VALUES ${join(digits)}) c("currency", "digits") ON c."currency" = b."amount_due_unit"
    CROSS JOIN LATERAL (SELECT jsonb_object_agg("type", "shown") AS "revenue" FROM (
      SELECT coalesce(r."rate_type", 'appliedBillingCharge') AS "type",
        sum(round(r."tax_excluded_amount_value", c."digits")) AS "shown"
      FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."id"
      GROUP BY 1) l) k
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ANY(${bills.map(({ id }) => id)}::text[])`
  await postBills(tx, tenantId, journals)
}

/** Returns the columns to write to a bill `b` on issue. */
function issuedColumns({ state, number, letterheadId, now }: Issuing): Readonly<Record<string, Sql>> {
  const document = sql`b."bill_document"`
  return {
    state: stateOf(state),
    issued_as: sql`${state}::text`,
    bill_no: number,
    letterhead_id: sql`${letterheadId}::text`,
    recipient: billedRecipient(now),
    bill_document: sql`CASE WHEN ${document}#>>'{0,name}' = concat('bill-', b."id")
      THEN jsonb_set(${document}, '{0,name}', to_jsonb(concat('bill-', ${number}))) ELSE ${document} END`
  }
}

interface Issuing {
  readonly state: IssuingState
  readonly number: Sql
  readonly letterheadId: string
  readonly now: Instant
}

/** Returns the state of a bill `b` on issue: settled if there is nothing to pay. */
export function stateOf(state: IssuingState): Sql {
  return sql`CASE WHEN b."remaining_amount_value" = 0 THEN 'settled' ELSE ${state}::text END`
}

/**
 * Writes the numbers, the state and the content that documents keep. A series depends on the year of the bills, so
 * there may be several.
 */
async function numberBills(
  tx: Transaction,
  tenantId: string,
  bills: readonly Issuable[],
  state: IssuingState,
  now: Instant
): Promise<readonly Row[]> {
  const letterheadId = await keepLetterhead(tx, tenantId, now)
  const byDate = Map.groupBy(bills, ({ billDate }) => billDate)
  const written: Row[] = []
  for (const billDate of [...byDate.keys()].sort()) {
    const ids = (byDate.get(billDate) ?? []).map(({ id }) => id)
    const number = numberAt(await takeNumbers(tx, tenantId, billDate, ids.length), sql`i."place" - 1`)
    const columns = issuedColumns({ state, number: sql`x."number"`, letterheadId, now })
    const assignments = Object.entries(columns).map(([column, value]) => sql`${identifier(column)} = ${value}`)
    const { rows } = await tx.run(sql`UPDATE "customer_bill" b SET "version" = b."version" + 1, "last_update" = ${now},
        "hold_reason" = NULL, ${join(assignments)}
      FROM (SELECT i."bill", ${number} AS "number" FROM unnest(${ids}::text[]) WITH ORDINALITY i("bill", "place")) x
      WHERE b."tenant_id" = ${tenantId} AND b."id" = x."bill" RETURNING ${BILL_COLUMNS}`)
    written.push(...rows)
  }
  return written
}
