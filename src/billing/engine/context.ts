import type { Clock } from '../../base/clock.ts'
import type { Database } from '../../db/database.ts'

export interface EngineContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly chunkAccounts: number
}
