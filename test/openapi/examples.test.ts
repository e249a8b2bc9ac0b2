import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { readDocument } from './document.ts'

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> }
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await fillWithDemoData(server.database)
})
afterAll(() => server.close())

const paths = Object.entries(readDocument().paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>)
const bodiesOf = (path: string, method: string) =>
  Object.entries(Object.fromEntries(paths)[path]?.[method]?.requestBody?.content ?? {})
/** Operations on an own run have no example. */
const isCommand = (path: string) => /^\/billing\/v1\/.*\{id\}/.test(path)
/** Relative to the API's base, or the whole path. */
const placeOf = (path: string) => (path.startsWith('/admin/') || path.startsWith('/billing/') ? path : path.slice(1))
const created = paths.filter(([path, { post }]) => post?.requestBody && !isCommand(path)).map(([path]) => path)

/** Statuses other than 201. */
const STATUSES: Readonly<Record<string, number>> = { '/billing/v1/billRun': 202, '/billing/v1/preview': 200 }

test('every body that may be tried has an example, except lines', () => {
  const bodies = paths.flatMap(([path, operations]) =>
    Object.keys(operations).flatMap((method) =>
      bodiesOf(path, method).map(([type, { example }]) => ({ path, type, example }))
    )
  )
  const without = bodies.filter(
    ({ path, type, example }) => example === undefined && type !== 'application/x-ndjson' && !isCommand(path)
  )
  expect(without.map(({ path, type }) => `${path} ${type}`)).toEqual([])
  expect(created.length).toBeGreaterThanOrEqual(13)
})

test.each(created)('the examples of %s succeed on the demo data', async (path) => {
  const sent = bodiesOf(path, 'post').find(([type]) => type === 'application/json')?.[1].example
  const query = path === '/appliedCustomerBillingRate' ? '?atomic=false' : ''
  const { status, body } = await server.call('POST', placeOf(path) + query, sent)
  const expected = STATUSES[path] ?? 201
  expect([path, status, body.message]).toEqual([path, expected, undefined])
  for (const [type, { example }] of bodiesOf(`${path}/{id}`, 'patch')) {
    const fresh = path === '/customerBill' ? (await server.call('POST', placeOf(path), sent)).body : body
    const answer = await server.call('PATCH', `${placeOf(path)}/${fresh.id}`, example, { 'content-type': type })
    expect([path, type, answer.status, answer.body.message]).toEqual([path, type, 200, undefined])
  }
})
