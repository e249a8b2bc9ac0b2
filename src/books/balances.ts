import type { Instant } from '../base/instant.ts'
import type { Queryable } from '../db/database.ts'
import { computed, computedRow, decimal, optional, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import type { View } from '../tmf/view.ts'
import { entriesOf } from './export.ts'

const BATCH = 500

const BOOKED = computedRow({
  book: computed(text, sql`e."book"`),
  detail: computed(optional(text), sql`e."detail"`),
  currency: computed(text, sql`e."currency"`),
  debit: computed(decimal, sql`coalesce(sum(e."amount") FILTER (WHERE e."amount" > 0), 0)`),
  credit: computed(decimal, sql`coalesce(-sum(e."amount") FILTER (WHERE e."amount" < 0), 0)`),
  balance: computed(decimal, sql`sum(e."amount")`)
})
export type Booked = ReturnType<typeof BOOKED.read>

/** Sums every entry of a view before an instant, by currency, book and detail. */
export async function readTrialBalance(queryable: Queryable, view: View, end: Instant): Promise<readonly Booked[]> {
  const { rows } = await queryable.run(sql`SELECT ${BOOKED.columns} FROM "ledger_entry" e
    WHERE ${entriesOf(view)} AND e."posted_at" < ${end}
    GROUP BY e."book", e."detail", e."currency" ORDER BY e."currency", e."book", e."detail" NULLS FIRST`)
  return rows.map(BOOKED.read)
}

const HELD = computedRow({
  billingAccountId: computed(text, sql`e."billing_account_id"`),
  currency: computed(text, sql`e."currency"`),
  receivable: computed(decimal, sql`coalesce(sum(e."amount") FILTER (WHERE e."book" = 'receivable'), 0)`),
  credit: computed(decimal, sql`coalesce(-sum(e."amount") FILTER (WHERE e."book" = 'balance'), 0)`),
  balance: computed(decimal, sql`-sum(e."amount")`)
})
export type Held = ReturnType<typeof HELD.read>

/** Reads the balances of the view's accounts before an instant, account by account. */
export async function* readBalances(queryable: Queryable, view: View, end: Instant): AsyncGenerator<Held> {
  for (let last: Held | undefined; ; ) {
    const rest = last
      ? sql`(e."billing_account_id", e."currency") > (${last.billingAccountId}, ${last.currency})`
      : sql`TRUE`
    const { rows } = await queryable.run(sql`SELECT ${HELD.columns} FROM "ledger_entry" e
      WHERE ${entriesOf(view)} AND e."posted_at" < ${end} AND e."book" IN ('receivable', 'balance') AND ${rest}
      GROUP BY e."billing_account_id", e."currency" ORDER BY e."billing_account_id", e."currency" LIMIT ${BATCH}`)
    const balances = rows.map(HELD.read)
    yield* balances
    last = balances.at(-1)
    if (!last || balances.length < BATCH) return
  }
}
