import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { PATHS, post, SAMPLES } from '../support/samples.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('bodies', () => {
  test.each([
    ['nothing', '', 400, '21', 'needs a JSON body'],
    ['half an object', '{"a":', 400, '22', 'must be JSON'],
    ['something after the object', '{} {}', 400, '22', 'must be JSON'],
    ['a list', '[{}]', 400, '22', 'must be a JSON object'],
    ['a text', '"x"', 400, '22', 'must be a JSON object'],
    ['null', 'null', 400, '22', 'must be a JSON object'],
    ['10,000 levels', nested(10_000), 400, '22', 'nested 64 levels deep at most'],
    ['65 levels inside', `{"billingAccount":${nested(65)}}`, 400, '22', 'nested 64 levels deep at most'],
    ['NUL in a text', '{"billingAccount":{"id":"a\\u0000b"}}', 400, '24', '$.billingAccount.id must not contain NUL'],
    ['half a surrogate pair', '{"billingAccount":{"id":"\\ud800"}}', 400, '24', '$.billingAccount.id'],
    [
      'half a pair in a name',
      '{"@type":"Own","\\ud800":1,"billingAccount":{"id":"a"}}',
      400,
      '24',
      '$ must not contain NUL'
    ],
    [
      'NUL deep in an own attribute',
      '{"@type":"Own","x":[{"y":"\\u0000"}],"billingAccount":{"id":"a"}}',
      400,
      '24',
      '$.x[0].y must not contain NUL'
    ],
    ['__proto__', '{"__proto__":{"x":1}}', 400, '24', '$ must not have a member __proto__'],
    [
      'a huge number',
      '{"billingAccount":{"id":"a"},"amountDue":{"unit":"EUR","value":1e999}}',
      400,
      '24',
      '$.amountDue.value'
    ],
    [
      'a text that is too long',
      `{"category":"${'x'.repeat(5000)}"}`,
      400,
      '24',
      '$.category must be at most 4096 characters'
    ],
    ['an indexed text of 257', `{"billNo":"${'x'.repeat(257)}"}`, 400, '24', '$.billNo must be at most 256 characters'],
    [
      'a link that runs',
      '{"billDocument":[{"id":"d","url":"javascript:alert(1)"}]}',
      400,
      '24',
      '[0].url must be an http, https or urn address'
    ],
    ['a link that hides it', '{"billDocument":[{"id":"d","url":"java\\nscript:x"}]}', 400, '24', '[0].url must be an'],
    [
      'an href that runs',
      '{"billingAccount":{"id":"a","href":"data:text/html,x"}}',
      400,
      '24',
      '.href must be an http'
    ],
    [
      'a document in no base64',
      '{"billDocument":[{"id":"d","content":"a b"}]}',
      400,
      '24',
      '[0].content must be base64'
    ],
    [
      'a person without a role',
      '{"billingAccount":{"id":"a"},"relatedParty":[{"id":"p","@referredType":"Individual"}]}',
      400,
      '24',
      '$.relatedParty[0].role is required where @referredType is Individual'
    ],
    ['a number as a text', '{"billNo":5}', 400, '24', '$.billNo must be of type string'],
    ['a blank mandatory text', '{"billingAccount":{"id":"  "}}', 400, '24', '$.billingAccount.id must not be blank'],
    ['more than a megabyte', `{"billNo":"${'x'.repeat(2_000_000)}"}`, 413, '413', 'too large']
  ])('%s', async (_, body, status, code, message) => {
    const reply = await server.call('POST', 'customerBill', body)
    expect(reply).toMatchObject({ status, body: { code, status: String(status), '@type': 'Error' } })
    expect(reply.body.message).toContain(message)
  })

  test('all findings come together, each with its path', async () => {
    const { body } = await server.call('POST', 'customerBill', {
      billDate: '2026-01-01',
      state: 'paid',
      nope: 1,
      relatedParty: [{ id: 'x', '@referredType': 'Individual' }, { role: 'payer' }],
      taxItem: [{ taxAmount: { unit: 'eur', extra: 1 } }]
    })
    for (const part of [
      '$.billDate must be a date-time with an offset',
      '$.state must be one of new, validated',
      '$ has nope, which CustomerBill does not',
      '$.relatedParty[1].id is required',
      "$.relatedParty[1]['@referredType'] is required",
      '$.taxItem[0].taxAmount.unit must match',
      '$.taxItem[0].taxAmount.value is required',
      '$.taxItem[0].taxAmount has extra'
    ]) {
      expect(body.message).toContain(part)
    }
  })

  test('a compressed body is 415, and a byte order mark is no harm', async () => {
    const body = { billingAccount: { id: 'a' } }
    const compressed = await server.call('POST', 'customerBill', body, { 'content-encoding': 'gzip' })
    expect(compressed.status).toBe(415)
    expect((await server.call('POST', 'customerBill', `\uFEFF${JSON.stringify(body)}`)).status).toBe(201)
  })

  test('bytes that are not UTF-8 are refused', async () => {
    const payload = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    const headers = { 'content-type': 'application/json', token: KEYS[TENANT] }
    const reply = await server.app.inject({ method: 'POST', url: `${BASE}/customerBill`, headers, payload })
    expect(reply.json()).toMatchObject({ code: '22', message: 'The body must be valid UTF-8' })
  })

  test.each([
    'text/plain',
    'application/xml',
    'nonsense',
    'application/json; charset=latin1',
    'application/json-patch+json'
  ])('POST of %s is 415', async (type) => {
    const reply = await server.call('POST', 'customerBill', '{}', { 'content-type': type })
    expect(reply).toMatchObject({ status: 415, headers: { 'accept-post': 'application/json' } })
  })
})

