import { type Instant, instantFromPostgres } from '../base/instant.ts'
import type { Language } from '../base/language.ts'
import { trimScale } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import { nextTurn } from '../base/turns.ts'
import type { Queryable } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import { customerBill } from '../resources/customer-bill.ts'
import { LETTERHEAD, RECIPIENT } from '../resources/letterhead.ts'
import { ownName } from '../tmf/own-names.ts'
import type { Row } from '../tmf/representation.ts'
import { type Branding, type PostalAddress, readAddress, readBranding } from './branding.ts'
import { languageOf } from './words.ts'

/** A bill of more lines shows the sums of its products alone; the lines of any bill are in its CSV. */
export const ITEMISED_MAX = 10_000
/** Lines that are handled in one turn. */
const SLICE_ROWS = 500

/** An amount as the database has it, exact. */
export interface Amount {
  readonly unit: string
  readonly value: string
}

/** Everything a document of a bill is made from. */
export interface BillSource {
  readonly id: string
  readonly billNo: string | undefined
  readonly billDate: Instant | undefined
  readonly createdAt: Instant
  readonly category: string | undefined
  readonly isIssued: boolean
  readonly period: Period
  readonly paymentDueDate: Instant | undefined
  readonly accountId: string | undefined
  readonly taxExcluded: Amount | undefined
  readonly taxIncluded: Amount | undefined
  readonly amountDue: Amount | undefined
  /** Given on bills that the engine made. */
  readonly rounding: string | undefined
  readonly taxes: readonly Tax[]
  readonly rates: Rates
  /** How many there are; one more than are itemised stands for any number above. */
  readonly lineCount: number
  readonly customer: { readonly name: string | undefined; readonly address: PostalAddress }
  readonly tenant: { readonly name: string; readonly branding: Branding; readonly timeZone: string }
  readonly language: Language
}

interface Period {
  readonly startDateTime?: Instant
  readonly endDateTime?: Instant
}

/** A tax with its rate as a fraction. */
export interface Tax {
  readonly taxCategory?: string
  readonly taxRate?: number
  readonly taxAmount: { readonly unit: string; readonly value: number }
}

/**
 * The lines of a bill in slices, in the order of their dates, or in that of their ids if there are very many. Between
 * two slices others have their turn, so that a bill of any number of lines holds nobody up for longer than one takes.
 */
export type Rates = AsyncIterable<readonly Rate[]>

/** A line of a bill as it was charged. */
export interface Rate {
  readonly id: string
  readonly date: Instant | undefined
  readonly type: string | undefined
  readonly name: string | undefined
  readonly description: string | undefined
  readonly product: { readonly id: string | undefined; readonly name: string | undefined }
  readonly period: Period
  readonly taxes: readonly Tax[]
  readonly taxExcluded: Amount | undefined
  readonly taxIncluded: Amount | undefined
}

/** Reads what belongs to a bill; `row` is the full row of the bill, found in the view of whoever asks. */
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

type Context = Pick<BillSource, 'createdAt' | 'rounding' | 'tenant' | 'language' | 'customer'>

/** As src/resources/letterhead.ts puts them together. */
interface Letterhead {
  readonly name: string
  readonly branding: unknown
  readonly timeZone: string
  readonly language: string
}

interface Recipient {
  readonly name?: string
  readonly address?: unknown
  readonly language?: string
}

/** The provider and the recipient: those that an issued bill keeps, so that it stays as it is, else those of now. */
async function readContext(queryable: Queryable, tenantId: string, billId: string): Promise<Context> {
  const { rows } = await queryable.run(
    sql`SELECT b."created_at", b."rounding_amount", coalesce(l."content", ${LETTERHEAD}),
      coalesce(b."recipient", ${RECIPIENT})
    FROM "customer_bill" b JOIN "tenant" t ON t."id" = b."tenant_id"
    LEFT JOIN "letterhead" l ON l."tenant_id" = b."tenant_id" AND l."id" = b."letterhead_id"
    WHERE b."tenant_id" = ${tenantId} AND b."id" = ${billId}`,
    { prepared: true }
  )
  if (!rows[0]) throw new Problem('notFound', 'There is no customerBill with this id any more')
  const [createdAt, rounding, letterhead, recipient] = rows[0]
  const tenant = JSON.parse(String(letterhead)) as Letterhead
  const { name, address, language = tenant.language } = JSON.parse(String(recipient)) as Recipient
  return {
    createdAt: instantFromPostgres(String(createdAt)),
    rounding: rounding ? trimScale(rounding) : undefined,
    tenant: { name: tenant.name, branding: await readBranding(tenant.branding), timeZone: tenant.timeZone },
    language: languageOf(language),
    customer: { name, address: readAddress(address) }
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

/** Slice by slice, in the order in which an index has them: neither connection nor transaction is held in between. */
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

/** What stands in jsonb was validated when it was written. */
function object(json: Printed): Period {
  return JSON.parse(json ?? '{}') as Period
}

function list(json: Printed): readonly Tax[] {
  return JSON.parse(json ?? '[]') as readonly Tax[]
}
