import { newId } from '../../src/base/ulid.ts'
import type { Queryable } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import { TENANT } from './database.ts'

export interface TestRun {
  readonly cycleId: string
  readonly state: string
  readonly startedAt?: string | undefined
  readonly finishedAt?: string | undefined
  readonly isDry?: boolean
  readonly dates?: object
}

/** Adds a run that no worker works on. Returns its id. */
export async function addRun(database: Queryable, run: TestRun): Promise<string> {
  const { cycleId, state, isDry = false, dates = {}, ...times } = run
  const id = newId()
  await database.run(sql`INSERT INTO "bill_run" ("tenant_id", "id", "bill_cycle_id", "is_dry", "bill_state", "state",
      "dates", "started_at", "finished_at", "author")
    VALUES (${TENANT}, ${id}, ${cycleId}, ${isDry}, 'new', ${state}, ${JSON.stringify(dates)},
      ${times.startedAt}, ${times.finishedAt}, '{}')`)
  return id
}
