import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Contract, watch } from '../openapi/contract.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { postAccount, postCustomer } from './accounts.ts'

const PATHS = ['customers', 'accounts']
const BODIES: Readonly<Record<string, object>> = {
  customers: { name: 'Ada', address: { country: 'DE' } },
  accounts: { name: 'Workshop', customerId: 'C-1', aliases: ['first alias', { alias: 'second alias' }] }
}

let server: TestServer
let contract: Contract
beforeAll(async () => {
  server = await startTestServer()
  contract = watch(server)
  await postCustomer(contract, { id: 'C-1' })
})
afterAll(() => server.close())

test.each(PATHS)('every answer of %s is as the OpenAPI document says', async (path) => {
  const { body } = await contract.call('POST', path, { id: 'D-1', ...BODIES[path] }, { 'idempotency-key': path })
  expect(body.id).toBe('D-1')
  const requests: Parameters<Contract['call']>[] = [
    ['POST', path, { id: 'D-1', ...BODIES[path] }],
    ['POST', path, { id: 'D-1', ...BODIES[path] }, { 'idempotency-key': path }],
    ['POST', path, { id: 'a b' }],
    ['POST', path, 'text', { 'content-type': 'text/plain' }],
    ['GET', `${path}?name.ne=x`],
    ['GET', `${path}?limit=1&fields=name`],
    ['GET', `${path}?nothing=1`],
    ['GET', `${path}/D-1`],
    ['GET', `${path}/nobody`],
    ['GET', `${path}/D-1`, undefined, { 'if-none-match': '*' }],
    ['PUT', `${path}/D-1`, {}]
  ]
  const statuses = []
  for (const request of requests) statuses.push((await contract.call(...request)).status)
  expect(statuses).toEqual([409, 201, 400, 415, 200, path === 'customers' ? 206 : 200, 400, 200, 404, 304, 405])
  expect(contract.breaches()).toEqual([])
})

test('a change of an account is answered as the OpenAPI document says', async () => {
  const { id } = await postAccount(contract, { customerId: 'C-1' })
  const statuses = []
  for (const [patch, headers] of [
    [{ name: 'Changed' }],
    [{ status: 'ARCHIVED' }, { 'if-match': '"1"' }],
    [{ status: 'DRAFT' }],
    [[{ op: 'add', path: '/aliases/-', value: 'patched alias' }], { 'content-type': 'application/json-patch+json' }],
    [{ name: 1 }]
  ] as const) {
    statuses.push((await contract.call('PATCH', `accounts/${id}`, patch, headers)).status)
  }
  expect(statuses).toEqual([200, 412, 409, 200, 400])
  expect(contract.breaches()).toEqual([])
})

test('the document says what an alias is, posted and answered, and how much of everything is taken', () => {
  const { schemas } = contract.document.components
  const alias = { $ref: '#/components/schemas/AccountAlias' }
  const text = { type: 'string', maxLength: 50, pattern: expect.any(String) }
  expect(schemas.BillingAccount_Create?.properties?.aliases).toMatchObject({
    items: { anyOf: [text, alias] },
    maxItems: 10
  })
  expect(schemas.BillingAccount?.properties?.aliases).toMatchObject({ items: alias, maxItems: 10 })
  expect(schemas.BillingAccount?.properties?.name).toMatchObject({ minLength: 3, maxLength: 255 })
  expect(schemas.BillingAccount?.properties?.netTermDays).toMatchObject({ minimum: 0, maximum: 365 })
  expect(schemas.BillingAccount_Create?.required).toEqual(['id', 'name', 'customerId'])
  expect(schemas.Customer_Create?.required).toEqual(['name'])
})
