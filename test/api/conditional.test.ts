import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { KEYS, OTHER_TENANT } from '../support/database.ts'
import { PATHS, post, SAMPLES } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

describe('entity tags', () => {
  test.each([
    ['"1"', 304],
    ['W/"1"', 304],
    ['"7", "1"', 304],
    ['*', 304],
    ['"2"', 200],
    ['1', 400]
  ])('If-None-Match: %s on version 1 is %i', async (tag, status) => {
    const { id } = await post(server, 'billCycle')
    const reply = await server.call('GET', `billCycle/${id}`, undefined, { 'if-none-match': tag })
    expect(reply.status).toBe(status)
    if (status === 304) expect(reply).toMatchObject({ text: '', headers: { etag: '"1"' } })
  })

  test.each([
    ['"1"', 200],
    ['"0", "1"', 200],
    ['*', 200],
    ['"2"', 412],
    ['W/"1"', 412],
    ['""', 412],
    ['1', 400]
  ])('If-Match: %s on version 1 is %i', async (tag, status) => {
    const { id } = await post(server, 'billCycle')
    const headers = { 'if-match': tag }
    expect((await server.call('PATCH', `billCycle/${id}`, { name: 'x' }, headers)).status).toBe(status)
    const other = await post(server, 'billCycle')
    const removed = await server.call('DELETE', `billCycle/${other.id}`, undefined, headers)
    expect(removed.status).toBe(status === 200 ? 204 : status)
    expect((await server.call('GET', `billCycle/${other.id}`)).status).toBe(status === 200 ? 404 : 200)
  })

  test('a tag that a proxy has made weak is refused with the reason, or taken where that is set', async () => {
    const { id } = await post(server, 'billCycle')
    const headers = { 'if-match': 'W/"1"' }
    const { status, body } = await server.call('PATCH', `billCycle/${id}`, { name: 'x' }, headers)
    expect([status, body.message]).toEqual([412, expect.stringContaining('has made the ETag weak. Send "1"')])
    const behindProxy = await startTestServer({ IF_MATCH_WEAK: 'true' }, server)
    expect((await behindProxy.call('PATCH', `billCycle/${id}`, { name: 'x' }, headers)).status).toBe(200)
    expect((await behindProxy.call('PATCH', `billCycle/${id}`, { name: 'y' }, headers)).status).toBe(412)
    await behindProxy.close()
  })

  test('of two writers with the same tag one succeeds', async () => {
    const { id } = await post(server, 'billCycle')
    const writes = Array.from({ length: 8 }, (_, at) =>
      server.call('PATCH', `billCycle/${id}`, { name: `writer ${at}` }, { 'if-match': '"1"' })
    )
    const statuses = (await Promise.all(writes)).map(({ status }) => status).sort()
    expect(statuses).toEqual([200, 412, 412, 412, 412, 412, 412, 412])
  })
})

describe.each(PATHS)('Idempotency-Key on %s', (path) => {
  const { body } = SAMPLES[path] as (typeof SAMPLES)[string]
  const count = async () => Number((await server.call('GET', `${path}?limit=0`)).headers['x-total-count'])

  test('gives a repetition the first answer and creates nothing', async () => {
    const headers = { 'idempotency-key': `first-${path}` }
    const first = await server.call('POST', path, body, headers)
    const before = await count()
    const again = await server.call('POST', path, body, headers)
    expect(again).toMatchObject({ status: 201, text: first.text })
    expect(again.headers).toMatchObject({
      etag: first.headers.etag,
      location: first.headers.location,
      'idempotency-replayed': 'true'
    })
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    expect(await count()).toBe(before)
  })

  test('refuses another body under the same key', async () => {
    const headers = { 'idempotency-key': `other-${path}` }
    await server.call('POST', path, body, headers)
    const refused = await server.call('POST', path, { ...body, description: 'x', name: 'y' }, headers)
    expect(refused).toMatchObject({ status: 422, body: { code: '2' } })
  })

  test('of many at once one creates; the others get its answer or a 409', async () => {
    const before = await count()
    const headers = { 'idempotency-key': `many-${path}` }
    const replies = await Promise.all(Array.from({ length: 12 }, () => server.call('POST', path, body, headers)))
    const created = new Set(replies.filter(({ status }) => status === 201).map(({ text }) => text))
    expect(created.size).toBe(1)
    expect(replies.every(({ status }) => status === 201 || status === 409)).toBe(true)
    expect(await count()).toBe(before + 1)
  })
})

