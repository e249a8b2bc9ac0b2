import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findAccount } from '../../src/accounts/lookup.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { postAccount, postCustomer } from './accounts.ts'

let server: TestServer
let account: { id: string; href: string; name: string }
let partnerId: string
let partner: TestServer
beforeAll(async () => {
  server = await startTestServer()
  account = await postAccount(server, { id: 'R/1', name: 'Radhaus "Süd"', aliases: ['R alias'] })
  partnerId = await addPartner(server.database, TENANT, 'PARTNER-1')
  await addApiKey(server.database, { tenantId: TENANT, key: 'partner', partnerId })
  partner = await startTestServer({}, server, { token: 'partner' })
})
afterAll(async () => {
  await partner.close()
  await server.close()
})

describe.each(['customerBill', 'appliedCustomerBillingRate', 'customerBillOnDemand'])('%s', (path) => {
  test.each(['R/1', 'R alias'])(
    'posted for %s is stored for the account, and shows its name and address',
    async (id) => {
      const sent = { id, name: 'Sent', href: 'http://elsewhere.example/', '@referredType': 'BillingAccount' }
      const { body } = await server.call('POST', path, { billingAccount: sent })
      const shown = { id: 'R/1', href: account.href, name: account.name, '@referredType': 'BillingAccount' }
      expect(body.billingAccount).toEqual(shown)
      const again = await server.call('GET', `${path}/${body.id}?fields=billingAccount.href,billingAccount.id`)
      expect(again.body.billingAccount).toEqual({ id: 'R/1', href: account.href })
      const found = await server.call('GET', `${path}?billingAccount.id=R%2F1&id=${body.id}`)
      expect(found.body[0]?.billingAccount).toEqual(shown)
      const other = await server.call('GET', `/tmf-api/customerBillManagement/v4/${path}/${body.id}`)
      expect(other.body.billingAccount.href).toMatch(/\/tmf-api\/customerBillManagement\/v4\/accounts\/R%2F1$/)
    }
  )

  test('posted for an account of another system keeps what it says', async () => {
    const billingAccount = { id: 'R/9', name: 'Elsewhere', href: 'http://elsewhere.example/R9' }
    expect((await server.call('POST', path, { billingAccount })).body.billingAccount).toEqual(billingAccount)
    const unnamed = { id: 'R/9' }
    expect((await server.call('POST', path, { billingAccount: unnamed })).body.billingAccount).toEqual(unnamed)
    const disguised = { id: 'R/9', href: '~/accounts/R%2F1', name: account.name }
    expect((await server.call('POST', path, { billingAccount: disguised })).body.billingAccount).toEqual(unnamed)
  })

  test('posted by a partner does not tell it of an account of the provider', async () => {
    const billingAccount = { id: 'R alias' }
    expect((await partner.call('POST', path, { billingAccount })).body.billingAccount).toEqual(billingAccount)
  })
})

test('a rate that is charged to another account follows it, and forgets the one before', async () => {
  const other = await postAccount(server, { id: 'R/2', name: 'Second' })
  const { body: rate } = await server.call('POST', 'appliedCustomerBillingRate', { billingAccount: { id: 'R alias' } })
  const patched = async (billingAccount: object) => {
    const { body, headers } = await server.call('PATCH', `appliedCustomerBillingRate/${rate.id}`, { billingAccount })
    return [body.billingAccount, headers.etag]
  }
  const first = { id: 'R/1', href: account.href, name: account.name }
  expect(await patched({ id: 'R alias' })).toEqual([first, '"1"'])
  expect(await patched({ id: 'R/2' })).toEqual([{ id: 'R/2', href: other.href, name: 'Second' }, '"2"'])
  expect(await patched({ id: 'elsewhere' })).toEqual([{ id: 'elsewhere' }, '"3"'])
  expect(await patched({ name: 'Elsewhere' })).toEqual([{ id: 'elsewhere', name: 'Elsewhere' }, '"4"'])
})

