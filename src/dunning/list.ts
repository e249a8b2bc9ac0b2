import { accountIds } from '../accounts/lookup.ts'
import { DUNNING_ACTIONS } from '../admin/dunning-plan.ts'
import type { Roots, Written } from '../billing/corrections/list.ts'
import type { Queryable, Row } from '../db/database.ts'
import { computed, count, decimal, instant, integer, oneOf, optional, rowOf, scalar, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import type { Bound } from '../tmf/query/bind.ts'
import { instantsSql } from '../tmf/query/condition-sql.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import { ownedBy, type View } from '../tmf/view.ts'

/** Selects steps of any of these accounts, bills and actions, by time. */
export interface StepFilter {
  readonly accounts?: readonly string[] | undefined
  readonly bills?: readonly string[] | undefined
  readonly actions?: readonly string[] | undefined
  /** On `createdAt`. */
  readonly instants: Bound
}

const STEP = rowOf(
  'dunning_step',
  {
    id: text,
    version: integer,
    createdAt: instant,
    day: computed(text, sql`s."day"::text`),
    billingAccountId: text,
    accountName: computed(text, sql`a."name"`),
    billId: text,
    billNo: computed(optional(text), sql`b."bill_no"`),
    daysAfterDue: integer,
    action: oneOf(DUNNING_ACTIONS),
    text: optional(text),
    currency: text,
    overdueAmount: decimal,
    daysOverdue: integer,
    feeRateId: optional(text),
    interestRateId: optional(text)
  },
  's'
)

/** Selects a page of the steps of a view, the oldest first, and counts all; `writeStep` writes a row. */
export async function listSteps(
  queryable: Queryable,
  view: View,
  { accounts, bills, actions, instants }: StepFilter,
  { offset, limit }: Range
): Promise<PageOf<Row>> {
  const anyOf = (column: Sql, values: readonly string[] | undefined) =>
    values ? sql`${column} = ANY(${values}::text[])` : sql`TRUE`
  const byAccount = accounts ? sql`s."billing_account_id" IN (${accountIds(view, accounts)})` : sql`TRUE`
  const where = sql`${ownedBy(view, 's')} AND ${byAccount} AND ${anyOf(sql`s."bill_id"`, bills)}
    AND ${anyOf(sql`s."action"`, actions)} AND ${instantsSql({ createdAt: sql`s."created_at"` }, instants)}`
  const page = sql`(SELECT * FROM "dunning_step" s WHERE ${where} ORDER BY s."id" LIMIT ${limit} OFFSET ${offset})`
  const { rows } = await queryable.run(sql`${select(page, sql`TRUE`)} ORDER BY s."id"`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "dunning_step" s WHERE ${where}`)
  return { rows, total: scalar(counted, count) }
}

/** Reads steps of a view by their ids, in the order of these. */
export async function readSteps(
  queryable: Queryable,
  view: View,
  ids: readonly string[],
  roots: Roots
): Promise<readonly Written[]> {
  const these = sql`${ownedBy(view, 's')} AND s."id" = ANY(${ids}::text[])`
  const { rows } = await queryable.run(prepared`${select(sql`"dunning_step"`, these)} ORDER BY s."id"`)
  return rows.map((row) => writeStep(row, roots))
}

function select(steps: Sql, where: Sql): Sql {
  return sql`SELECT ${STEP.columns} FROM ${steps} s
    JOIN "billing_account" a ON a."tenant_id" = s."tenant_id" AND a."id" = s."billing_account_id"
    JOIN "customer_bill" b ON b."tenant_id" = s."tenant_id" AND b."id" = s."bill_id"
    WHERE ${where}`
}

export function writeStep(row: Row, { billing, api }: Roots): Written {
  const { billingAccountId: account, accountName: name, ...step } = STEP.read(row)
  const text = (value: string | undefined) => value && JSON.stringify(value)
  const rate = (id: string | undefined) => id && JSON.stringify({ id, href: `${api}/appliedCustomerBillingRate/${id}` })
  const { billId, billNo } = step
  const document = objectOf({
    id: text(step.id),
    href: text(`${billing}/dunningStep/${step.id}`),
    billingAccount: JSON.stringify({ id: account, href: `${api}/accounts/${encodeURIComponent(account)}`, name }),
    bill: JSON.stringify({ id: billId, href: `${api}/customerBill/${billId}`, billNo }),
    action: text(step.action),
    daysAfterDue: String(step.daysAfterDue),
    daysOverdue: String(step.daysOverdue),
    overdueAmount: moneyOf(step.currency, step.overdueAmount),
    text: text(step.text),
    feeRate: rate(step.feeRateId),
    interestRate: rate(step.interestRateId),
    day: text(step.day),
    createdAt: text(step.createdAt)
  })
  return { id: step.id, version: String(step.version), json: document }
}
