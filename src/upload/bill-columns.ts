import { join, type Sql, sql } from '../db/sql.ts'
import { arrayText } from '../tmf/bulk/insert.ts'
import type { Owner } from '../tmf/declaration/resource.ts'
import type { Draft } from './draft.ts'

export const KEY = sql`"account_number", "period", "reference_kind", "reference"`

interface Column {
  readonly name: Sql
  readonly type: Sql
  readonly of: (draft: Draft) => string | null
}

const textColumn = (name: Sql, of: Column['of']): Column => ({ name, type: sql`text`, of })

/** Of each row. */
const OWN: readonly Column[] = [
  textColumn(sql`"id"`, ({ billId }) => billId),
  textColumn(sql`"event_id"`, ({ eventId }) => eventId),
  textColumn(sql`"account_number"`, ({ key }) => key.accountNumber),
  textColumn(sql`"reference"`, ({ key }) => key.reference),
  textColumn(sql`"content_hash"`, ({ contentHash }) => contentHash),
  { name: sql`"amount"`, type: sql`numeric`, of: ({ row }) => row.amount }
]

/** Columns that the rows of a file mostly share, group by group: few groups make few statements. */
const SHARED: readonly (readonly Column[])[] = [
  [
    textColumn(sql`"period"`, ({ key }) => key.period),
    textColumn(sql`"reference_kind"`, ({ key }) => key.referenceKind),
    textColumn(sql`"currency"`, ({ currency }) => currency),
    { name: sql`"is_ours"`, type: sql`boolean`, of: ({ account }) => String(account !== undefined) }
  ],
  [
    { name: sql`"sent_bill_date"`, type: sql`timestamptz`, of: ({ dates }) => dates.billDate ?? null },
    { name: sql`"due_date"`, type: sql`timestamptz`, of: ({ dates }) => dates.paymentDueDate }
  ],
  [{ name: sql`"tax_excluded"`, type: sql`numeric`, of: ({ row }) => row.tax?.excluded ?? null }]
]

/**
 * Selects drafts: one array for each column, or one value if all share it, and a text with a document in each line,
 * which takes the database least time to read. A subquery of its own reads each document once. The reference to the
 * account has the names that it has in a bill, for RECIPIENT.
 */
export function draftRows({ tenantId, partnerId }: Owner, drafts: readonly Draft[]): Sql {
  const groups = SHARED.map((columns) => ({ columns, isShared: columns.every(({ of }) => areSame(drafts, of)) }))
  const own = [...OWN, ...groups.flatMap(({ columns, isShared }) => (isShared ? [] : columns))]
  const shared = groups.flatMap(({ columns, isShared }) => (isShared ? columns : []))
  const names = join(own.map(({ name }) => name))
  const arrays = join(own.map(({ type, of }) => sql`${arrayText(drafts.map(of))}::${type}[]`))
  const constants = shared.map(({ name, type, of }) => sql`, ${first(drafts, of)}::${type} AS ${name}`)
  const documents = drafts.map(({ document }) => document).join('\n')
  return sql`SELECT ${tenantId}::text AS "tenant_id", ${partnerId}::text AS "partner_id", r.*${join(constants, sql``)},
      r."document"#>>'{billingAccount,id}' AS "billing_account_id",
      nullif((r."document"->'billingAccount') - 'id', '{}') AS "billing_account", NULL::jsonb AS "financial_account"
    FROM (SELECT ${names}, "line"::jsonb AS "document"
      FROM ROWS FROM (unnest(${arrays}), string_to_table(${documents}, chr(10))) r(${names}, "line") OFFSET 0) r`
}

function areSame(drafts: readonly Draft[], of: Column['of']): boolean {
  const value = first(drafts, of)
  return drafts.every((draft) => of(draft) === value)
}

function first([draft]: readonly Draft[], of: Column['of']): string | null {
  return draft ? of(draft) : null
}

const ifTaxed = (value: Sql) => sql`CASE WHEN r."tax_excluded" IS NOT NULL THEN ${value} END`

const CONTENT_COLUMNS: readonly (readonly [column: Sql, value: Sql])[] = [
  [sql`"bill_no"`, sql`r."document"->>'billNo'`],
  [sql`"bill_date"`, sql`r."sent_bill_date"`],
  [sql`"payment_due_date"`, sql`r."due_date"`],
  [sql`"amount_due_value"`, sql`r."amount"`],
  [sql`"amount_due_unit"`, sql`r."currency"`],
  [sql`"remaining_amount_value"`, sql`r."amount"`],
  [sql`"remaining_amount_unit"`, sql`r."currency"`],
  [sql`"tax_excluded_amount_value"`, sql`r."tax_excluded"`],
  [sql`"tax_excluded_amount_unit"`, ifTaxed(sql`r."currency"`)],
  [sql`"tax_included_amount_value"`, ifTaxed(sql`r."amount"`)],
  [sql`"tax_included_amount_unit"`, ifTaxed(sql`r."currency"`)],
  [sql`"tax_item"`, sql`r."document"->'taxItem'`],
  [sql`"billing_account_id"`, sql`r."billing_account_id"`],
  [sql`"billing_account"`, sql`r."billing_account"`],
  [sql`"billing_period"`, sql`r."document"->'billingPeriod'`],
  [sql`"bill_document"`, sql`r."document"->'billDocument'`]
]

/** The columns of "customer_bill" that a row fills, and their values from `draftRows` under the name `r`. */
export const CONTENT = {
  columns: join(CONTENT_COLUMNS.map(([column]) => column)),
  values: join(CONTENT_COLUMNS.map(([, value]) => value))
}