test('a JSON Patch into a text is refused', async () => {
  const { id } = await post(server, 'billCycleSpecification', { name: 'x' })
  const type = { 'content-type': 'application/json-patch+json' }
  for (const op of ['replace', 'add', 'remove', 'test']) {
    const patch = [{ op, path: '/name/x/y', value: 1 }]
    const reply = await server.call('PATCH', `billCycleSpecification/${id}`, patch, type)
    expect(reply.status, op).toBe(op === 'test' ? 409 : 400)
  }
})

test.each(['/docs/static/%2e%2e%2fpackage.json', '/docs/static/%00'])('%s is not found', async (path) => {
  expect((await server.call('GET', path)).status).toBe(404)
})

test.each(['/nope', `${BASE}`, `${BASE}/nope`, `${BASE}/customerBill/a/b`, '/customerbillmanagement/v4/customerBill'])(
  'the unknown path %s is 404',
  async (path) => {
    expect(await server.call('GET', path)).toMatchObject({
      status: 404,
      body: { code: '60', reason: 'Resource not found' }
    })
  }
)

test.each([
  ['PUT', 'customerBill', 'GET, HEAD, POST'],
  ['DELETE', 'customerBill', 'GET, HEAD, POST'],
  ['PATCH', 'customerBill/', 'GET, HEAD, POST'],
  ['POST', 'customerBill/x', 'GET, HEAD, PATCH, DELETE'],
  ['OPTIONS', 'billCycle', 'GET, HEAD, POST'],
  ['POST', '/health/live', 'GET, HEAD']
] as const)('%s %s is 405 with Allow', async (method, path, allow) => {
  const reply = await server.call(method, path, 'x', { 'content-type': 'text/plain' })
  expect(reply).toMatchObject({ status: 405, body: { code: '61' }, headers: { allow } })
  expect(reply.body.message).toBe(`This path takes ${allow}`)
})

test('the request id is the one the client sent, if harmless, and stands in header and body', async () => {
  const own = await server.call('GET', 'nope', undefined, { 'x-request-id': 'trace-1.a' })
  expect(own).toMatchObject({ headers: { 'x-request-id': 'trace-1.a' }, body: { requestId: 'trace-1.a' } })
  const harmful = await server.call('GET', 'nope', undefined, { 'x-request-id': '"><script>' })
  expect(harmful.headers['x-request-id']).toMatch(/^[0-9A-Z]{26}$/)
  expect(harmful.body.requestId).toBe(harmful.headers['x-request-id'])
})

test('a bug is a 500 that tells nothing but the request id', async () => {
  const broken = { ...server.database, run: () => Promise.reject(new Error('secret detail')) }
  const failing = await startTestServer({}, { ...server, database: broken })
  const reply = await failing.call('GET', 'customerBill')
  expect(reply).toMatchObject({
    status: 500,
    body: { code: '1', message: 'The server failed; the request id names the case' }
  })
  expect(reply.text).not.toContain('secret')
  await failing.close()
})

test('a refused change leaves nothing behind', async () => {
  const before = await counts()
  for (const path of PATHS) {
    const { id } = await post(server, path)
    await server.call('POST', path, { ...SAMPLES[path]?.body, nope: 1 })
    await server.call('PATCH', `${path}/${id}`, { ...SAMPLES[path]?.patch, nope: 1 })
    expect((await server.call('GET', `${path}/${id}`)).headers.etag).toBe('"1"')
    await server.call('DELETE', `${path}/${id}`)
  }
  expect(await counts()).toEqual(before)
})

async function counts(): Promise<unknown> {
  const rows = sql`SELECT (SELECT count(*) FROM "customer_bill"),
    (SELECT count(*) FROM "applied_customer_billing_rate"),
    (SELECT count(*) FROM "idempotency_key")`
  return (await server.database.run(rows)).rows
}
