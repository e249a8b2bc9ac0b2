import { accountIds } from '../accounts/lookup.ts'
import { dayText } from '../base/time-zone.ts'
import type { Roots, Written } from '../billing/corrections/list.ts'
import { PAYABLE } from '../billing/payments/allocation.ts'
import type { Queryable, Row } from '../db/database.ts'
import { computed, count, instant, integer, oneOf, optional, rowOf, scalar, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { objectOf } from '../http/json.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import { ownedBy, type View } from '../tmf/view.ts'
import { PROMISE_STATES } from './schema.ts'

/** Selects promises of any of these accounts, bills and states. */
export interface PromiseFilter {
  readonly accounts?: readonly string[] | undefined
  readonly bills?: readonly string[] | undefined
  readonly states?: readonly string[] | undefined
}

/** A view, and the day there, counted from 1970. */
export interface PromiseView extends View {
  readonly today: number
}

function stateOn(today: number): Sql {
  return sql`CASE WHEN p."cancelled_at" IS NOT NULL THEN 'cancelled'
    WHEN NOT EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = p."tenant_id"
      AND b."billing_account_id" = p."billing_account_id" AND coalesce(p."bill_id", b."id") = b."id"
      AND b."payment_due_date" < (p."until" + 1) AND ${PAYABLE}) THEN 'kept'
    WHEN p."until" < ${dayText(today)}::date THEN 'broken' ELSE 'open' END`
}

function promiseOn(today: number) {
  return rowOf(
    'payment_promise',
    {
      id: text,
      version: integer,
      createdAt: instant,
      billingAccountId: text,
      accountName: computed(text, sql`a."name"`),
      billId: optional(text),
      billNo: computed(optional(text), sql`c."bill_no"`),
      until: computed(text, sql`p."until"::text`),
      description: optional(text),
      state: computed(oneOf(PROMISE_STATES), stateOn(today)),
      cancelledAt: optional(instant)
    },
    'p'
  )
}

/** Selects a page of the promises of a view, the oldest first, and counts all; `writePromise` writes a row. */
export async function listPromises(
  queryable: Queryable,
  view: PromiseView,
  { accounts, bills, states }: PromiseFilter,
  { offset, limit }: Range
): Promise<PageOf<Row>> {
  const anyOf = (column: Sql, values: readonly string[] | undefined) =>
    values ? sql`${column} = ANY(${values}::text[])` : sql`TRUE`
  const byAccount = accounts ? sql`p."billing_account_id" IN (${accountIds(view, accounts)})` : sql`TRUE`
  const where = sql`${ownedBy(view, 'p')} AND ${byAccount} AND ${anyOf(sql`p."bill_id"`, bills)}
    AND ${states ? anyOf(stateOn(view.today), states) : sql`TRUE`}`
  const page = sql`(SELECT * FROM "payment_promise" p WHERE ${where} ORDER BY p."id" LIMIT ${limit} OFFSET ${offset})`
  const { rows } = await queryable.run(sql`${select(page, view.today, sql`TRUE`)} ORDER BY p."id"`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "payment_promise" p WHERE ${where}`)
  return { rows, total: scalar(counted, count) }
}

/** Reads a promise of a view; throws `notFound`. */
export async function readPromise(queryable: Queryable, view: PromiseView, id: string, roots: Roots): Promise<Written> {
  const these = sql`${ownedBy(view, 'p')} AND p."id" = ${id}`
  const { rows } = await queryable.run(select(sql`"payment_promise"`, view.today, these))
  const [found] = rows.map((row) => writePromise(row, view, roots))
  if (found) return found
  throw RESOURCES.notFound('paymentPromise')
}

function select(promises: Sql, today: number, where: Sql): Sql {
  return sql`SELECT ${promiseOn(today).columns} FROM ${promises} p
    JOIN "billing_account" a ON a."tenant_id" = p."tenant_id" AND a."id" = p."billing_account_id"
    LEFT JOIN "customer_bill" c ON c."tenant_id" = p."tenant_id" AND c."id" = p."bill_id"
    WHERE ${where}`
}

export function writePromise(row: Row, { today }: Pick<PromiseView, 'today'>, { billing, api }: Roots): Written {
  const { billingAccountId: account, accountName: name, billId: bill, billNo, ...promise } = promiseOn(today).read(row)
  const text = (value: string | undefined) => value && JSON.stringify(value)
  const document = objectOf({
    id: text(promise.id),
    href: text(`${billing}/paymentPromise/${promise.id}`),
    billingAccount: JSON.stringify({ id: account, href: `${api}/accounts/${encodeURIComponent(account)}`, name }),
    bill: bill && JSON.stringify({ id: bill, href: `${api}/customerBill/${bill}`, billNo }),
    until: text(promise.until),
    description: text(promise.description),
    state: text(promise.state),
    createdAt: text(promise.createdAt),
    cancelledAt: text(promise.cancelledAt)
  })
  return { id: promise.id, version: String(promise.version), json: document }
}
