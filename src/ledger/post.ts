import type { Instant } from '../base/instant.ts'
import type { Transaction } from '../db/database.ts'
import { asPrepared, type Sql, sql } from '../db/sql.ts'
import type { BalanceKey } from './balance.ts'

export const BOOKS = ['receivable', 'balance', 'revenue', 'partner', 'tax', 'cash', 'rounding', 'badDebt'] as const
export type Book = (typeof BOOKS)[number]

/** The origin of a journal. `credit` is the credit limit, in place of a payment. */
export const SOURCE_TYPES = [
  'bill',
  'payment',
  'reversal',
  'allocation',
  'credit',
  'transfer',
  'writeOff',
  'refund',
  'adjustment'
] as const
export type SourceType = (typeof SOURCE_TYPES)[number]

export interface Journal {
  readonly tenantId: string
  readonly journalId: string
  /** The present, or the time of the account's last entry if that is later. */
  readonly postedAt: Instant
  readonly billingAccountId: string
  readonly sourceType: SourceType
  readonly sourceId: string
}

/** One side of a journal. Debits are positive; amounts are decimals as text. */
export interface Entry {
  readonly book: Book
  /** Type of rate, category of tax, or method of payment. */
  readonly detail?: string | undefined
  readonly currency: string
  readonly amount: string
}

/** A part of a payment, or of the credit limit, for a bill, in decimal text; a negative one takes it back. */
export interface Allocation extends BalanceKey {
  readonly paymentId: string | undefined
  readonly billId: string
  readonly amount: string
}

export interface AllocationPosting extends Allocation {
  readonly id: string
}

/**
 * Returns the instant for posting to an account, as a query of one row: "posted_at" is the given instant, but not
 * before the account's last entry, even if a clock was set back, so that the past of an account never changes; and not
 * in a closed period. "occurred_at" is the given instant if its period is closed, else NULL. Read the clock after
 * locking the balance, else another posting may come between. A period does not close until the transaction ends.
 */
export function postingInstant(tenantId: string, account: Sql, at: Sql): Sql {
  return sql`(SELECT greatest("i"."given", "i"."open_from", "i"."last") AS "posted_at",
      CASE WHEN "i"."given" < "i"."open_from" THEN "i"."given" END AS "occurred_at"
    FROM (SELECT ${at}::timestamptz AS "given", "open_from"(${tenantId}) AS "open_from",
      max("last"."posted_at") AS "last" FROM "ledger_entry" "last"
      WHERE "last"."tenant_id" = ${tenantId} AND "last"."billing_account_id" = ${account}) "i")`
}

/** Posts a journal in one statement. The database refuses one that does not sum to zero in every currency. */
export async function post(tx: Transaction, journal: Journal, entries: readonly Entry[]): Promise<void> {
  const { tenantId, journalId, postedAt, billingAccountId, sourceType, sourceId } = journal
  const each = <K extends keyof Entry>(name: K) => entries.map((entry) => entry[name])
  const rows = sql`SELECT ${tenantId}, ${journalId}, e."line", p."posted_at", e."book", e."detail",
      ${billingAccountId}, e."currency", e."amount", ${sourceType}, ${sourceId}, p."occurred_at"
    FROM unnest(${each('book')}::text[], ${each('detail')}::text[], ${each('currency')}::text[],
      ${each('amount')}::numeric[]) WITH ORDINALITY e("book", "detail", "currency", "amount", "line")
    CROSS JOIN ${postingInstant(tenantId, sql`${billingAccountId}`, sql`${postedAt}`)} p`
  await tx.run(insertEntries(rows))
}

/** Inserts a query's rows: tenant, journal, line, posted, book, detail, account, currency, amount, source, occurred. */
export function insertEntries(rows: Sql): Sql {
  return sql`INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book", "detail",
    "billing_account_id", "currency", "amount", "source_type", "source_id", "occurred_at") ${rows}`
}

