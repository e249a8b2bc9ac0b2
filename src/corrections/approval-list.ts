import { accountIds } from '../accounts/lookup.ts'
import { ACTOR_TYPES } from '../audit/record.ts'
import { CORRECTION_KINDS, type Roots } from '../billing/corrections/list.ts'
import type { Queryable, Row } from '../db/database.ts'
import {
  computed,
  count,
  decimal,
  instant,
  integer,
  jsonText,
  oneOf,
  optional,
  rowOf,
  scalar,
  text
} from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { Bound } from '../tmf/query/bind.ts'
import { instantsSql } from '../tmf/query/condition-sql.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import type { View } from '../tmf/view.ts'
import { APPROVAL_STATES } from './approval-schema.ts'

export const APPROVAL_PATH = 'correctionApproval'

/** Selects approvals in any of these states, of any of these kinds, accounts, reasons and references, by time. */
export interface ApprovalFilter {
  readonly states?: readonly string[] | undefined
  readonly kinds?: readonly string[] | undefined
  readonly accounts?: readonly string[] | undefined
  readonly corrections?: readonly string[] | undefined
  readonly reasons?: readonly string[] | undefined
  readonly references?: readonly string[] | undefined
  /** On `createdAt`. */
  readonly instants: Bound
}

const APPROVAL = rowOf(
  'correction_approval',
  {
    id: text,
    version: integer,
    kind: oneOf(CORRECTION_KINDS),
    state: oneOf(APPROVAL_STATES),
    createdAt: instant,
    billingAccountId: text,
    accountName: computed(text, sql`a."name"`),
    billId: optional(text),
    currency: text,
    amount: decimal,
    body: jsonText,
    requestedByType: oneOf(ACTOR_TYPES),
    requestedById: text,
    requestedByName: text,
    decidedAt: optional(instant),
    decidedByType: optional(text),
    decidedById: optional(text),
    decidedByName: optional(text),
    comment: optional(text),
    correctionId: optional(text)
  },
  'p'
)
export type Approval = ReturnType<typeof APPROVAL.read>

/** Selects a page of the approvals of a view, the oldest first, and counts all; `writeApproval` writes a row. */
export async function listApprovals(
  queryable: Queryable,
  view: View,
  { states, kinds, accounts, corrections, reasons, references, instants }: ApprovalFilter,
  { offset, limit }: Range
): Promise<PageOf<Row>> {
  const anyOf = (column: Sql, values: readonly string[] | undefined) =>
    values ? sql`${column} = ANY(${values}::text[])` : sql`TRUE`
  const byAccount = accounts ? sql`p."billing_account_id" IN (${accountIds(view, accounts)})` : sql`TRUE`
  const where = sql`${ofProvider(view)} AND ${byAccount} AND ${anyOf(sql`p."state"`, states)}
    AND ${anyOf(sql`p."kind"`, kinds)} AND ${anyOf(sql`p."correction_id"`, corrections)}
    AND ${anyOf(sql`p."reason"`, reasons)} AND ${anyOf(sql`p."reference"`, references)}
    AND ${instantsSql({ createdAt: sql`p."created_at"` }, instants)}`
  const page = sql`(SELECT * FROM "correction_approval" p WHERE ${where}
    ORDER BY p."id" LIMIT ${limit} OFFSET ${offset})`
  const { rows } = await queryable.run(sql`${select(page)} ORDER BY p."id"`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "correction_approval" p WHERE ${where}`)
  return { rows, total: scalar(counted, count) }
}

/** Reads an approval of a view; throws `notFound`. */
export async function readApproval(queryable: Queryable, view: View, id: string): Promise<Row> {
  const one = sql`(SELECT * FROM "correction_approval" p WHERE ${ofProvider(view)} AND p."id" = ${id})`
  const { rows } = await queryable.run(prepared`${select(one)}`)
  const [found] = rows
  if (found) return found
  throw RESOURCES.notFound('approval')
}

export const readRow = APPROVAL.read

/** Approvals are between the users of the provider; no partner sees them. */
function ofProvider({ tenantId, partnerId }: View): Sql {
  return sql`p."tenant_id" = ${tenantId} AND ${partnerId}::text IS NULL`
}

function select(approvals: Sql): Sql {
  return sql`SELECT ${APPROVAL.columns} FROM ${approvals} p
    JOIN "billing_account" a ON a."tenant_id" = p."tenant_id" AND a."id" = p."billing_account_id"`
}

export function writeApproval(row: Row, { billing, api }: Roots) {
  const approval = APPROVAL.read(row)
  const { id, kind, billingAccountId: accountId, accountName: name, billId, correctionId } = approval
  const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value))
  const linked = (root: string, path: string, to: string | undefined) => to && { id: to, href: `${root}/${path}/${to}` }
  const written = objectOf({
    id: json(id),
    href: json(`${billing}/${APPROVAL_PATH}/${id}`),
    state: json(approval.state),
    correctionType: json(kind),
    correction: json(linked(billing, kind, correctionId)),
    billingAccount: json({ id: accountId, href: `${api}/accounts/${encodeURIComponent(accountId)}`, name }),
    bill: json(linked(api, 'customerBill', billId)),
    amount: moneyOf(approval.currency, approval.amount),
    request: approval.body,
    requestedBy: json(person(approval.requestedByType, approval.requestedById, approval.requestedByName)),
    createdAt: json(approval.createdAt),
    decidedBy: json(person(approval.decidedByType, approval.decidedById, approval.decidedByName)),
    decidedAt: json(approval.decidedAt),
    comment: json(approval.comment)
  })
  return { id, version: String(approval.version), json: written }
}

function person(type: string | undefined, id: string | undefined, name: string | undefined) {
  return type === undefined ? undefined : { type, id, name }
}
