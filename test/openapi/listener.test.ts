import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, TENANT } from '../support/database.ts'
import { newCallback } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { watch } from './contract.ts'

const UNKNOWN = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const TOO_LONG = 'x'.repeat(1_001)
const TOO_LARGE = `{"secret":"${'x'.repeat(1_048_577)}"}`
const FROM = '2026-01-01T00:00:00Z'
/** Statuses that no request can cause: the server would have to fail. */
const FAILURES = ['429', '500', '503', 'default']

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await addApiKey(server.database, { tenantId: TENANT, key: 'no-scope', scopes: ['partner'] })
})
afterAll(() => server.close())

type Sent = readonly [body?: unknown, headers?: Readonly<Record<string, string>>]

test.each<readonly ['GET' | 'POST', operation: string, requests: readonly Sent[], queries: readonly string[]]>([
  ['GET', 'progress', [], ['', '?limit=1']],
  ['GET', 'delivery', [], ['', '?limit=1', '?state=asleep']],
  ['GET', 'attempt', [], ['', '?limit=1', '?nothing=1']],
  ['POST', 'redeliver', [[{ from: FROM }], [{}]], []],
  ['POST', 'rotate', [[{}], [{ overlapSeconds: 0.5 }], [{}, { 'if-match': '"99"' }]], []]
])('%s /hub/{id}/%s is answered in every way that the document describes', async (method, operation, sent, queries) => {
  const contract = watch(server)
  const add = async () => String((await contract.call('POST', 'hub', { callback: newCallback() })).body.id)
  const id = await add()
  const place = `hub/${id}/${operation}`
  await fail(id)
  const bodies = method === 'POST' ? [[TOO_LARGE], ['text', { 'content-type': 'text/plain' }], ...sent] : []
  const body = { redeliver: { from: FROM }, rotate: {} }[operation]
  for (const [each, headers] of bodies as readonly Sent[]) await contract.call(method, place, each, headers)
  for (const query of queries) await contract.call(method, place + query)
  await contract.call(method, place, body, { authorization: '' })
  await contract.call(method, place, body, { token: 'no-scope' })
  await contract.call(method, `hub/${UNKNOWN}/${operation}`, body)
  await contract.call(method, `hub/${TOO_LONG}/${operation}`, body)
  await contract.call(method === 'POST' ? 'GET' : 'POST', place, body ? undefined : {})
  if (operation === 'redeliver') {
    const ended = await add()
    await server.database.run(
      sql`UPDATE "event_listener" SET "state" = 'ended', "state_reason" = 'gone' WHERE "id" = ${ended}`
    )
    await contract.call(method, `hub/${ended}/${operation}`, body)
  }
  const verb = method === 'POST' ? 'post' : 'get'
  const described = contract.document.paths[`/hub/{id}/${operation}`]?.[verb]
  const seen = [...(contract.seen.get(String(described?.operationId)) ?? [])]
  expect([...seen, ...FAILURES].sort()).toEqual(Object.keys(described?.responses ?? {}).sort())
  expect(contract.breaches()).toEqual([])
})

/** Makes two events that could not be delivered to a listener. */
async function fail(listener: string): Promise<void> {
  for (const account of ['A', 'B']) await server.call('POST', 'customerBill', { billingAccount: { id: account } })
  await server.database.run(sql`INSERT INTO "event_delivery" ("tenant_id", "listener_id", "event_id", "position",
      "lane", "state", "dead_at")
    SELECT ${TENANT}, ${listener}, "id", "position", 'lane', 'dead', now() FROM "event" LIMIT 2`)
  await server.database.run(sql`INSERT INTO "event_attempt" ("tenant_id", "listener_id", "id", "event_id", "event_type",
      "attempted_at", "duration_ms", "fault", "answer")
    SELECT ${TENANT}, ${listener}, "id", "id", "event_type", now(), 1, 'timeout', '' FROM "event" LIMIT 2`)
}
