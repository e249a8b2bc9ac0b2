import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addLargeBill, addRates } from '../documents/large-bill.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { CREDENTIAL, cleanUp, type ServerProcess, startServer } from './server-process.ts'

/** More lines than a document lists; beside the program itself, those of three tables would fill the heap. */
const LINES = 15_000
const HEAP_MIB = 112

let store: TestDatabase
let server: ServerProcess
beforeAll(async () => {
  store = await createTestDatabase()
  server = await startServer({ DATABASE_URL: store.url, NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` })
})
afterAll(async () => {
  await server.stop()
  await cleanUp()
  await store.drop()
})

async function post(path: string, body: object): Promise<Answer> {
  const headers = { ...CREDENTIAL, 'content-type': 'application/json' }
  const answer = await fetch(`${server.root}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return parsed(await answer.text())
}

/** Returns the status and length of a document; keeps none of it. */
async function take(place: string, accept: string): Promise<readonly [number, number]> {
  const answer = await fetch(`${server.root}${place}`, { headers: { ...CREDENTIAL, accept } })
  let bytes = 0
  for await (const chunk of answer.body ?? []) bytes += chunk.length
  return [answer.status, bytes]
}

test('a bill of many lines takes no more memory than one of few', async () => {
  const place = await addLargeBill(store.database, LINES, post)
  await store.database.run(sql`UPDATE "applied_customer_billing_rate" SET "description" = repeat(md5("id"), 48)`)
  const tables = await Promise.all(Array.from({ length: 3 }, () => take(place, 'text/csv')))
  for (const [status, bytes] of tables) expect([status, bytes > 1_536 * LINES]).toEqual([200, true])
  const documents = await Promise.all(['text/html', 'application/pdf', 'text/csv'].map((type) => take(place, type)))
  expect(documents.map(([status]) => status)).toEqual([200, 200, 200])
  expect(server.child.exitCode).toBe(null)
})

test('a preview of many rates takes no more memory than a bill of as many lines as are shown', async () => {
  await post(`${BASE}/customers`, { id: 'C-1', name: 'Ada' })
  await post(`${BASE}/accounts`, { id: 'A-1', name: 'Ada', customerId: 'C-1' })
  await addRates(store.database, LINES, 'A-1')
  const wanted = { billingAccount: { id: 'A-1' } }
  const previews = await Promise.all(Array.from({ length: 4 }, () => post('/billing/v1/preview', wanted)))
  expect(previews).toEqual(previews.map(() => expect.objectContaining({ lineCount: LINES })))
  expect(server.child.exitCode).toBe(null)
})
