import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const CALLBACK = 'https://listener.example.com/events'
const CREATED = 'eventType=CustomerBillCreateEvent'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** A callback that no other test uses. */
let count = 0
const fresh = () => `${CALLBACK}/${count++}`

async function subscribe(more: object = {}) {
  const reply = await server.call('POST', 'hub', { callback: fresh(), ...more })
  if (reply.status !== 201) throw new Error(reply.text)
  return reply
}

test.each(['/customerBillManagement/v4', '/tmf-api/customerBillManagement/v4'])(
  'subscribes and unsubscribes below %s',
  async (base) => {
    const callback = fresh()
    const { status, headers, body } = await server.call('POST', `${base}/hub`, { callback, query: CREATED })
    expect([status, body]).toMatchObject([201, { callback, query: CREATED, state: 'active', hasListenerSuffix: false }])
    expect(headers.location).toMatch(new RegExp(`^http://.+${base}/hub/${body.id}$`))
    expect((await server.call('GET', `${base}/hub/${body.id}`)).body).toMatchObject({ id: body.id, callback })
    expect((await server.call('GET', `${base}/hub?callback=${callback}`)).body).toHaveLength(1)
    expect((await server.call('DELETE', `${base}/hub/${body.id}`)).status).toBe(204)
    expect((await server.call('DELETE', `${base}/hub/${body.id}`)).status).toBe(404)
  }
)

test('the same callback with the same query is subscribed once', async () => {
  const { body } = await subscribe({ query: CREATED })
  const again = await server.call('POST', 'hub', { callback: body.callback, query: CREATED })
  expect([again.status, again.body.messageCode]).toEqual([409, 'resource.exists'])
  const other = await server.call('POST', 'hub', { callback: body.callback })
  expect(other.status).toBe(201)
  expect((await server.call('PATCH', `hub/${other.body.id}`, { query: CREATED })).status).toBe(409)
})

test('a secret is shown once if the server makes it, and never if the client chooses it', async () => {
  const made = await subscribe()
  expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const chosen = `whsec_${Buffer.alloc(24, 'k').toString('base64')}`
  const given = await subscribe({ secret: chosen })
  expect(given.text).not.toContain('whsec_')
  for (const { body } of [made, given]) {
    expect((await server.call('GET', `hub/${body.id}`)).text).not.toContain('whsec_')
    const { rows } = await server.database.run(sql`SELECT "secret" FROM "event_listener" WHERE "id" = ${body.id}`)
    expect(String(rows[0])).toMatch(/^v1\./)
  }
})
