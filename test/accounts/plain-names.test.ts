import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const RATE = { billingAccount: { id: 'A' }, taxExcludedAmount: { unit: 'EUR', value: 1 } }

let server: TestServer
let customerId: string
beforeAll(async () => {
  server = await startTestServer()
  customerId = (await server.call('POST', 'customers', { name: 'Ada' })).body.id
})
afterAll(() => server.close())

test.each<[string, string, (name: string) => object]>([
  ['customers', '$.id', (id) => ({ id, name: 'Ada' })],
  ['accounts', '$.id', (id) => ({ id, name: 'Account', customerId })],
  ['accounts', '$.aliases[0]', (alias) => ({ id: newId(), name: 'Account', customerId, aliases: [alias] })],
  ['appliedCustomerBillingRate', '$.externalId', (externalId) => ({ ...RATE, externalId })],
  [
    '/admin/v1/user',
    '$.username',
    (username) => ({ username, password: 'long enough to be good', scope: ['bill:read'] })
  ]
])('of %s a name %s that looks like another is refused', async (path, member, body) => {
  const name = `zoë-${newId()}`
  const first = await server.call('POST', path, body(name))
  expect(first.status, first.text).toBe(201)
  for (const twin of [name.normalize('NFD'), `${name}\u034f`]) {
    const { status, body: told } = await server.call('POST', path, body(twin))
    expect([status, told.message]).toEqual([400, expect.stringContaining(`${member} must be in Unicode's form NFC`)])
  }
})

test('what was there before may be changed otherwise', async () => {
  const id = newId()
  const aliases = [`a  ${newId()}`]
  await server.call('POST', 'accounts', { id, name: 'Account', customerId })
  await server.database.run(
    sql`UPDATE "billing_account" SET "aliases" = ${JSON.stringify(
      aliases.map((alias) => ({ alias }))
    )} WHERE "id" = ${id}`
  )
  const renamed = await server.call('PATCH', `accounts/${id}`, { name: 'Another' })
  expect([renamed.status, renamed.body.aliases]).toEqual([200, aliases.map((alias) => ({ alias }))])
  expect((await server.call('PATCH', `accounts/${id}`, { aliases: [...aliases, 'b  b'] })).status).toBe(400)
  const externalId = `r  ${newId()}`
  const rate = (await server.call('POST', 'appliedCustomerBillingRate', { ...RATE, externalId: newId() })).body
  await server.database.run(sql`UPDATE "applied_customer_billing_rate" SET "external_id" = ${externalId}
    WHERE "id" = ${rate.id}`)
  const patched = await server.call('PATCH', `appliedCustomerBillingRate/${rate.id}`, { description: 'x' })
  expect([patched.status, patched.body.externalId]).toEqual([200, externalId])
})
