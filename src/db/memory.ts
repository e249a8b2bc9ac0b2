import type { Transaction } from './database.ts'
import { sql } from './sql.ts'

/**
 * Lets the sums of very many rows stay in memory until the end of the transaction. For requests in a slot for expensive
 * work, of which there are few at once.
 */
export async function takeMemory(tx: Transaction): Promise<void> {
  await tx.run(sql`SET LOCAL work_mem = '64MB'`)
}
