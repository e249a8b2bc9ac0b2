import { z } from 'zod'
import { type Instant, instantFromPostgres } from '../../base/instant.ts'
import { trimScale } from '../../base/money.ts'
import type { Queryable } from '../../db/database.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { nextTurn } from '../../pace/turns.ts'
import { customerBill } from '../../resources/customer-bill.ts'
import { ownName } from '../../tmf/declaration/own-names.ts'
import type { Row } from '../../tmf/representation.ts'
import { readContext } from './bill-context.ts'
import { type Amount, type BillSource, ITEMISED_MAX, type Period, type Rate, type Tax } from './bill-source.ts'

/** Lines handled in one turn. */
const SLICE_ROWS = 500

/** Reads everything a document needs. `row` is the full row of the bill, found in the caller's view. */
export async function readBill(queryable: Queryable, tenantId: string, row: Row): Promise<BillSource> {
  const read = (column: string) => row[customerBill.columns.indexOf(column)] ?? undefined
  const id = String(row[0])
  const of = sql`"applied_customer_billing_rate" WHERE "tenant_id" = ${tenantId} AND "bill_id" = ${id}`
  const lineCount = await countLines(queryable, of)
  const accountId = read('billing_account_id') ?? read('financial_account_id')
  return {
    ...(await readContext(queryable, tenantId, id)),
    id,
    billNo: read('bill_no'),
    billDate: instant(read('bill_date')),
    category: read('category'),
    isIssued: read('issued_as') !== undefined,
    period: object(read('billing_period')),
    paymentDueDate: instant(read('payment_due_date')),
    accountId: accountId === undefined ? undefined : ownName(accountId),
    taxExcluded: amount(read('tax_excluded_amount_value'), read('tax_excluded_amount_unit')),
    taxIncluded: amount(read('tax_included_amount_value'), read('tax_included_amount_unit')),
    amountDue: amount(read('amount_due_value'), read('amount_due_unit')),
    taxes: list(read('tax_item')),
    rates: { [Symbol.asyncIterator]: () => (lineCount <= ITEMISED_MAX ? readItemised : readMany)(queryable, of) },
    lineCount
  }
}

async function countLines(queryable: Queryable, of: Sql): Promise<number> {
  const counted = sql`SELECT count(*) FROM (SELECT FROM ${of} LIMIT ${ITEMISED_MAX + 1}) r`
  const { rows } = await queryable.run(counted, { prepared: true })
  return Number(rows[0]?.[0])
}

async function* readItemised(queryable: Queryable, of: Sql): AsyncGenerator<readonly Rate[]> {
  const { rows } = await queryable.run(sql`SELECT ${COLUMNS} FROM ${of} ORDER BY "date", "id"`, { prepared: true })
  for (let at = 0; at < rows.length; at += SLICE_ROWS) {
    await nextTurn()
    yield rows.slice(at, at + SLICE_ROWS).map(readRate)
  }
}

/** Reads in slices by an index, holding neither connection nor transaction between them. */
async function* readMany(queryable: Queryable, of: Sql): AsyncGenerator<readonly Rate[]> {
  for (let last = ''; ; ) {
    const slice = sql`SELECT ${COLUMNS} FROM ${of} AND "id" > ${last} ORDER BY "id" LIMIT ${SLICE_ROWS}`
    const { rows } = await queryable.run(slice, { prepared: true })
    if (rows.length === 0) return
    last = String(rows.at(-1)?.[0])
    await nextTurn()
    yield rows.map(readRate)
  }
}

const COLUMNS = sql`"id", "date", "rate_type", "name", "description", "product_id", "product"->>'name',
  "period_coverage", "applied_tax", "tax_excluded_amount_value", "tax_excluded_amount_unit",
  "tax_included_amount_value", "tax_included_amount_unit"`

function readRate(row: readonly Printed[]): Rate {
  const [id, date, type, name, description, productId, productName, period, taxes, ...amounts] = row
  return {
    id: String(id),
    date: instant(date),
    type: type ?? undefined,
    name: name ?? undefined,
    description: description ?? undefined,
    product: { id: productId ?? undefined, name: productName ?? undefined },
    period: object(period),
    taxes: list(taxes),
    taxExcluded: amount(amounts[0], amounts[1]),
    taxIncluded: amount(amounts[2], amounts[3])
  }
}

type Printed = string | null | undefined

function instant(printed: Printed): Instant | undefined {
  return printed ? instantFromPostgres(printed) : undefined
}

function amount(value: Printed, unit: Printed): Amount | undefined {
  return value && unit ? { unit, value: trimScale(value) } : undefined
}

const PERIOD = z.object({ startDateTime: z.string().optional(), endDateTime: z.string().optional() })
const TAXES = z.array(
  z.object({
    taxCategory: z.string().optional(),
    taxRate: z.number().optional(),
    taxAmount: z.object({ unit: z.string(), value: z.number() })
  })
)

function object(json: Printed): Period {
  return json ? PERIOD.parse(JSON.parse(json)) : {}
}

function list(json: Printed): readonly Tax[] {
  return json ? TAXES.parse(JSON.parse(json)) : []
}
