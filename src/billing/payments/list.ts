import { z } from 'zod'
import { accountIds } from '../../accounts/lookup.ts'
import type { Queryable, Row } from '../../db/database.ts'
import { computed, count, decimal, instant, integer, json, optional, rowOf, scalar, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { moneyOf, objectOf } from '../../http/json.ts'
import { RESOURCES } from '../../messages/resource.ts'
import type { PageOf, Range } from '../../tmf/query/list-query.ts'
import { ownedBy, type View } from '../../tmf/view.ts'

export interface Roots {
  readonly payments: string
  readonly api: string
}

export interface Payment {
  readonly id: string
  readonly version: string
  readonly json: string
}

/** Selects payments of any of these accounts, by id or alias, and with any of these references. */
export interface PaymentFilter {
  readonly accounts?: readonly string[] | undefined
  readonly references?: readonly string[] | undefined
}

/** Selects a page of the payments of a view, the oldest first, and counts all; `readRow` reads a row. */
export async function listPayments(
  queryable: Queryable,
  view: View,
  { accounts, references }: PaymentFilter,
  { offset, limit }: Range
): Promise<PageOf<Row>> {
  const byAccount = accounts ? sql`p."billing_account_id" IN (${accountIds(view, accounts)})` : sql`TRUE`
  const byReference = references
    ? sql`p."reference_key" IN (SELECT plain_text(r."text") FROM unnest(${references}::text[]) r("text"))`
    : sql`TRUE`
  const where = sql`${ownedBy(view, 'p')} AND ${byAccount} AND ${byReference}`
  // Selects the page first, so that allocations are summed for its payments only.
  const page = sql`(SELECT * FROM "payment" p WHERE ${where}
    ORDER BY p."created_at", p."id" LIMIT ${limit} OFFSET ${offset})`
  const { rows } = await queryable.run(sql`${select(page, sql`TRUE`)} ORDER BY p."created_at", p."id"`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "payment" p WHERE ${where}`)
  return { rows, total: scalar(counted, count) }
}

/** Reads a payment of a view; throws `notFound`. */
export async function readPayment(queryable: Queryable, view: View, id: string, roots: Roots): Promise<Payment> {
  const payment = (await readPayments(queryable, view, [id], roots)).get(id)
  if (payment) return payment
  throw RESOURCES.notFound('payment')
}

export async function readPayments(
  queryable: Queryable,
  view: View,
  ids: readonly string[],
  roots: Roots
): Promise<ReadonlyMap<string, Payment>> {
  const these = sql`${ownedBy(view, 'p')} AND p."id" = ANY(${ids}::text[])`
  const { rows } = await queryable.run(select(sql`"payment"`, these))
  return new Map(rows.map((row) => readRow(row, roots)).map((payment) => [payment.id, payment]))
}

const PAYMENT = rowOf(
  'payment',
  {
    id: text,
    version: integer,
    createdAt: instant,
    reversedAt: optional(instant),
    method: text,
    reference: text,
    valueDate: optional(text),
    currency: text,
    amount: decimal,
    billingAccountId: text,
    accountName: computed(text, sql`a."name"`),
    bills: computed(optional(json(z.array(z.tuple([z.string(), z.string()])))), sql`x."bills"`),
    credit: computed(
      decimal,
      sql`CASE WHEN p."reversed_at" IS NULL THEN p."amount" - p."given" - coalesce(x."total", 0) ELSE 0 END`
    )
  },
  'p'
)

/** Allocations that were taken back cancel out. */
function select(payments: Sql, where: Sql): Sql {
  return prepared`SELECT ${PAYMENT.columns}
    FROM ${payments} p
    JOIN "billing_account" a ON a."tenant_id" = p."tenant_id" AND a."id" = p."billing_account_id"
    CROSS JOIN LATERAL (
      SELECT sum("amount") AS "total", json_agg(json_build_array("bill_id", "amount"::text) ORDER BY "first") AS "bills"
      FROM (SELECT "bill_id", sum("amount") AS "amount", min("position") AS "first" FROM "payment_allocation"
        WHERE "tenant_id" = p."tenant_id" AND "payment_id" = p."id" GROUP BY 1 HAVING sum("amount") <> 0) g) x
    WHERE ${where}`
}

export function readRow(row: Row, roots: Roots): Payment {
  const payment = PAYMENT.read(row)
  const { id, currency: unit, billingAccountId: accountId, accountName, bills = [], reversedAt } = payment
  const allocations = bills.map(([bill, part]) =>
    objectOf({
      bill: JSON.stringify({ id: bill, href: `${roots.api}/customerBill/${bill}` }),
      amount: moneyOf(unit, part)
    })
  )
  const href = `${roots.api}/accounts/${encodeURIComponent(accountId)}`
  const written = objectOf({
    id: JSON.stringify(id),
    href: JSON.stringify(`${roots.payments}/${id}`),
    billingAccount: JSON.stringify({ id: accountId, href, name: accountName }),
    amount: moneyOf(unit, payment.amount),
    method: JSON.stringify(payment.method),
    reference: JSON.stringify(payment.reference),
    valueDate: payment.valueDate && JSON.stringify(payment.valueDate),
    createdAt: JSON.stringify(payment.createdAt),
    reversedAt: reversedAt && JSON.stringify(reversedAt),
    allocations: `[${allocations.join()}]`,
    credit: moneyOf(unit, payment.credit)
  })
  return { id, version: String(payment.version), json: written }
}
