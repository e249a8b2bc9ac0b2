import { z } from 'zod'
import { trimScale } from '../base/money.ts'
import type { Queryable } from '../db/database.ts'
import { computed, count, decimal, integer, json, oneOf, optional, rowOf, scalar, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { type Cell, csvLine } from '../http/csv.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import { OPTIONAL_PARTS, REASONS, STATUSES } from './comparison.ts'

const SLICE_ROWS = 1_000

/** Sums as text keep their digits. */
const LINES = z.record(z.string(), z.object({ count: z.number(), amount: z.string() }))
const linesOf = (column: Sql) =>
  computed(
    optional(json(LINES)),
    sql`(SELECT json_object_agg(k."key", json_build_object('count', k."value"->'count', 'amount',
      k."value"->>'amount') ORDER BY k."key") FROM jsonb_each(${column}) k)`
  )

const ACCOUNT = rowOf(
  'comparison_account',
  {
    position: integer,
    billingAccountId: text,
    currency: text,
    status: oneOf(STATUSES),
    reasons: json(z.array(z.enum(REASONS))),
    uncompared: json(z.array(z.enum(OPTIONAL_PARTS))),
    difference: decimal,
    hereBills: integer,
    thereBills: integer,
    hereAmount: optional(decimal),
    thereAmount: optional(decimal),
    hereTax: optional(decimal),
    thereTax: optional(decimal),
    hereDue: optional(text),
    thereDue: optional(text),
    hereLines: linesOf(sql`a."here_lines"`),
    thereLines: linesOf(sql`a."there_lines"`)
  },
  'a'
)

export type ComparedAccount = ReturnType<typeof ACCOUNT.read>

/** Selects accounts of a comparison that have any of the values. */
export interface AccountFilter {
  readonly tenantId: string
  readonly comparisonId: string
  readonly statuses?: readonly string[] | undefined
  readonly reasons?: readonly string[] | undefined
  readonly currencies?: readonly string[] | undefined
  readonly accounts?: readonly string[] | undefined
}

/** Reads a page of accounts, the largest difference first, and counts all. */
export async function listAccounts(
  queryable: Queryable,
  filter: AccountFilter,
  { limit, offset }: Range
): Promise<PageOf<ComparedAccount>> {
  const found = sql`"comparison_account" a WHERE ${meantBy(filter)}`
  const { rows } = await queryable.run(sql`SELECT ${ACCOUNT.columns} FROM ${found}
    ORDER BY a."position" LIMIT ${limit} OFFSET ${offset}`)
  const counted = await queryable.run(sql`SELECT count(*) FROM ${found}`)
  return { rows: rows.map(ACCOUNT.read), total: scalar(counted, count) }
}

function meantBy({ tenantId, comparisonId, statuses, reasons, currencies, accounts }: AccountFilter): Sql {
  const anyOf = (column: Sql, values: readonly string[] | undefined) =>
    values ? sql`${column} = ANY(${values}::text[])` : sql`TRUE`
  return sql`a."tenant_id" = ${tenantId} AND a."comparison_id" = ${comparisonId}
    AND ${anyOf(sql`a."status"`, statuses)} AND ${anyOf(sql`a."currency"`, currencies)}
    AND ${anyOf(sql`a."billing_account_id"`, accounts)}
    AND ${reasons ? sql`jsonb_exists_any(a."reasons", ${reasons}::text[])` : sql`TRUE`}`
}

/** Writes accounts as CSV, in slices. */
export async function* tableOf(queryable: Queryable, filter: AccountFilter): AsyncGenerator<string> {
  yield csvLine(COLUMNS)
  for (let after = 0; ; ) {
    const { rows } = await queryable.run(sql`SELECT ${ACCOUNT.columns} FROM "comparison_account" a
      WHERE ${meantBy(filter)} AND a."position" > ${after}::int ORDER BY a."position" LIMIT ${SLICE_ROWS}`)
    const accounts = rows.map(ACCOUNT.read)
    yield accounts.map((account) => csvLine(cellsOf(account))).join('')
    const last = accounts.at(-1)
    if (!last || accounts.length < SLICE_ROWS) return
    after = last.position
  }
}

const COLUMNS = [
  ...['billingAccount', 'currency', 'status', 'reasons', 'difference', 'amountHere', 'amountThere', 'taxHere'],
  ...['taxThere', 'dueDateHere', 'dueDateThere', 'linesHere', 'linesThere', 'billsHere', 'billsThere', 'notCompared']
]

function cellsOf(account: ComparedAccount): readonly Cell[] {
  const exact = (value: string | number | undefined) => ({ exact: value === undefined ? undefined : String(value) })
  const lines = (found: ComparedAccount['hereLines']) =>
    exact(found && Object.values(found).reduce((sum, each) => sum + each.count, 0))
  return [
    ...[account.billingAccountId, account.currency, account.status, account.reasons.join(' ')],
    ...[account.difference, account.hereAmount, account.thereAmount, account.hereTax, account.thereTax].map(exact),
    ...[account.hereDue, account.thereDue].map(exact),
    ...[account.hereLines, account.thereLines].map(lines),
    ...[account.hereBills, account.thereBills].map(exact),
    account.uncompared.join(' ')
  ]
}

/** Writes an account as JSON, with all digits. */
export function writeAccount(account: ComparedAccount): string {
  const { billingAccountId, currency, status, reasons, uncompared, difference } = account
  return objectOf({
    billingAccount: JSON.stringify({ id: billingAccountId }),
    currency: JSON.stringify(currency),
    status: JSON.stringify(status),
    reasons: JSON.stringify(reasons),
    notCompared: JSON.stringify(uncompared),
    difference: moneyOf(currency, difference),
    here: writeSide(currency, {
      bills: account.hereBills,
      amount: account.hereAmount,
      tax: account.hereTax,
      due: account.hereDue,
      lines: account.hereLines
    }),
    there: writeSide(currency, {
      bills: account.thereBills,
      amount: account.thereAmount,
      tax: account.thereTax,
      due: account.thereDue,
      lines: account.thereLines
    })
  })
}

interface Side {
  readonly bills: number
  readonly amount: string | undefined
  readonly tax: string | undefined
  readonly due: string | undefined
  readonly lines: ComparedAccount['hereLines']
}

function writeSide(currency: string, { bills, amount, tax, due, lines }: Side): string | undefined {
  if (amount === undefined) return undefined
  const types = Object.entries(lines ?? {}).map(([type, sum]) =>
    objectOf({
      type: JSON.stringify(type),
      count: String(sum.count),
      amount: moneyOf(currency, trimScale(sum.amount))
    })
  )
  return objectOf({
    bills: String(bills),
    amount: moneyOf(currency, amount),
    tax: tax === undefined ? undefined : moneyOf(currency, tax),
    dueDate: JSON.stringify(due),
    lines: lines && `[${types.join()}]`
  })
}
