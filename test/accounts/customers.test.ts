import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { postCustomer } from './accounts.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

test('a customer comes back as it was posted, under the id of the client', async () => {
  const posted = {
    id: 'C/4711',
    name: 'Radhaus Falkensee',
    primaryEmail: 'office@radhaus.example',
    phoneNumber: '+49 3322 1234',
    address: { line1: 'Bahnhofstraße 1', line2: '2. Hof', postalCode: '14612', city: 'Falkensee', country: 'DE' }
  }
  const { status, body, headers } = await server.call('POST', 'customers', posted)
  expect(status).toBe(201)
  expect(body).toEqual({
    ...posted,
    href: headers.location,
    internalId: expect.any(String),
    lastUpdate: expect.any(String)
  })
  expect(headers.location).toMatch(/\/customers\/C%2F4711$/)
  expect((await server.call('GET', 'customers/C%2F4711')).body).toEqual(body)
  expect((await server.call('GET', 'customers?phoneNumber.regex=1234&fields=name')).body).toMatchObject([
    { id: 'C/4711' }
  ])
})

test('a customer without an id gets one, and the same request under the same key gets the same customer', async () => {
  const send = () => server.call('POST', 'customers', { name: 'Ada' }, { 'idempotency-key': 'ada' })
  const [first, again] = [await send(), await send()]
  expect(first.body.id).toMatch(/^[0-9A-Z]{26}$/)
  expect([again.headers['idempotency-replayed'], again.text]).toEqual(['true', first.text])
})

test('an id is that of one customer', async () => {
  await postCustomer(server, { id: 'C-1' })
  const { status, body } = await server.call('POST', 'customers', { id: 'C-1', name: 'Another' })
  expect([status, body.message]).toEqual([409, 'There is a customer with this id already'])
})

test.each<[object, string]>([
  [{}, '$.name is required'],
  [{ name: ' ' }, '$.name must not be blank'],
  [{ name: 'Ada', id: '' }, '$.id must match'],
  [{ name: 'Ada', href: 'http://elsewhere.example' }, '$.href is given by the server; leave it out'],
  [{ name: 'Ada', primaryEmail: 'a@b@c' }, '$.primaryEmail must match'],
  [{ name: 'Ada', address: { country: 'ZZ' } }, '$.address.country must be a country of ISO 3166-1']
])('%j is refused: %s', async (body, message) => {
  const answer = await server.call('POST', 'customers', body)
  expect(answer.status).toBe(400)
  expect(answer.body.message).toContain(message)
})

test('customers are read and created; nothing else can be done with them', async () => {
  const { id } = await postCustomer(server)
  for (const method of ['PATCH', 'DELETE'] as const) {
    const { status, headers } = await server.call(method, `customers/${id}`, {})
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  }
})
