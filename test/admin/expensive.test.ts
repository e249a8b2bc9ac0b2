import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { plainLogoUri } from '../documents/logo.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let holder: pg.Client
beforeAll(async () => {
  // A short wait for slots.
  server = await startTestServer({ QUEUE_TIMEOUT_MS: '200' })
  holder = new pg.Client(server.url)
  await holder.connect()
})
afterAll(async () => {
  await holder.end()
  await server.close()
})

async function waitingForLocks(): Promise<unknown> {
  const { rows } = await server.database.run(sql`SELECT count(*) FROM "pg_stat_activity"
    WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`)
  return rows[0]?.[0]
}

test('password hashes and logos take the slot of expensive work, and nothing else waits for it', async () => {
  const user = await server.call('POST', '/admin/v1/user', { username: 'first', scope: ['bill:read'] })
  expect(user.status).toBe(201)
  const logo = { branding: { logo: plainLogoUri(1, 1_000) } }
  await holder.query('BEGIN')
  await holder.query(`SELECT FROM "tenant" WHERE "id" = 'demo' FOR UPDATE`)
  const held = server.call('PATCH', '/admin/v1/tenant/demo', logo)
  await expect.poll(waitingForLocks).toBe('1')
  for (const send of [
    () => server.call('POST', '/admin/v1/user', { username: 'second', scope: ['bill:read'] }),
    () => server.call('POST', `/admin/v1/user/${user.body.id}/password`, {}),
    () => server.call('PATCH', '/admin/v1/tenant/demo', logo)
  ]) {
    const { status, headers } = await send()
    expect([status, Number(headers['retry-after'])]).toEqual([503, expect.any(Number)])
  }
  expect((await server.call('GET', 'customerBill')).status).toBe(200)
  expect((await server.call('GET', '/admin/v1/user')).status).toBe(200)
  await holder.query('COMMIT')
  expect((await held).status).toBe(200)
})
