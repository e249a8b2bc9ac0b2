import type { Database, Row, Transaction } from './database.ts'
import { lengthOf } from './row.ts'
import { type Sql, sql } from './sql.ts'

/** Characters of the rows that are fetched and used in one turn, roughly. */
const PART_LENGTH = 131_072

/** The most rows first: as many are fetched as are short enough together. */
const FETCHES = [
  { rowCount: 100, statement: sql`FETCH FORWARD 100 FROM "part"` },
  { rowCount: 10, statement: sql`FETCH FORWARD 10 FROM "part"` },
  { rowCount: 1, statement: sql`FETCH FORWARD 1 FROM "part"` }
] as const
const [, FIRST, LEAST] = FETCHES

/**
 * Reads a long result through a cursor. `use` gets its rows in parts; other work has its turn between two. Rows that
 * `use` does not keep are gone before the next part comes, so that memory is collected quickly.
 */
export function readLong<T>(
  database: Pick<Database, 'transaction'>,
  statement: Sql,
  use: (parts: AsyncIterable<readonly Row[]>) => Promise<T>
): Promise<T> {
  return database.transaction(async (tx) => {
    // Plans for all rows, as without a cursor.
    await tx.run(sql`SET LOCAL cursor_tuple_fraction = 1`)
    await tx.run(sql`DECLARE "part" NO SCROLL CURSOR FOR ${statement}`)
    return use(partsOf(tx))
  })
}

async function* partsOf(tx: Transaction): AsyncGenerator<readonly Row[]> {
  for (let fetch: (typeof FETCHES)[number] = FIRST; ; ) {
    const { rows } = await tx.run(fetch.statement)
    const rowLength = rows.reduce((sum, row) => sum + lengthOf(row), 0) / rows.length
    if (rows.length > 0) yield rows
    if (rows.length < fetch.rowCount) return
    fetch = FETCHES.find(({ rowCount }) => rowCount * rowLength <= PART_LENGTH) ?? LEAST
  }
}

/** Divides rows that are there already; the caller gives other work its turn between two parts. */
export function* shortParts(rows: readonly Row[]): Generator<readonly Row[]> {
  let [from, length] = [0, 0]
  for (const [at, row] of rows.entries()) {
    length += lengthOf(row)
    if (length <= PART_LENGTH) continue
    yield rows.slice(from, at + 1)
    ;[from, length] = [at + 1, 0]
  }
  if (from < rows.length) yield rows.slice(from)
}
