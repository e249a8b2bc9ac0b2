import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instantFromPostgres } from '../../src/base/instant.ts'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
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

test('takes a scheme in capital letters', async () => {
  const callback = fresh().replace('https:', 'HTTPS:')
  expect((await subscribe({ callback })).body).toMatchObject({ callback })
})

test('callback and query are the same if they mean the same', async () => {
  const types = ['CustomerBillCreateEvent', 'CustomerBillStateChangeEvent']
  const { body } = await subscribe({ query: `eventType=${types.join()}` })
  const query = ` eventType = ${types.toReversed().join(' , ')} `
  expect((await server.call('POST', 'hub', { callback: body.callback, query })).status).toBe(409)
})

test.each<[object, string]>([
  [{ callback: 'ftp://listener.example.com' }, 'callback.notAnAddress'],
  [{ callback: 'https://ada:secret@listener.example.com' }, 'callback.user'],
  [{ callback: 'http://10.0.0.1/' }, 'callback.notPublic'],
  [{ callback: 'http://169.254.169.254/latest' }, 'callback.notPublic'],
  [{ callback: undefined }, 'body.missingFields'],
  [{ query: 'eventType=BillCreateEvent' }, 'query.wrongValue'],
  [{ query: 'limit=1' }, 'subscription.ofLists'],
  [{ state: 'suspended' }, 'subscription.postedState'],
  [{ from: '2999-01-01T00:00:00Z' }, 'subscription.future'],
  [{ secret: 'geheim' }, 'subscription.secret'],
  [{ secret: `whsec_${Buffer.alloc(23).toString('base64')}` }, 'subscription.secret'],
  [{ secret: `whsec_${Buffer.alloc(65).toString('base64')}` }, 'subscription.secret'],
  [{ secret: 5 }, 'subscription.secret'],
  [{ color: 'red' }, 'body.invalidFields']
])('POST with %j is refused: %s', async (more, code) => {
  const { status, body } = await server.call('POST', 'hub', { callback: fresh(), ...more })
  expect([status, body.messageCode]).toEqual([400, code])
})

test('PATCH changes the query, and refuses one that never matches, and another callback', async () => {
  const { body } = await subscribe()
  const patched = await server.call('PATCH', `hub/${body.id}`, { query: CREATED })
  expect([patched.status, patched.body]).toMatchObject([200, { query: CREATED }])
  const wrong = await server.call('PATCH', `hub/${body.id}`, { query: 'eventType=None' })
  expect([wrong.status, wrong.body.message]).toEqual([
    400,
    expect.stringContaining('$.query: eventType must be one of')
  ])
  const moved = await server.call('PATCH', `hub/${body.id}`, { callback: fresh() })
  expect([moved.status, moved.body.messageCode]).toEqual([400, 'body.notPatchable'])
})

describe('the state', () => {
  test('is active or paused as its owner wants', async () => {
    const { body } = await subscribe({ state: 'paused' })
    expect(body.state).toBe('paused')
    for (const state of ['active', 'paused']) {
      expect((await server.call('PATCH', `hub/${body.id}`, { state })).body).toMatchObject({ state })
    }
    expect((await server.call('PATCH', `hub/${body.id}`, { state: 'ended' })).status).toBe(409)
  })

  test.each([
    [{}, { paused: true }, 'paused'],
    [{ paused: true }, { paused: false }, 'active'],
    [{ paused: true }, { state: 'active' }, 'active'],
    [{ state: 'paused' }, { paused: true }, 'paused'],
    [{}, { paused: false }, 'active']
  ])('posted as %o and patched by %o is %s, as both members say', async (posted, change, state) => {
    const { body } = await subscribe({
      query: `event.customerBill.billNo=${Object.keys(posted)}${JSON.stringify(change)}`,
      ...posted
    })
    const patched = await server.call('PATCH', `hub/${body.id}`, change)
    expect(patched.body).toMatchObject({ state, paused: state === 'paused' })
  })

  test.each(['suspended', 'ended'])('%s is shown with its reason, and its owner resumes it', async (state) => {
    const { id } = (await subscribe()).body
    await server.database.run(
      sql`UPDATE "event_listener" SET "state" = ${state}, "state_reason" = 'gone' WHERE "id" = ${id}`
    )
    const failing = sql`"failures" = 7, "failing_since" = now(), "retry_at" = now()`
    await server.database.run(sql`UPDATE "event_progress" SET ${failing} WHERE "listener_id" = ${id}`)
    expect((await server.call('GET', `hub/${id}`)).body).toMatchObject({ state, stateReason: 'gone' })
    const resumed = await server.call('PATCH', `hub/${id}`, { state: 'active' })
    expect(resumed.body.state).toBe('active')
    expect(resumed.body.stateReason).toBeUndefined()
    const { rows } = await server.database.run(sql`SELECT "failures", "failing_since", "retry_at" FROM "event_progress"
      WHERE "listener_id" = ${id}`)
    expect(rows).toEqual([['0', null, null]])
  })
})

