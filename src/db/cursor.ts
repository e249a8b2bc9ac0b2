import type { Database, Result } from './database.ts'
import { type Sql, sql } from './sql.ts'

/** Rows that are fetched, and read by the driver, in one go. */
const PART = sql`FETCH FORWARD 100 FROM "part"`
const PART_ROWS = 100

/** The rows of a long answer, fetched through a cursor: others have their turn between two parts of it. */
export function fetchLong(database: Pick<Database, 'transaction'>, statement: Sql): Promise<Result['rows']> {
  return database.transaction(async (tx) => {
    // All rows will be fetched: the plan is that of the statement by itself.
    await tx.run(sql`SET LOCAL cursor_tuple_fraction = 1`)
    await tx.run(sql`DECLARE "part" NO SCROLL CURSOR FOR ${statement}`)
    const rows: Result['rows'][number][] = []
    for (;;) {
      const part = await tx.run(PART)
      rows.push(...part.rows)
      if (part.rows.length < PART_ROWS) return rows
    }
  })
}
