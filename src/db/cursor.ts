import type { Database, Row } from './database.ts'
import { type Sql, sql } from './sql.ts'

const PART = sql`FETCH FORWARD 100 FROM "part"`
const PART_ROWS = 100

/** Fetches a long result through a cursor: other work has its turn between two parts. */
export function fetchLong(database: Pick<Database, 'transaction'>, statement: Sql): Promise<readonly Row[]> {
  return database.transaction(async (tx) => {
    // Plans for all rows, as without a cursor.
    await tx.run(sql`SET LOCAL cursor_tuple_fraction = 1`)
    await tx.run(sql`DECLARE "part" NO SCROLL CURSOR FOR ${statement}`)
    const rows: Row[] = []
    for (;;) {
      const part = await tx.run(PART)
      rows.push(...part.rows)
      if (part.rows.length < PART_ROWS) return rows
    }
  })
}