test('a key counts for its tenant and for 24 hours, and a refused request does not use it up', async () => {
  const headers = { 'idempotency-key': 'k' }
  expect((await server.call('POST', 'billCycleSpecification', {}, headers)).status).toBe(400)
  const first = await server.call('POST', 'billCycleSpecification', { name: 'x' }, headers)
  expect(first.status).toBe(201)
  const other = await startTestServer({}, server, { token: KEYS[OTHER_TENANT] })
  const theirs = await other.call('POST', 'billCycleSpecification', { name: 'x' }, headers)
  expect(theirs.status).toBe(201)
  expect(theirs.body.id).not.toBe(first.body.id)
  await other.close()
  await server.database.run(sql`UPDATE "idempotency_key" SET "created_at" = now() - interval '25 hours'`)
  const later = await server.call('POST', 'billCycleSpecification', { name: 'y' }, headers)
  expect(later.status).toBe(201)
  const left = await server.database.run(sql`SELECT count(*) FROM "idempotency_key" WHERE "tenant_id" = 'demo'`)
  expect(Number(left.rows[0]?.[0])).toBeLessThan(25)
})

test.each(['', ' ', 'x'.repeat(256), 'ä'])('the key %j is refused', async (key) => {
  const refused = await server.call('POST', 'billCycle', {}, { 'idempotency-key': key })
  expect(refused).toMatchObject({ status: 400, body: { code: '26' } })
})

describe('PATCH media types', () => {
  const MERGE = 'application/merge-patch+json'
  const PATCH = 'application/json-patch+json'

  test.each([
    [MERGE, { name: 'x', validFor: null }, 200],
    ['application/json', { name: 'x', validFor: null }, 200],
    ['Application/JSON; charset=UTF-8', { name: 'x', validFor: null }, 200],
    [
      PATCH,
      [
        { op: 'replace', path: '/name', value: 'x' },
        { op: 'remove', path: '/validFor' }
      ],
      200
    ],
    [
      PATCH,
      [
        { op: 'test', path: '/description', value: 'd' },
        { op: 'move', from: '/validFor', path: '/name' }
      ],
      400
    ],
    [PATCH, [{ op: 'test', path: '/name', value: 'other' }], 409],
    [PATCH, [{ op: 'replace', path: '/id', value: 'x' }], 400],
    [PATCH, [{ op: 'replace', path: '/nothing', value: 'x' }], 400],
    [PATCH, [{ op: 'remove', path: '/billingDate' }], 400],
    [PATCH, [{ op: 'replace', path: '', value: {} }], 400],
    [PATCH, [{ op: 'add', path: '/validFor/__proto__/x', value: 1 }], 400],
    [PATCH, [{ op: 'copy', from: '/name', path: '/id' }], 400],
    [PATCH, [{ op: 'nonsense', path: '/name' }], 400],
    [PATCH, [{ op: 'add', path: 'name', value: 'x' }], 400],
    [PATCH, { name: 'x' }, 400],
    [MERGE, [], 400],
    [MERGE, 'x', 400],
    ['text/plain', { name: 'x' }, 415],
    ['application/xml', { name: 'x' }, 415],
    ['application/json; charset=latin1', { name: 'x' }, 415]
  ])('%s %j is %i', async (type, patch, status) => {
    const validFor = { startDateTime: '2026-01-01T00:00:00.000Z' }
    const { id } = await post(server, 'billCycle', { description: 'd', validFor })
    const reply = await server.call('PATCH', `billCycle/${id}`, patch, { 'content-type': type })
    expect(reply.status, reply.text).toBe(status)
    const found = (await server.call('GET', `billCycle/${id}`)).body
    if (status === 200) expect(found).toMatchObject({ name: 'x', description: 'd' })
    else expect(found).toMatchObject({ name: 'March', validFor })
    if (status === 200) expect(found.validFor).toBeUndefined()
    if (status === 415) expect(reply.headers['accept-patch']).toBe(`${MERGE}, application/json, ${PATCH}`)
  })

  test('a merge patch goes into objects and replaces lists', async () => {
    const rate = await post(server, 'appliedCustomerBillingRate', {
      periodCoverage: { startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2026-02-01T00:00:00Z' },
      characteristic: [
        { name: 'a', value: 1 },
        { name: 'b', value: 2 }
      ],
      '@type': 'OwnRate',
      own: { kept: 1, gone: 2 }
    })
    const patch = {
      periodCoverage: { endDateTime: null },
      characteristic: [{ name: 'c', value: true }],
      own: { gone: null },
      further: 'x'
    }
    expect((await server.call('PATCH', `appliedCustomerBillingRate/${rate.id}`, patch)).body).toMatchObject({
      periodCoverage: { startDateTime: '2026-01-01T00:00:00.000Z' },
      characteristic: [{ name: 'c', value: true }],
      own: { kept: 1 },
      further: 'x'
    })
  })
})