describe('the start', () => {
  const positionOf = async (id: string) => {
    const { rows } = await server.database.run(sql`SELECT "position" FROM "event_progress" WHERE "listener_id" = ${id}`)
    return Number(rows[0]?.[0])
  }
  const lastEvent = async () => {
    const { rows } = await server.database.run(
      sql`SELECT "position", "event_time" FROM "event" ORDER BY "position" DESC LIMIT 1`
    )
    return { position: Number(rows[0]?.[0]), time: instantFromPostgres(String(rows[0]?.[1])) }
  }
  const bill = () => server.call('POST', 'customerBill', { billingAccount: { id: 'A1' } })

  test('is behind all events that there are', async () => {
    await bill()
    const { body } = await subscribe()
    expect(await positionOf(body.id)).toBe((await lastEvent()).position)
    await bill()
    expect(await positionOf(body.id)).toBeLessThan((await lastEvent()).position)
  })

  test('is before the first event from an instant on', async () => {
    await bill()
    const { position, time } = await lastEvent()
    await bill()
    expect(await positionOf((await subscribe({ from: time })).body.id)).toBeLessThan(position)
    const now = (await server.call('POST', 'hub', { callback: fresh(), from: server.database.clock() })).body
    expect(await positionOf(now.id)).toBe((await lastEvent()).position)
  })

  test('may lie before all that is kept only if nothing can have been removed', async () => {
    const old = '2020-01-01T00:00:00Z'
    expect((await subscribe({ from: old })).body.from).toBe('2020-01-01T00:00:00.000Z')
    await server.database.run(sql`UPDATE "tenant" SET "created_at" = '2019-01-01T00:00:00Z'`)
    const refused = await server.call('POST', 'hub', { callback: fresh(), from: old })
    expect([refused.status, refused.body.messageCode]).toEqual([400, 'subscription.tooOld'])
    await server.database.run(sql`INSERT INTO "event" ("tenant_id", "id", "event_type", "event_time", "resource_path",
        "resource_id", "resource_version", "document", "position") OVERRIDING SYSTEM VALUE
      VALUES (${TENANT}, 'old', 'CustomerBillCreateEvent', '2019-12-31T00:00:00Z', 'customerBill', 'x', 1, '{}', 0)`)
    expect((await subscribe({ from: old })).status).toBe(201)
    await server.database.run(sql`UPDATE "tenant" SET "created_at" = now()`)
  })
})

test('a partner and the provider subscribe the same callback, each for itself', async () => {
  const partnerId = await addPartner(server.database, TENANT, 'P-1')
  await addApiKey(server.database, { tenantId: TENANT, key: 'key-of-P-1', partnerId })
  const callback = fresh()
  const asPartner = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    server.call(method, path, body, { authorization: 'ApiKey key-of-P-1' })
  const own = await server.call('POST', 'hub', { callback })
  const partners = await asPartner('POST', 'hub', { callback })
  expect([own.status, partners.status]).toEqual([201, 201])
  expect((await asPartner('POST', 'hub', { callback })).status).toBe(409)
  expect((await asPartner('GET', 'hub')).body.map(({ id }) => id)).toEqual([partners.body.id])
  expect((await asPartner('DELETE', `hub/${own.body.id}`)).status).toBe(404)
})

test('a tenant has a thousand listeners at most, also when two are the last at a time', async () => {
  await server.call('POST', 'hub', { callback: fresh() })
  const before = (await server.call('GET', 'hub?limit=1')).headers['x-total-count']
  await server.database.run(sql`INSERT INTO "event_listener" SELECT (jsonb_populate_record(l,
      jsonb_build_object('id', concat('x', n), 'subscription_hash', n))).*
    FROM "event_listener" l CROSS JOIN generate_series(1, 999 - ${Number(before)}::int) n
    WHERE l."id" = (SELECT min("id") FROM "event_listener" WHERE "tenant_id" = ${TENANT})`)
  const last = await Promise.all([1, 2, 3].map(() => server.call('POST', 'hub', { callback: fresh() })))
  expect(last.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  expect(last.find(({ status }) => status === 409)?.body.messageCode).toBe('subscription.tooMany')
  await server.database.run(sql`DELETE FROM "event_listener" WHERE "id" LIKE 'x%'`)
})

test('a partner has a hundred of them at most, and others still subscribe', async () => {
  const partnerId = await addPartner(server.database, TENANT, 'P-2')
  await addApiKey(server.database, { tenantId: TENANT, key: 'key-of-P-2', partnerId })
  const asPartner = () => server.call('POST', 'hub', { callback: fresh() }, { authorization: 'ApiKey key-of-P-2' })
  const first = await asPartner()
  await server.database.run(sql`INSERT INTO "event_listener" SELECT (jsonb_populate_record(l,
      jsonb_build_object('id', concat('x', n), 'subscription_hash', n))).*
    FROM "event_listener" l CROSS JOIN generate_series(1, 98) n WHERE l."id" = ${first.body.id}`)
  const answers = [await asPartner(), await asPartner(), await server.call('POST', 'hub', { callback: fresh() })]
  expect(answers.map(({ status }) => status)).toEqual([201, 409, 201])
  expect(answers[1]?.body.messageCode).toBe('subscription.tooManyOfPartner')
  await server.database.run(sql`DELETE FROM "event_listener" WHERE "id" LIKE 'x%'`)
})
