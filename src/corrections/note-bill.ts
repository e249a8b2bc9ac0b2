import Big from 'big.js'
import { RECIPIENT } from '../accounts/letterhead.ts'
import type { Instant } from '../base/instant.ts'
import { minorDigits } from '../base/money.ts'
import { keepLetterhead } from '../billing/issuing/keep-letterhead.ts'
import { numberAt, takeNumbers } from '../billing/issuing/number-series.ts'
import type { Transaction } from '../db/database.ts'
import { rowOf, stated, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import { postBills } from '../ledger/post-bills.ts'
import { customerBill } from '../resources/customer-bill.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { recordEvents } from '../tmf/event.ts'
import type { CorrectedBill } from './bill.ts'
import { type BillLeft, type BillTax, fromMinor } from './left.ts'
import type { NoteContent, NoteLine } from './lines.ts'
import { total } from './split.ts'

const NOTE = rowOf('customer_bill', { id: text, billNo: stated })
export type Note = ReturnType<typeof NOTE.read>

/**
 * Writes a credit note: a bill with amounts below zero and a number of its own series, which nobody has to pay, and its
 * lines; posts its journal. Takes the number, which makes others wait until the end of the transaction.
 */
export async function writeNote(
  tx: Transaction,
  context: ChangeContext,
  bill: CorrectedBill,
  left: BillLeft,
  content: NoteContent,
  now: Instant
): Promise<Note> {
  const { tenantId } = context.author
  const [id, documentId] = [context.newId(), context.newId()]
  const { currency } = bill
  const digits = minorDigits(currency)
  const amountOf = (amounts: readonly bigint[]) => fromMinor(-total(amounts), digits)
  const bases = content.lines.map(({ amount }) => amount)
  const roundings = content.lines.filter(({ rateType }) => rateType === undefined).map(({ amount }) => amount)
  const [excluded, included, rounding] = [bases, [...bases, ...content.taxes], roundings].map(amountOf)
  const letterheadId = await keepLetterhead(tx, tenantId, now)
  const number = numberAt(await takeNumbers(tx, tenantId, now, 1, 'creditNote'), sql`0`)
  const corrected = JSON.stringify([{ id: bill.id, billNo: bill.billNo, relationshipType: 'corrects' }])
  const written = await tx.run(sql`INSERT INTO "customer_bill" ("tenant_id", "partner_id", "id", "created_at",
      "bill_no", "bill_date", "category", "last_update", "run_type", "amount_due_value", "amount_due_unit",
      "remaining_amount_value", "remaining_amount_unit", "tax_excluded_amount_value", "tax_excluded_amount_unit",
      "tax_included_amount_value", "tax_included_amount_unit", "bill_document", "billing_account_id",
      "billing_account", "billing_period", "related_party", "state", "tax_item", "issued_as", "rounding_amount",
      "letterhead_id", "recipient", "applied_tax_profile", "related_bill")
    SELECT b."tenant_id", b."partner_id", ${id}, ${now}, n."number", ${now}, 'creditNote', ${now}, 'offCycle',
      ${included}, ${currency}, 0, ${currency}, ${excluded}, ${currency}, ${included}, ${currency},
      jsonb_build_array(jsonb_build_object('id', ${documentId}::text, 'name', concat('bill-', n."number"),
        'attachmentType', 'customerBill', 'mimeType', 'application/pdf')),
      b."billing_account_id", b."billing_account", b."billing_period", b."related_party", 'settled',
      ${taxItems(left.taxes, content.taxes, currency)}::jsonb, 'sent', ${rounding}, ${letterheadId}, ${RECIPIENT},
      b."applied_tax_profile", ${corrected}::jsonb
    FROM "customer_bill" b CROSS JOIN (SELECT ${number} AS "number") n
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${bill.id} RETURNING ${NOTE.columns}`)
  await insertLines(tx, tenantId, id, content.lines, currency)
  await postNote(tx, tenantId, id, now)
  await recordEvents(tx, context, customerBill, 'created', [id], now)
  return NOTE.one(written)
}

/** Returns the tax items of the note as JSON, with every digit. Those without a share are left out. */
function taxItems(taxes: readonly BillTax[], amounts: readonly bigint[], currency: string): string {
  const items = taxes.flatMap(({ category, rate }, at) => {
    const amount = amounts[at] ?? 0n
    if (amount === 0n && (rate === undefined || !new Big(rate).eq(0))) return []
    return [taxItem(category, rate, moneyOf(currency, fromMinor(-amount, minorDigits(currency))))]
  })
  return `[${items.join()}]`
}

function taxItem(category: string | undefined, rate: string | undefined, amount: string): string {
  const named = category === undefined ? undefined : JSON.stringify(category)
  return objectOf({ taxCategory: named, taxRate: rate, taxAmount: amount })
}

async function insertLines(
  tx: Transaction,
  tenantId: string,
  noteId: string,
  lines: readonly NoteLine[],
  currency: string
): Promise<void> {
  const each = <T>(read: (line: NoteLine) => T) => lines.map(read)
  const digits = minorDigits(currency)
  await tx.run(sql`INSERT INTO "credit_note_line" ("tenant_id", "credit_note_id", "position", "rate_id", "rate_type",
      "tax_key", "amount", "applied_tax")
    SELECT ${tenantId}, ${noteId}, "position", "rate", "type", "key", "amount", "taxes"::jsonb
    FROM unnest(${each(({ rateId }) => rateId)}::text[], ${each(({ rateType }) => rateType)}::text[],
      ${each(({ taxKey }) => taxKey)}::text[], ${each(({ amount }) => fromMinor(-amount, digits))}::numeric[],
      ${each((line) => appliedTax(line, currency))}::text[])
      WITH ORDINALITY l("rate", "type", "key", "amount", "taxes", "position")`)
}

/** Returns the given taxes of a line for the document, each the share of its amount. */
function appliedTax({ given, of, amount, rateType }: NoteLine, currency: string): string | null {
  if (!given || rateType === undefined) return null
  const digits = minorDigits(currency)
  const taxes = given.map(({ taxCategory, taxRate, amount: tax }) => {
    const share = new Big(of).eq(0) ? new Big(0) : new Big(tax).times(fromMinor(-amount, digits)).div(of)
    return taxItem(taxCategory, taxRate, moneyOf(currency, share.round(digits, Big.roundHalfUp).toFixed()))
  })
  return `[${taxes.join()}]`
}

async function postNote(tx: Transaction, tenantId: string, id: string, now: Instant): Promise<void> {
  await postBills(
    tx,
    tenantId,
    sql`SELECT b."id" AS "bill", b."billing_account_id" AS "account", b."partner_id" AS "partner",
        b."amount_due_unit" AS "currency", b."amount_due_value" AS "due", ${now}::timestamptz AS "at", (
          SELECT jsonb_object_agg("type", "amount") FROM (
            SELECT l."rate_type" AS "type", sum(l."amount") AS "amount" FROM "credit_note_line" l
            WHERE l."tenant_id" = b."tenant_id" AND l."credit_note_id" = b."id" AND l."rate_type" IS NOT NULL
            GROUP BY 1) t) AS "revenue", NULL::numeric AS "untyped",
        b."tax_item" AS "taxes", b."rounding_amount" AS "rounding", NULL::numeric AS "paid",
        NULL::timestamptz AS "paid_at"
      FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND b."id" = ${id}`
  )
}