export async function postAllocations(
  tx: Transaction,
  { tenantId, postedAt }: Pick<Journal, 'tenantId' | 'postedAt'>,
  allocations: readonly AllocationPosting[]
): Promise<void> {
  const each = <K extends keyof AllocationPosting>(name: K) => allocations.map((allocation) => allocation[name])
  const rows = sql`SELECT ${tenantId}, a."id", e."line", p."posted_at", e."book", NULL, a."account", a."currency",
        e."sign" * a."amount", CASE WHEN a."payment" IS NULL THEN 'credit' ELSE 'allocation' END,
        coalesce(a."payment", a."bill"), p."occurred_at"
      FROM unnest(${each('id')}::text[], ${each('paymentId')}::text[], ${each('billId')}::text[],
        ${each('billingAccountId')}::text[], ${each('currency')}::text[], ${each('amount')}::numeric[])
        a("id", "payment", "bill", "account", "currency", "amount")
      CROSS JOIN LATERAL ${postingInstant(tenantId, sql`a."account"`, sql`${postedAt}`)} p
      CROSS JOIN (VALUES (1, 'balance', 1), (2, 'receivable', -1)) e("line", "book", "sign")`
  await tx.run(asPrepared(insertEntries(rows)))
}

/** A payment that came in, by its id. */
export interface ReceiptPosting extends BalanceKey {
  readonly id: string
  readonly method: string
  readonly amount: string
}

export async function postReceipts(
  tx: Transaction,
  { tenantId, postedAt }: Pick<Journal, 'tenantId' | 'postedAt'>,
  receipts: readonly ReceiptPosting[]
): Promise<void> {
  const each = <K extends keyof ReceiptPosting>(name: K) => receipts.map((receipt) => receipt[name])
  const rows = sql`SELECT ${tenantId}, r."id", e."line", p."posted_at", e."book",
        CASE WHEN e."book" = 'cash' THEN r."method" END, r."account", r."currency", e."sign" * r."amount", 'payment',
        r."id", p."occurred_at"
      FROM unnest(${each('id')}::text[], ${each('billingAccountId')}::text[], ${each('method')}::text[],
        ${each('currency')}::text[], ${each('amount')}::numeric[]) r("id", "account", "method", "currency", "amount")
      CROSS JOIN LATERAL ${postingInstant(tenantId, sql`r."account"`, sql`${postedAt}`)} p
      CROSS JOIN (VALUES (1, 'cash', 1), (2, 'balance', -1)) e("line", "book", "sign")`
  await tx.run(asPrepared(insertEntries(rows)))
}

/** Money that goes from the giver to the account, by the id of the payment that it is there. */
export interface TransferPosting extends BalanceKey {
  readonly id: string
  readonly giverId: string
  readonly amount: string
}

/**
 * Posts a transfer: one journal of two accounts, which sums to zero for each. What it takes from the cash of one, it
 * adds to that of the other, so no cash comes or goes.
 */
export async function postTransfer(
  tx: Transaction,
  { tenantId, postedAt }: Pick<Journal, 'tenantId' | 'postedAt'>,
  { id, giverId, billingAccountId, currency, amount }: TransferPosting
): Promise<void> {
  const rows = sql`SELECT ${tenantId}, ${id}, e."line", greatest(g."posted_at", r."posted_at"), e."book",
        CASE WHEN e."book" = 'cash' THEN 'transfer' END, e."account", ${currency}, e."sign" * ${amount}::numeric,
        'transfer', ${id}, g."occurred_at"
      FROM ${postingInstant(tenantId, sql`${giverId}`, sql`${postedAt}`)} g
      CROSS JOIN ${postingInstant(tenantId, sql`${billingAccountId}`, sql`${postedAt}`)} r
      CROSS JOIN (VALUES (1, 'cash', -1, ${giverId}), (2, 'balance', 1, ${giverId}),
        (3, 'cash', 1, ${billingAccountId}), (4, 'balance', -1, ${billingAccountId}))
        e("line", "book", "sign", "account")`
  await tx.run(asPrepared(insertEntries(rows)))
}
