import type { Clock } from '../base/clock.ts'
import type { Database, Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'

/** What the work of the billing needs from the rest of the house. */
export interface WorkContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  /** Accounts that a run bills in one transaction. */
  readonly chunkAccounts: number
}

/**
 * Lets a statement of this transaction take its time, as no client waits for it; but a process that stands still or
 * is cut off from the database loses the transaction, since everybody waits for the bill numbers it holds.
 */
export async function takeTime(tx: Transaction): Promise<void> {
  await tx.run(sql`SET LOCAL statement_timeout = 0`)
  await tx.run(sql`SET LOCAL idle_in_transaction_session_timeout = '60s'`)
}
