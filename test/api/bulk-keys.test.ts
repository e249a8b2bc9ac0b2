import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, OTHER_TENANT, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { countRows, postLines, RATE, type Sent } from './bulk-lines.ts'

const PATH = 'appliedCustomerBillingRate'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  for (const name of ['first', 'second']) {
    const partnerId = await addPartner(server.database, TENANT, name)
    await addApiKey(server.database, { tenantId: TENANT, key: `key-${name}`, partnerId })
  }
})
afterAll(() => server.close())

const bulk = (...[sent, query, headers]: Sent) => postLines(server, sent, query, headers)
const countRates = () => countRows(server)

test('a key of the client is stored once, in one body or in several, and tells what is stored', async () => {
  const before = await countRates()
  const [one, two] = ['once', 'twice'].map((externalId) => ({ ...RATE, externalId }))
  const first = await bulk([one, two, { ...one, name: 'Other' }, RATE])
  expect(first.results.map(({ status }) => status)).toEqual(['created', 'created', 'duplicate', 'created'])
  const again = await bulk([two, one])
  expect(again.results).toEqual([
    { line: 1, id: first.results[1].id, status: 'duplicate' },
    { line: 2, id: first.results[0].id, status: 'duplicate' }
  ])
  expect(first.results[2].id).toBe(first.results[0].id)
  expect(await countRates()).toBe(before + 3)
  const stored = await server.call('GET', `${PATH}?externalId=once`)
  expect(stored.body).toMatchObject([{ id: first.results[0].id, name: 'Fibre', externalId: 'once' }])
  const single = await server.call('POST', PATH, one)
  expect([single.status, single.body.message]).toEqual([409, expect.stringContaining('externalId')])
})

test('a key of the client is stored once by two bodies at the same time, whatever their order', async () => {
  const keys = Array.from({ length: 300 }, (_, at) => ({ ...RATE, externalId: `same-${at}` }))
  const answers = await Promise.all([bulk(keys), bulk(keys.toReversed()), bulk(keys)])
  const created = answers.flatMap(({ results }) => results.filter(({ status }) => status === 'created'))
  const all = answers.flatMap(({ results }) => results)
  expect([created.length, all.length, new Set(all.map(({ id }) => id)).size]).toEqual([300, 900, 300])
})

test('a key belongs to its sender: partners and the provider meet none of the others’', async () => {
  const rate = { ...RATE, externalId: 'of-first' }
  const own = await bulk([rate, { ...RATE, externalId: 'of-first-2' }], '', { token: 'key-first' })
  const other = await bulk([rate, RATE], '', { token: 'key-second' })
  const ours = await bulk([rate])
  expect([own, other, ours].map(({ results }) => results[0].status)).toEqual(['created', 'created', 'created'])
  for (const [token, { results }] of Object.entries({ 'key-first': own, 'key-second': other, 'demo-api-key': ours })) {
    const again = await bulk([rate], '', { token })
    expect(again.results).toEqual([{ line: 1, id: results[0].id, status: 'duplicate' }])
    expect((await server.call('POST', PATH, rate, { token })).status).toBe(409)
  }
  const seen = async (token: string) => (await server.call('GET', PATH, undefined, { token })).body.length
  expect([await seen('key-first'), await seen('key-second')]).toEqual([2, 2])
})

test('a key of the client is of its tenant alone', async () => {
  const rate = { ...RATE, externalId: 'of-tenant' }
  const [here, there] = [await bulk([rate]), await bulk([rate], '', { token: 'other-key' })]
  expect([here.results[0].status, there.results[0].status]).toEqual(['created', 'created'])
  const { rows } = await server.database.run(
    sql`SELECT "tenant_id" FROM "applied_customer_billing_rate" WHERE "id" = ${there.results[0].id}`
  )
  expect(rows).toEqual([[OTHER_TENANT]])
})