describe('an account of a partner', () => {
  test('is that of whose customer it is, and the provider sees it, too', async () => {
    const { id: customerId } = await postCustomer(partner)
    const own = await postAccount(partner, { customerId })
    const provided = await postAccount(server, { customerId })
    expect([own.partner, provided.partner]).toEqual([{ id: partnerId }, { id: partnerId }])
    for (const { id } of [own, provided]) {
      expect((await partner.call('GET', `accounts/${id}`)).status).toBe(200)
      expect((await server.call('GET', `accounts/${id}`)).status).toBe(200)
    }
    expect((await partner.call('GET', `accounts/R%20alias`)).status).toBe(404)
    expect((await server.call('GET', `accounts?partner.id=${partnerId}&fields=none`)).body).toHaveLength(2)
  })

  test('may be of a customer of the provider, if the provider says so', async () => {
    const given = await postAccount(server, { partner: { id: partnerId } })
    expect(given.partner).toEqual({ id: partnerId })
    expect((await partner.call('GET', `accounts/${given.id}`)).body.customer.name).toBe('Radhaus Falkensee')
  })

  test.each<[string, () => Promise<readonly [TestServer, object]>, string]>([
    [
      'a partner for a customer of the provider',
      async () => [partner, { customerId: (await postCustomer(server)).id }],
      '$.customerId names no customer of this service'
    ],
    [
      'a partner for another partner',
      async () => [partner, { customerId: (await postCustomer(partner)).id, partner: { id: 'other' } }],
      '$.partner.id must be'
    ],
    [
      "the provider for a partner and another one's customer",
      async () => {
        const customerId = (await postCustomer(partner)).id
        return [server, { customerId, partner: { id: await addPartner(server.database, TENANT, 'PARTNER-2') } }]
      },
      '$.partner.id must be'
    ]
  ])('is not created by %s', async (_, request, message) => {
    const [caller, more] = await request()
    const { status, body } = await caller.call('POST', 'accounts', { id: 'refused', name: 'Refused', ...more })
    expect([status, body.message]).toEqual([400, expect.stringContaining(message)])
  })

  test("may follow the provider's cycles, but not another partner's", async () => {
    const { body: provided } = await server.call('POST', 'billCycleSpecification', { name: 'Monthly' })
    const billCycleSpecification = { id: provided.id }
    const account = await postAccount(partner, { billCycleSpecification })
    expect(account.billCycleSpecification.id).toBe(provided.id)
    const key = { tenantId: TENANT, key: 'third', partnerId: await addPartner(server.database, TENANT, 'PARTNER-3') }
    await addApiKey(server.database, key)
    const third = await startTestServer({}, server, { token: key.key })
    const { body: theirs } = await third.call('POST', 'billCycleSpecification', { name: 'Weekly' })
    await third.close()
    for (const caller of [partner, server]) {
      const patch = { billCycleSpecification: { id: theirs.id } }
      const { status, body } = await caller.call('PATCH', `accounts/${account.id}`, patch)
      expect([status, body.message]).toEqual([400, expect.stringContaining('$.billCycleSpecification.id names no')])
    }
  })
})

test('findAccount answers an account of the view by its id and its aliases', async () => {
  const creditLimit = { unit: 'EUR', value: 10.5 }
  const posted = await postAccount(partner, { aliases: ['found'], creditLimit })
  const [provider, own] = [{ tenantId: TENANT }, { tenantId: TENANT, partnerId }]
  const found = await findAccount(server.database, provider, posted.id)
  expect(found).toMatchObject({
    ...{ id: posted.id, name: posted.name, partnerId, status: 'ACTIVE', billingType: 'postpaid' },
    invoiceCurrency: 'EUR'
  })
  expect(Number(found?.creditLimit)).toBe(10.5)
  for (const name of [posted.id, posted.id.slice(partnerId.length + 1), 'found']) {
    expect(await findAccount(server.database, own, name)).toEqual(found)
  }
  expect(await findAccount(server.database, provider, 'found')).toBeUndefined()
  expect(await findAccount(server.database, own, 'R alias')).toBeUndefined()
  expect(await findAccount(server.database, { tenantId: 'other' }, 'found')).toBeUndefined()
})
