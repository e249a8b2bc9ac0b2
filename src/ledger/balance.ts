import type { Transaction } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'

/** One balance of an account: it has one in each currency in which it was billed or paid. */
export interface BalanceKey {
  readonly billingAccountId: string
  readonly currency: string
}

/** What of an account's payments no bill has used yet, as decimal text. */
export interface Balance extends BalanceKey {
  readonly credit: string
}

/**
 * Locks balances until the end of the transaction and answers their credits. Whoever pays, reverses or allocates
 * for an account holds its balance, and takes it before any bill that can be paid; so nobody waits in a circle.
 */
export function lockBalances(
  tx: Transaction,
  tenantId: string,
  keys: readonly BalanceKey[]
): Promise<readonly Balance[]> {
  const wanted = sql`SELECT DISTINCT * FROM unnest(${keys.map(({ billingAccountId }) => billingAccountId)}::text[],
    ${keys.map(({ currency }) => currency)}::text[]) k("account", "currency")`
  return lockWanted(tx, tenantId, wanted)
}

/** The same of a query of distinct rows ("account", "currency"). */
export async function lockWanted(tx: Transaction, tenantId: string, wanted: Sql): Promise<readonly Balance[]> {
  await tx.run(
    sql`INSERT INTO "account_balance" ("tenant_id", "account_id", "currency")
      SELECT ${tenantId}, "account", "currency" FROM (${wanted}) w
      ORDER BY "account" COLLATE "C", "currency" COLLATE "C"
      ON CONFLICT DO NOTHING`,
    { prepared: true }
  )
  const { rows } = await tx.run(
    sql`SELECT b."account_id", b."currency", b."credit" FROM "account_balance" b
      WHERE b."tenant_id" = ${tenantId} AND (b."account_id", b."currency") IN (${wanted})
      ORDER BY b."account_id", b."currency" FOR UPDATE`,
    { prepared: true }
  )
  return rows.map(([account, currency, credit]) => ({
    billingAccountId: String(account),
    currency: String(currency),
    credit: String(credit)
  }))
}

/** Adds decimals as text, which may be negative, to the credits of locked balances; several to one add up. */
export async function addCredits(tx: Transaction, tenantId: string, credits: readonly Balance[]): Promise<void> {
  await tx.run(
    sql`UPDATE "account_balance" b SET "credit" = b."credit" + c."amount"
      FROM (SELECT "account", "currency", sum("amount") AS "amount"
        FROM unnest(${credits.map(({ billingAccountId }) => billingAccountId)}::text[],
          ${credits.map(({ currency }) => currency)}::text[], ${credits.map(({ credit }) => credit)}::numeric[])
          x("account", "currency", "amount") GROUP BY 1, 2) c
      WHERE b."tenant_id" = ${tenantId} AND b."account_id" = c."account" AND b."currency" = c."currency"`,
    { prepared: true }
  )
}
