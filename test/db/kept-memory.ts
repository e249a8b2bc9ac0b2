import { openDatabase } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'

// Runs a statement with a large value and many rows again and again. Prints how many bytes more are in use at the end,
// after collections of what is new. A process of its own, with `--expose-gc`: the heap of others is theirs.
const [, , url = '', runs = '', size = ''] = process.argv
const settings = { poolSize: 8, connectTimeoutMs: 120_000, statementTimeoutMs: 120_000, applicationName: 'kept-memory' }
const database = openDatabase({ url, ...settings }, () => undefined)

async function used(): Promise<number> {
  const value = Buffer.alloc(Number(size), 'v').toString()
  await database.run(sql`SELECT n, repeat('x', 100), repeat('y', 100), length(${value})
    FROM generate_series(1, ${Number(size) / 200}::int) n`)
  globalThis.gc?.({ type: 'minor' })
  return process.memoryUsage().heapUsed
}

// Compiles what it needs.
await used()
await used()
globalThis.gc?.({ type: 'major' })
const before = await used()
let after = before
for (let run = 0; run < Number(runs); run++) after = await used()
await database.close()
console.log(after - before)
