import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postAccount } from '../accounts/accounts.ts'
import { parsed } from '../support/answer.ts'
import { post } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

describe('one rate', () => {
  const RATE = { billingAccount: { id: 'nobody' }, name: 'Fibre' }

  test.each(['atomic=false', 'atomic=true', 'fields=name&atomic=false'])('is created with ?%s', async (query) => {
    expect((await server.call('POST', `appliedCustomerBillingRate?${query}`, RATE)).status).toBe(201)
  })

  test('with another value of atomic, or another resource with it, is refused', async () => {
    expect((await server.call('POST', 'appliedCustomerBillingRate?atomic=1', RATE)).status).toBe(400)
    expect((await server.call('POST', 'billCycle?atomic=false', { name: 'March' })).status).toBe(400)
  })

  test('of many says that its account is unknown, and is stored', async () => {
    const { id: known } = await postAccount(server)
    const lines = ['nobody', known].map((id) => JSON.stringify({ ...RATE, billingAccount: { id } })).join('\n')
    const type = { 'content-type': 'application/x-ndjson' }
    const { text } = await server.call('POST', 'appliedCustomerBillingRate', lines, type)
    const results = text.trim().split('\n').map(parsed)
    expect(results).toEqual([
      { line: 1, id: expect.any(String), status: 'created', account: 'unknown' },
      { line: 2, id: expect.any(String), status: 'created' }
    ])
  })
})

describe('conditions as an object, as made-up clients write them,', () => {
  const count = async (query: string) =>
    Number((await server.call('GET', `customerBill?${query}`)).headers['x-total-count'])

  test.each([
    'conditions[state]=validated',
    'conditions%5Bstate%5D=validated',
    'conditions[state]=validated&conditions[billNo]=B-1',
    'conditions[billNo.regex]=^B-1',
    'limit=5&conditions[billingAccount.id]=A1&conditions[billNo]=B-1'
  ])('?%s is what it says without', async (query) => {
    if ((await count('billNo=B-1')) === 0) {
      for (const billNo of ['B-1', 'B-2']) await post(server, 'customerBill', { billNo })
      const [{ id }] = (await server.call('GET', 'customerBill?billNo=B-1')).body
      await server.call('PATCH', `customerBill/${id}`, { state: 'validated' })
    }
    expect(await count(query)).toBe(1)
    expect((await server.call('GET', `customerBill?${query}`)).status).toBeLessThan(300)
  })

  test('are refused where they name nothing', async () => {
    expect((await server.call('GET', 'customerBill?conditions[stat]=new')).body.message).toContain('did you mean state')
    expect((await server.call('GET', 'customerBill?conditions=new')).status).toBe(400)
  })
})
