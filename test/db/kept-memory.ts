import { openDatabase } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'

// Runs a large statement again and again, and prints how many bytes more are in use at the end, after collections of
// what is new. A process of its own, with `--expose-gc`: the heap of others is theirs.
const [, , url = '', runs = '', size = ''] = process.argv
const settings = { poolSize: 8, connectTimeoutMs: 120_000, statementTimeoutMs: 120_000, applicationName: 'kept-rows' }
const database = openDatabase({ url, ...settings }, () => undefined)
const rows = sql`SELECT n, repeat('x', 100), repeat('y', 100) FROM generate_series(1, ${Number(size) / 200}::int) n`

async function used(): Promise<number> {
  await database.run(rows)
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
