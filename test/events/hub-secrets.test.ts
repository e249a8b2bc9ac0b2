import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newSecretKey, parseSecretKeys, unseal } from '../../src/base/secret-keys.ts'
import { rotateSecrets, SEALED_COLUMNS } from '../../src/db/secrets.ts'
import { identifier, sql } from '../../src/db/sql.ts'
import { SECRET_KEYS, secrets } from '../support/config.ts'
import { TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const CHOSEN = `whsec_${Buffer.alloc(24, 'k').toString('base64')}`
const COLUMNS = SEALED_COLUMNS.filter(({ table }) => table === 'event_listener').map(({ column }) => column)

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

let count = 0
async function subscribe(more: object = {}, headers: Record<string, string> = {}) {
  const reply = await server.call('POST', 'hub', { callback: `https://127.0.0.1/${count++}`, ...more }, headers)
  if (reply.status !== 201) throw new Error(reply.text)
  return reply
}

/** Returns what a sealed column holds. */
async function opened(id: string, column: (typeof COLUMNS)[number], keys = secrets()): Promise<string | undefined> {
  const { rows } = await server.database.run(sql`SELECT ${identifier(column)} FROM "event_listener" WHERE "id" = ${id}`)
  const stored = rows[0]?.[0] ?? undefined
  expect(stored ?? 'v1.').toMatch(/^v1\./)
  return stored && unseal(keys, { table: 'event_listener', column, tenantId: TENANT, id }, stored)
}

/** Returns everything that a client can read of a listener, and what is recorded of it. */
async function shown(id: string): Promise<string> {
  const replies = ['hub', `hub/${id}`, `hub/${id}?fields=headers,secret`, '/admin/v1/audit?limit=1000'].map((path) =>
    server.call('GET', path)
  )
  return (await Promise.all(replies)).map(({ text }) => text).join()
}

test('a secret is shown once if the server makes it, and never if the client chooses it', async () => {
  const made = await subscribe()
  expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(await opened(made.body.id, 'secret')).toBe(made.body.secret)
  const given = await subscribe({ secret: CHOSEN })
  expect(given.text).not.toContain('whsec_')
  expect(await opened(given.body.id, 'secret')).toBe(CHOSEN)
  expect(await shown(given.body.id)).not.toContain('whsec_')
  expect((await server.call('PATCH', `hub/${given.body.id}`, { secret: CHOSEN })).status).toBe(400)
})

test('a repetition under the same key does not show the secret again', async () => {
  const callback = 'https://127.0.0.1/repeated'
  const first = await subscribe({ callback }, { 'idempotency-key': 'k1' })
  const again = await subscribe({ callback }, { 'idempotency-key': 'k1' })
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect([first.body.id, first.text.includes('whsec_')]).toEqual([again.body.id, true])
  expect(again.text).not.toContain('whsec_')
})

describe('a rotation', () => {
  const rotate = (id: string, body?: object, headers = {}) => server.call('POST', `hub/${id}/rotate`, body, headers)

  test('lets the secret of before sign for a day more, or for the overlap, or no longer', async () => {
    const { id, secret } = (await subscribe()).body
    const start = Date.parse(server.database.clock())
    const day = await rotate(id)
    expect(day.status, day.text).toBe(200)
    expect(day.body.secret).not.toBe(secret)
    expect(Date.parse(day.body.previousSecretUntil) - start).toBeCloseTo(86_400_000, -5)
    expect([await opened(id, 'secret'), await opened(id, 'previous_secret')]).toEqual([day.body.secret, secret])
    const hour = await rotate(id, { overlapSeconds: 3_600, secret: CHOSEN })
    expect(hour.text).not.toContain('whsec_')
    expect([await opened(id, 'secret'), await opened(id, 'previous_secret')]).toEqual([CHOSEN, day.body.secret])
    const none = await rotate(id, { overlapSeconds: 0 })
    expect(none.body.previousSecretUntil).toBeUndefined()
    expect(await opened(id, 'previous_secret')).toBeUndefined()
    expect(await shown(id)).not.toContain('whsec_')
  })

  test('is recorded, honours If-Match, and is refused for what is wrong or unknown', async () => {
    const { id } = (await subscribe()).body
    expect((await rotate(id, {}, { 'if-match': '"7"' })).status).toBe(412)
    expect((await rotate(id, {}, { 'if-match': '"1"' })).status).toBe(200)
    const audit = await server.call('GET', `/admin/v1/audit?resourceId=${id}`)
    expect(audit.body.map(({ action }) => action).sort()).toEqual(['create', 'rotate'])
    expect((await rotate(id, { overlapSeconds: -1 })).body.messageCode).toBe('body.invalidFields')
    expect((await rotate(id, { secret: 'x' })).body.messageCode).toBe('subscription.secret')
    expect((await rotate(id, {}, { 'idempotency-key': 'x' })).status).toBe(400)
    expect((await rotate('01K7YFXDQTKN9AMQQ57WD0R7B1')).status).toBe(404)
  })
})

describe('headers', () => {
  const headers = [
    { name: 'Authorization', value: 'Bearer abc' },
    { name: 'X-Tenant', value: 'north' }
  ]
  const names = headers.map(({ name }) => ({ name }))
  const sent = async (id: string) => JSON.parse((await opened(id, 'headers')) ?? 'null')

  test('are shown by their names only, and stored sealed', async () => {
    const { body, text } = await subscribe({ headers })
    expect(body.headers).toEqual(names)
    expect(await sent(body.id)).toEqual({ Authorization: 'Bearer abc', 'X-Tenant': 'north' })
    expect(text + (await shown(body.id))).not.toMatch(/Bearer abc|north/)
  })

  test('keep their values in a patch that leaves them out, and go if they are not in it', async () => {
    const { id } = (await subscribe({ headers })).body
    const changed = [{ name: 'x-tenant' }, { name: 'X-New', value: 'new' }]
    const patched = await server.call('PATCH', `hub/${id}`, { headers: changed })
    expect(patched.body.headers).toEqual([{ name: 'x-tenant' }, { name: 'X-New' }])
    expect(await sent(id)).toEqual({ 'x-tenant': 'north', 'X-New': 'new' })
    await server.call('PATCH', `hub/${id}`, { state: 'paused' })
    expect(await sent(id)).toEqual({ 'x-tenant': 'north', 'X-New': 'new' })
    const operations = [{ op: 'replace', path: '/headers/1', value: { name: 'X-New', value: 'newer' } }]
    const type = { 'content-type': 'application/json-patch+json' }
    expect((await server.call('PATCH', `hub/${id}`, operations, type)).status).toBe(200)
    expect(await sent(id)).toEqual({ 'x-tenant': 'north', 'X-New': 'newer' })
    const removed = await server.call('PATCH', `hub/${id}`, { headers: null })
    expect([removed.body.headers, await sent(id)]).toEqual([undefined, null])
    expect(await shown(id)).not.toMatch(/north|newer/)
  })

  test.each<[object[], string]>([
    [[{ name: 'Host', value: 'x' }], 'subscription.ownHeader'],
    [[{ name: 'content-length', value: '1' }], 'subscription.ownHeader'],
    [[{ name: 'Webhook-Id', value: '1' }], 'subscription.ownHeader'],
    [[{ name: 'Transfer-Encoding', value: 'chunked' }], 'subscription.ownHeader'],
    [[{ name: 'X Y', value: '1' }], 'subscription.headerName'],
    [[{ name: 'X-Y:', value: '1' }], 'subscription.headerName'],
    [[{ name: 'X-Y', value: 'a\r\nB: c' }], 'subscription.headerValue'],
    [[{ name: 'X-Y', value: 'a\n' }], 'subscription.headerValue'],
    [[{ name: 'X-Y', value: ' a' }], 'subscription.headerValue'],
    [[{ name: 'X-Y', value: 'ü' }], 'subscription.headerValue'],
    [[{ name: 'X-Y', value: '' }], 'subscription.headerValue'],
    [[{ name: 'X-Y' }], 'subscription.headerWithoutValue'],
    [[{ value: 'x' }], 'body.missingFields'],
    [
      [
        { name: 'X-Y', value: '1' },
        { name: 'x-y', value: '2' }
      ],
      'subscription.headerTwice'
    ],
    [Array.from({ length: 21 }, (_, at) => ({ name: `X-${at}`, value: '1' })), 'body.invalidFields'],
    [[{ name: 'X-Y', value: 'x'.repeat(2_049) }], 'body.invalidFields'],
    [[{ name: 'X'.repeat(101), value: 'x' }], 'body.invalidFields']
  ])('%j are refused: %s', async (wrong, code) => {
    const reply = await server.call('POST', 'hub', { callback: 'https://127.0.0.1/wrong', headers: wrong })
    expect([reply.status, reply.body.messageCode]).toEqual([400, code])
  })
})

test('secrets rotate seals all of a listener with the first key', async () => {
  const { id, secret } = (await subscribe({ headers: [{ name: 'X-Y', value: '1' }] })).body
  const rotated = (await server.call('POST', `hub/${id}/rotate`)).body
  const fresh = newSecretKey()
  await rotateSecrets(server.database, parseSecretKeys(`${fresh},${SECRET_KEYS}`), async () => undefined)
  const [key, values] = [parseSecretKeys(fresh), new Map<string, string | undefined>()]
  for (const column of COLUMNS) values.set(column, await opened(id, column, key))
  expect(Object.fromEntries(values)).toEqual({
    secret: rotated.secret,
    previous_secret: secret,
    headers: '{"X-Y":"1"}'
  })
})
