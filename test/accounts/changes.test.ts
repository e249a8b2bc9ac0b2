import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { paymentOf } from '../support/payments.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { postAccount, postCustomer } from './accounts.ts'

let server: TestServer
let customerId: string
beforeAll(async () => {
  server = await startTestServer()
  customerId = (await postCustomer(server)).id
})
afterAll(() => server.close())

describe('a name is that of one account', () => {
  test.each<[string, object, string]>([
    ['an id that is taken', { id: 'N-1' }, '$.id N-1'],
    ['an id that is an alias', { id: 'N-alias' }, '$.id N-alias'],
    ['an alias that is taken', { aliases: ['N-free', 'N-alias'] }, '$.aliases[1] N-alias'],
    ['an alias that is an id', { aliases: ['N-1'] }, '$.aliases[0] N-1'],
    ['an alias that is its own id', { id: 'N-own', aliases: ['N-own'] }, '$.aliases[0] is the id of the account: N-own']
  ])('%s is refused, and named', async (_, more, message) => {
    const found = await server.call('GET', 'accounts/N-1')
    if (found.status === 404) await postAccount(server, { id: 'N-1', customerId, aliases: ['N-alias'] })
    const answer = await server.call('POST', 'accounts', { id: 'N-2', name: 'Second', customerId, ...more })
    expect(answer.status).toBe(409)
    expect(answer.body.message).toContain(message)
    expect((await server.call('GET', 'accounts/N-2')).status).toBe(404)
  })

  test('also when an alias is given later, and of a request at the same time', async () => {
    const [one, other] = [await postAccount(server, { customerId }), await postAccount(server, { customerId })]
    const late = await server.call('PATCH', `accounts/${one.id}`, { aliases: [other.id] })
    expect([late.status, late.body.message]).toEqual([409, expect.stringContaining(`$.aliases[0] ${other.id}`)])
    const racing = await Promise.all(
      Array.from({ length: 6 }, (_, at) => {
        const [id, alias] = at % 2 === 0 ? ['raced', `r-${at}`] : [`r-${at}`, 'raced']
        return server.call('POST', 'accounts', { id, name: 'Raced', customerId, aliases: [alias] })
      })
    )
    expect(racing.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409])
  })

  test('and free again in another tenant', async () => {
    const there = await startTestServer({}, server, { token: 'other-key' })
    await postAccount(server, { id: 'everywhere', customerId, aliases: ['every alias'] })
    const account = await postAccount(there, { id: 'everywhere', aliases: ['every alias'] })
    expect((await there.call('GET', 'accounts/every%20alias')).body).toEqual(account)
    await there.close()
  })
})

describe('a change of an account', () => {
  test.each([
    ['DRAFT', 'ACTIVE', 200],
    ['DRAFT', 'ARCHIVED', 200],
    ['ACTIVE', 'ARCHIVED', 200],
    ['ARCHIVED', 'ACTIVE', 200],
    ['ACTIVE', 'DRAFT', 409],
    ['ARCHIVED', 'DRAFT', 409],
    ['ACTIVE', null, 400]
  ])('from %s to %s is %i', async (from, status, expected) => {
    const { id } = await postAccount(server, { customerId, status: from })
    const answer = await server.call('PATCH', `accounts/${id}`, { status })
    expect([answer.status, answer.body.status]).toEqual([expected, expected === 200 ? status : String(expected)])
  })

  test.each([
    ['id', 'other'],
    ['customerId', 'other'],
    ['internalId', 'other'],
    ['partner', { id: 'other' }]
  ])('of its %s is refused', async (name, value) => {
    const { id } = await postAccount(server, { customerId })
    expect((await server.call('PATCH', `accounts/${id}`, { [name]: value })).status).toBe(400)
  })

  test.each(['billingType', 'invoiceCurrency', 'netTermDays', 'language', 'name'])(
    'cannot remove its %s',
    async (name) => {
      const { id } = await postAccount(server, { customerId })
      expect((await server.call('PATCH', `accounts/${id}`, { [name]: null })).status).toBe(400)
    }
  )

  test('of its currency is possible until there is a bill', async () => {
    const { id } = await postAccount(server, { customerId })
    expect((await server.call('PATCH', `accounts/${id}`, { invoiceCurrency: 'USD' })).body.invoiceCurrency).toBe('USD')
    await server.call('POST', 'customerBill', { billingAccount: { id } })
    const refused = await server.call('PATCH', `accounts/${id}`, { invoiceCurrency: 'EUR' })
    expect([refused.status, refused.body.message]).toEqual([
      409,
      expect.stringContaining('$.invoiceCurrency cannot change')
    ])
    expect((await server.call('PATCH', `accounts/${id}`, { name: 'Renamed' })).status).toBe(200)
  })

  test('of its currency is refused once there is a payment', async () => {
    const { id } = await postAccount(server, { customerId })
    expect((await server.call('POST', '/billing/v1/payment', paymentOf(id, 1))).status).toBe(201)
    expect((await server.call('PATCH', `accounts/${id}`, { invoiceCurrency: 'USD' })).status).toBe(409)
  })

  test('is in the audit, with what was there before, and without personal data', async () => {
    const { id } = await postAccount(server, { customerId, primaryEmail: 'old@radhaus.example' })
    await server.call('PATCH', `accounts/${id}`, { primaryEmail: 'new@radhaus.example', netTermDays: 7 })
    const { body } = await server.call('GET', `/admin/v1/audit?resourceId=${id}&sort=id`)
    expect(body).toMatchObject([
      { action: 'create', resourceType: 'BillingAccount' },
      {
        action: 'patch',
        before: { netTermDays: 14, primaryEmail: '***' },
        after: { netTermDays: 7, primaryEmail: '***' }
      }
    ])
  })
})
