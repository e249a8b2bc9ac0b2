import type { Transaction } from '../db/database.ts'
import { decimal, rowOf, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'

/** An account has one balance for each currency of its bills and payments. */
export interface BalanceKey {
  readonly billingAccountId: string
  readonly currency: string
}

export interface Balance extends BalanceKey {
  readonly credit: string
}

const BALANCE = rowOf('account_balance', { accountId: text, currency: text, credit: decimal }, 'b')

/**
 * Locks balances until the end of the transaction and returns their credits. Lock the balance before any payable bill:
 * every payment, reversal and allocation does so, which rules out deadlocks.
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

/** `wanted` selects distinct rows ("account", "currency"). */
export async function lockWanted(tx: Transaction, tenantId: string, wanted: Sql): Promise<readonly Balance[]> {
  await tx.run(prepared`INSERT INTO "account_balance" ("tenant_id", "account_id", "currency")
      SELECT ${tenantId}, "account", "currency" FROM (${wanted}) w
      ORDER BY "account" COLLATE "C", "currency" COLLATE "C"
      ON CONFLICT DO NOTHING`)
  const { rows } = await tx.run(prepared`SELECT ${BALANCE.columns} FROM "account_balance" b
      WHERE b."tenant_id" = ${tenantId} AND (b."account_id", b."currency") IN (${wanted})
      ORDER BY b."account_id", b."currency" FOR UPDATE`)
  return rows.map(BALANCE.read).map(({ accountId: billingAccountId, ...balance }) => ({ billingAccountId, ...balance }))
}

/** Adds decimal texts, positive or negative, to the credits of locked balances; sums those of one balance. */
export async function addCredits(tx: Transaction, tenantId: string, credits: readonly Balance[]): Promise<void> {
  await tx.run(prepared`UPDATE "account_balance" b SET "credit" = b."credit" + c."amount"
      FROM (SELECT "account", "currency", sum("amount") AS "amount"
        FROM unnest(${credits.map(({ billingAccountId }) => billingAccountId)}::text[],
          ${credits.map(({ currency }) => currency)}::text[], ${credits.map(({ credit }) => credit)}::numeric[])
          x("account", "currency", "amount") GROUP BY 1, 2) c
      WHERE b."tenant_id" = ${tenantId} AND b."account_id" = c."account" AND b."currency" = c."currency"`)
}

/** Adds to the part that the credit limit of a locked balance pays; a negative amount reduces it. */
export async function addOverdrawn(
  tx: Transaction,
  tenantId: string,
  { billingAccountId, currency }: BalanceKey,
  parts: readonly string[]
): Promise<void> {
  if (parts.length === 0) return
  await tx.run(sql`UPDATE "account_balance"
    SET "overdrawn" = "overdrawn" + (SELECT sum("part") FROM unnest(${parts}::numeric[]) x("part"))
    WHERE "tenant_id" = ${tenantId} AND "account_id" = ${billingAccountId} AND "currency" = ${currency}`)
}
