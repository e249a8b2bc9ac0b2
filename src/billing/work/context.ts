import type { Clock } from '../../base/clock.ts'
import type { Database } from '../../db/database.ts'

export interface WorkContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  /** Accounts that a run bills in one transaction. */
  readonly chunkAccounts: number
}
