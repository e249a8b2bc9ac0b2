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
import type { Roots, Written } from '../corrections/list.ts'

/** In the words of the standard; a dispute that is in neither of the first two has ended. */
export const DISPUTE_STATES = ['acknowledged', 'inProgress', 'rejected', 'resolved', 'cancelled'] as const
export type DisputeState = (typeof DISPUTE_STATES)[number]

export const OPENERS = ['customer', 'partner', 'provider'] as const
export type Opener = (typeof OPENERS)[number]

/** Selects disputes of any of these accounts, bills, reasons, references, states and openers, by time. */
export interface DisputeFilter {
  readonly accounts?: readonly string[] | undefined
  readonly bills?: readonly string[] | undefined
  readonly reasons?: readonly string[] | undefined
  readonly references?: readonly string[] | undefined
  readonly states?: readonly string[] | undefined
  readonly openers?: readonly string[] | undefined
  /** On `createdAt`. */
  readonly instants: Bound
}

const LINES = z.array(z.object({ rate: z.string(), amount: z.string().nullable() }))

export const DISPUTE_LINES = optional(json(LINES))
/** The lines of the dispute `d`, with amounts as they were asked for. */
export const LINES_OF: Sql = sql`(SELECT jsonb_agg(jsonb_build_object('rate', l."rate_id",
    'amount', trim_scale(l."amount")::text) ORDER BY l."position")
  FROM "dispute_line" l WHERE l."tenant_id" = d."tenant_id" AND l."dispute_id" = d."id")`

const DISPUTE = rowOf(
  'dispute',
  {
    id: text,
    version: integer,
    createdAt: instant,
    billingAccountId: text,
    accountName: computed(text, sql`a."name"`),
    currency: text,
    amount: decimal,
    reason: text,
    description: optional(text),
    reference: optional(text),
    billId: text,
    billNo: computed(optional(text), sql`b."bill_no"`),
    openedBy: oneOf(OPENERS),
    state: oneOf(DISPUTE_STATES),
    answer: optional(text),
    closedAt: optional(instant),
    correctionId: optional(text),
    lines: computed(DISPUTE_LINES, LINES_OF)
  },
  'd'
)

/** Selects a page of the disputes of a view, the oldest first, and counts all; `writeDispute` writes a row. */
export async function listDisputes(
  queryable: Queryable,
  view: View,
  { accounts, bills, reasons, references, states, openers, instants }: DisputeFilter,
  { offset, limit }: Range
): Promise<PageOf<Row>> {
  const anyOf = (column: Sql, values: readonly string[] | undefined) =>
    values ? sql`${column} = ANY(${values}::text[])` : sql`TRUE`
  const byAccount = accounts ? sql`d."billing_account_id" IN (${accountIds(view, accounts)})` : sql`TRUE`
  const where = sql`${ownedBy(view, 'd')} AND ${byAccount} AND ${anyOf(sql`d."bill_id"`, bills)}
    AND ${anyOf(sql`d."reason"`, reasons)} AND ${anyOf(sql`d."reference"`, references)}
    AND ${anyOf(sql`d."state"`, states)} AND ${anyOf(sql`d."opened_by"`, openers)}
    AND ${instantsSql({ createdAt: sql`d."created_at"` }, instants)}`
  const page = sql`(SELECT * FROM "dispute" d WHERE ${where} ORDER BY d."id" LIMIT ${limit} OFFSET ${offset})`
  const { rows } = await queryable.run(sql`${select(page, sql`TRUE`)} ORDER BY d."id"`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "dispute" d WHERE ${where}`)
  return { rows, total: scalar(counted, count) }
}

/** Reads a dispute of a view; throws `notFound`. */
export async function readDispute(queryable: Queryable, view: View, id: string, roots: Roots): Promise<Written> {
  const { rows } = await queryable.run(
    prepared`${select(sql`"dispute"`, sql`${ownedBy(view, 'd')} AND d."id" = ${id}`)}`
  )
  const [found] = rows.map((row) => writeDispute(row, roots))
  if (found) return found
  throw RESOURCES.notFound('dispute')
}

function select(disputes: Sql, where: Sql): Sql {
  return sql`SELECT ${DISPUTE.columns} FROM ${disputes} d
    JOIN "billing_account" a ON a."tenant_id" = d."tenant_id" AND a."id" = d."billing_account_id"
    JOIN "customer_bill" b ON b."tenant_id" = d."tenant_id" AND b."id" = d."bill_id"
    WHERE ${where}`
}

export function writeDispute(row: Row, { billing, api }: Roots): Written {
  const dispute = DISPUTE.read(row)
  const { id, currency: unit, billingAccountId, accountName: name, billId, billNo, correctionId } = dispute
  const text = (value: string | undefined) => value && JSON.stringify(value)
  const account = `${api}/accounts/${encodeURIComponent(billingAccountId)}`
  const lines = dispute.lines?.map(({ rate, amount }) =>
    objectOf({
      rate: JSON.stringify({ id: rate, href: `${api}/appliedCustomerBillingRate/${rate}` }),
      amount: amount === null ? undefined : moneyOf(unit, amount)
    })
  )
  const document = objectOf({
    id: text(id),
    href: text(`${billing}/dispute/${id}`),
    bill: JSON.stringify({ id: billId, href: `${api}/customerBill/${billId}`, billNo }),
    billingAccount: JSON.stringify({ id: billingAccountId, href: account, name }),
    amount: moneyOf(unit, dispute.amount),
    lines: lines && `[${lines.join()}]`,
    reason: text(dispute.reason),
    description: text(dispute.description),
    reference: text(dispute.reference),
    openedBy: text(dispute.openedBy),
    state: text(dispute.state),
    answer: text(dispute.answer),
    creditNote: correctionId && JSON.stringify({ id: correctionId, href: `${billing}/creditNote/${correctionId}` }),
    createdAt: text(dispute.createdAt),
    closedAt: text(dispute.closedAt)
  })
  return { id, version: String(dispute.version), json: document }
}
