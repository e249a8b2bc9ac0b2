import type { Transaction } from '../db/database.ts'
import { prepared, sql } from '../db/sql.ts'
import type { BalanceKey } from './balance.ts'

/**
 * Reads while nothing is posted to a balance: waits for the holder of its lock, and makes others wait until the end of
 * the transaction. A balance without postings has no row to lock, so the transaction inserts one and deletes it again;
 * the insert waits for another transaction's first posting.
 */
export async function whileUnposted<T>(
  tx: Transaction,
  tenantId: string,
  { billingAccountId, currency }: BalanceKey,
  read: () => Promise<T>
): Promise<T> {
  const { rowCount } = await tx.run(prepared`INSERT INTO "account_balance" ("tenant_id", "account_id", "currency")
      VALUES (${tenantId}, ${billingAccountId}, ${currency}) ON CONFLICT DO NOTHING`)
  const isLent = rowCount === 1
  const balance = sql`"account_balance" WHERE "tenant_id" = ${tenantId} AND "account_id" = ${billingAccountId}
    AND "currency" = ${currency}`
  if (!isLent) await tx.run(prepared`SELECT FROM ${balance} FOR SHARE`)
  const answer = await read()
  if (isLent) await tx.run(prepared`DELETE FROM ${balance}`)
  return answer
}
