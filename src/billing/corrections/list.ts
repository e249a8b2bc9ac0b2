import { z } from 'zod'
import { accountIds } from '../../accounts/lookup.ts'
import type { Queryable, Row } from '../../db/database.ts'
import { computed, count, decimal, instant, integer, json, oneOf, optional, rowOf, scalar, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { moneyOf, objectOf } from '../../http/json.ts'
import { RESOURCES } from '../../messages/resource.ts'
import type { Bound } from '../../tmf/query/bind.ts'
import { instantsSql } from '../../tmf/query/condition-sql.ts'
import type { PageOf, Range } from '../../tmf/query/list-query.ts'
import { ownedBy, type View } from '../../tmf/view.ts'

export interface Roots {
  readonly billing: string
  readonly api: string
}

/** The kinds of corrections; each is the path of its resource. */
export const CORRECTION_KINDS = ['creditNote', 'writeOff', 'refund', 'adjustment', 'cancelAndRebill'] as const
export type Kind = (typeof CORRECTION_KINDS)[number]

/** Selects corrections of a kind, of any of these accounts, bills, notes, payments, reasons and references, by time. */
export interface CorrectionFilter {
  readonly kind: Kind
  readonly accounts?: readonly string[] | undefined
  readonly bills?: readonly string[] | undefined
  readonly notes?: readonly string[] | undefined
  readonly newBills?: readonly string[] | undefined
  readonly payments?: readonly string[] | undefined
  readonly reasons?: readonly string[] | undefined
  readonly references?: readonly string[] | undefined
  /** On `createdAt`. */
  readonly instants: Bound
}

const LINES = z.array(z.object({ rate: z.string().nullable(), type: z.string(), amount: z.string() }))

const NEW_BILLS = z.array(z.object({ id: z.string(), billNo: z.string() }))

const CORRECTION = rowOf(
  'correction',
  {
    id: text,
    version: integer,
    createdAt: instant,
    billingAccountId: text,
    accountName: computed(text, sql`a."name"`),
    currency: text,
    amount: decimal,
    credited: decimal,
    reason: text,
    description: optional(text),
    reference: optional(text),
    kind: oneOf(CORRECTION_KINDS),
    billId: optional(text),
    billNo: computed(optional(text), sql`b."bill_no"`),
    creditNoteId: optional(text),
    creditNoteNo: computed(optional(text), sql`n."bill_no"`),
    net: computed(optional(decimal), sql`-n."tax_excluded_amount_value"`),
    method: optional(text),
    paymentId: optional(text),
    rateId: optional(text),
    taxCategory: optional(text),
    taxRate: optional(decimal),
    taxAmount: optional(decimal),
    reopenedAt: optional(instant),
    rebillWhen: optional(text),
    rebilledAt: optional(instant),
    cancelledBy: computed(
      optional(text),
      sql`CASE c."kind" WHEN 'cancelAndRebill' THEN (SELECT k."id" FROM "correction" k
        WHERE k."tenant_id" = c."tenant_id" AND k."bill_id" = c."bill_id" AND k."kind" = 'creditNote') END`
    ),
    newBills: computed(
      json(NEW_BILLS),
      sql`(SELECT coalesce(jsonb_agg(r), '[]') FROM ${related(sql`b`, 'replacedBy')} r)`
    ),
    lines: computed(
      optional(json(LINES)),
      sql`(SELECT jsonb_agg(jsonb_build_object('rate', l."rate_id", 'type', l."rate_type",
          'amount', trim_scale(-l."amount")::text) ORDER BY l."position")
        FROM "credit_note_line" l WHERE l."tenant_id" = c."tenant_id" AND l."credit_note_id" = c."credit_note_id"
          AND l."rate_type" IS NOT NULL)`
    )
  },
  'c'
)

/** Selects a page of the corrections of a view, the oldest first, and counts all; `writeCorrection` writes a row. */
export async function listCorrections(
  queryable: Queryable,
  view: View,
  { kind, accounts, bills, notes, newBills, payments, reasons, references, instants }: CorrectionFilter,
  { offset, limit }: Range
): Promise<PageOf<Row>> {
  const anyOf = (column: Sql, values: readonly string[] | undefined) =>
    values ? sql`${column} = ANY(${values}::text[])` : sql`TRUE`
  const byAccount = accounts ? sql`c."billing_account_id" IN (${accountIds(view, accounts)})` : sql`TRUE`
  const where = sql`${ownedBy(view, 'c')} AND c."kind" = ${kind} AND ${byAccount}
    AND ${anyOf(sql`c."bill_id"`, bills)} AND ${anyOf(sql`c."credit_note_id"`, notes)}
    AND ${anyOf(sql`c."payment_id"`, payments)} AND ${newBills ? replacedBy(view, newBills) : sql`TRUE`}
    AND ${anyOf(sql`c."reason"`, reasons)} AND ${anyOf(sql`c."reference"`, references)}
    AND ${instantsSql({ createdAt: sql`c."created_at"` }, instants)}`
  // Selects the page first, so that lines are read for its credit notes only.
  const page = sql`(SELECT * FROM "correction" c WHERE ${where} ORDER BY c."id" LIMIT ${limit} OFFSET ${offset})`
  const { rows } = await queryable.run(sql`${select(page, sql`TRUE`)} ORDER BY c."id"`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "correction" c WHERE ${where}`)
  return { rows, total: scalar(counted, count) }
}

/** Selects corrections `c` of bills that any of these bills replaces. */
function replacedBy({ tenantId }: View, newBills: readonly string[]): Sql {
  return sql`c."bill_id" IN (SELECT r->>'id' FROM "customer_bill" b CROSS JOIN LATERAL ${related(sql`b`, 'replaces')} r
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ANY(${newBills}::text[]))`
}

function related(bill: Sql, type: 'replaces' | 'replacedBy'): Sql {
  return sql`jsonb_path_query(${bill}."related_bill", '$[*] ? (@.relationshipType == $type)',
    jsonb_build_object('type', ${type}::text))`
}

export interface Written {
  readonly id: string
  readonly version: string
  readonly json: string
}

/** Reads a correction of a view; throws `notFound`. */
export async function readCorrection(
  queryable: Queryable,
  view: View,
  kind: Kind,
  id: string,
  roots: Roots
): Promise<Written> {
  const [found] = await readCorrections(queryable, view, kind, [id], roots)
  if (found) return found
  throw RESOURCES.notFound(kind)
}

export async function readCorrections(
  queryable: Queryable,
  view: View,
  kind: Kind,
  ids: readonly string[],
  roots: Roots
): Promise<readonly Written[]> {
  const these = sql`${ownedBy(view, 'c')} AND c."kind" = ${kind} AND c."id" = ANY(${ids}::text[])`
  const { rows } = await queryable.run(prepared`${select(sql`"correction"`, these)} ORDER BY c."id"`)
  return rows.map((row) => writeCorrection(row, roots))
}

function select(corrections: Sql, where: Sql): Sql {
  return sql`SELECT ${CORRECTION.columns} FROM ${corrections} c
    JOIN "billing_account" a ON a."tenant_id" = c."tenant_id" AND a."id" = c."billing_account_id"
    LEFT JOIN "customer_bill" b ON b."tenant_id" = c."tenant_id" AND b."id" = c."bill_id"
    LEFT JOIN "customer_bill" n ON n."tenant_id" = c."tenant_id" AND n."id" = c."credit_note_id"
    WHERE ${where}`
}

export function writeCorrection(row: Row, { billing, api }: Roots): Written {
  const correction = CORRECTION.read(row)
  const { id, kind, currency: unit, billingAccountId: accountId, accountName: name, net } = correction
  const { paymentId, rateId } = correction
  const { rebillWhen: when, cancelledBy: note } = correction
  const isNote = kind === 'creditNote'
  const text = (value: string | undefined) => value && JSON.stringify(value)
  const billOf = (bill: string | undefined, billNo: string | undefined) =>
    bill && JSON.stringify({ id: bill, href: `${api}/customerBill/${bill}`, billNo })
  const href = `${api}/accounts/${encodeURIComponent(accountId)}`
  const document = objectOf({
    id: text(id),
    href: text(`${billing}/${kind}/${id}`),
    bill: billOf(correction.billId, correction.billNo),
    customerBill: billOf(correction.creditNoteId, correction.creditNoteNo),
    billingAccount: JSON.stringify({ id: accountId, href, name }),
    payment: paymentId && JSON.stringify({ id: paymentId, href: `${billing}/payment/${paymentId}` }),
    amount: moneyOf(unit, correction.amount),
    taxItem: writeTax(correction),
    onNextBill: kind === 'adjustment' ? String(rateId !== undefined) : undefined,
    rate: rateId && JSON.stringify({ id: rateId, href: `${api}/${RATE}/${rateId}` }),
    taxExcludedAmount: net && moneyOf(unit, net),
    credit: isNote ? moneyOf(unit, correction.credited) : undefined,
    lines: isNote ? writeLines(correction, api) : undefined,
    creditNote: note && JSON.stringify({ id: note, href: `${billing}/creditNote/${note}` }),
    newBill: when && `[${correction.newBills.map((bill) => billOf(bill.id, bill.billNo)).join()}]`,
    when: text(when),
    method: text(correction.method),
    reason: text(correction.reason),
    description: text(correction.description),
    reference: text(correction.reference),
    createdAt: text(correction.createdAt),
    reopenedAt: text(correction.reopenedAt),
    rebilledAt: text(correction.rebilledAt)
  })
  return { id, version: String(correction.version), json: document }
}

function writeTax({ taxCategory, taxRate, taxAmount, currency }: ReturnType<typeof CORRECTION.read>) {
  if (taxCategory === undefined) return undefined
  const amount = taxAmount && moneyOf(currency, taxAmount)
  return objectOf({ taxCategory: JSON.stringify(taxCategory), taxRate, taxAmount: amount })
}

function writeLines({ lines = [], currency }: ReturnType<typeof CORRECTION.read>, api: string): string {
  const written = lines.map(({ rate, type, amount }) =>
    objectOf({
      rate: rate === null ? undefined : JSON.stringify({ id: rate, href: `${api}/${RATE}/${rate}` }),
      type: JSON.stringify(type),
      taxExcludedAmount: moneyOf(currency, amount)
    })
  )
  return `[${written.join()}]`
}

const RATE = 'appliedCustomerBillingRate'
