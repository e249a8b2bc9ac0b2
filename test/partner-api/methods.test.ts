import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { NO_CUSTOMERS } from '../../src/endpoints.ts'
import { partnerEndpoints } from '../../src/partner-api/routes.ts'
import { addAccount, PAYMENT, pay } from '../billing/ledger-world.ts'
import { addApiKey, addPartner, KEYS, TENANT } from '../support/database.ts'
import { mailsTo } from './customer-world.ts'
import { PARTNER_KEY, type PartnerWorld, startPartnerWorld } from './world.ts'

const DAYS = { initial_date: '01-01-2026', final_date: '2099-12-31' }

let world: PartnerWorld
let account: string
let customer: string
beforeAll(async () => {
  world = await startPartnerWorld()
  await world.call('PUT', '/admin/v1/captcha', { provider: 'off' })
  account = await addAccount(world)
  customer = await addAccount(world, { partnerId: world.partnerId })
  await pay(world, account, 100)
  await pay(world, customer, 100)
  await world.call('PATCH', `/admin/v1/partner/${world.partnerId}`, { billingAccount: { id: account } })
  await addApiKey(world.database, { tenantId: TENANT, key: 'here', addresses: ['192.0.2.7'] })
})
afterAll(() => world.close())

/** Every method, with parameters that it takes; each call needs new ones. */
const CALLS: readonly [method: 'GET' | 'POST' | 'PUT', name: string, parameters: () => Promise<object>][] = [
  ['GET', 'customerBalance', async () => ({ account_number: account, ...DAYS })],
  ['GET', 'partnerBalance', async () => ({ partner_account: 'RESELLER', ...DAYS })],
  ['POST', 'authorize', async () => ({ account_number: account, amount: '0.01', ttl: '60' })],
  ['POST', 'capture', async () => ({ hold: await hold(), amount: '0.01', rate: '{"name":"Call"}' })],
  ['POST', 'release', async () => ({ hold: await hold() })],
  [
    'PUT',
    'funds',
    async () => ({ account_number: customer, amount: '0.01', description: 'Top-up', partner_account: 'RESELLER' })
  ],
  ['POST', 'customer', async () => ({ email: `${newId()}@example.com`, name: 'Ada' })],
  ['POST', 'customer/confirmEmail', confirmation],
  ['POST', 'customer/loginUrl', async () => ({ account_number: customer })],
  ['POST', 'customer/resetPassword', async () => ({ email: 'ada@example.com' })]
]

async function confirmation() {
  const email = `${newId().toLowerCase()}@example.com`
  await world.ask('POST', 'customer', { email, name: 'Ada' })
  const [mail] = await mailsTo(world.database, email)
  return { email, code: String(mail?.code) }
}

const hold = async () =>
  (await world.ask('POST', 'authorize', { account_number: account, amount: 0.01, ttl: 60 })).body.data.hold

/** The ways in which curl sends parameters: in the address, with -d, with -F, and as JSON. */
const WAYS: Readonly<
  Record<
    string,
    (sent: object) => { readonly query?: URLSearchParams; readonly body?: URLSearchParams | FormData | Blob }
  >
> = {
  query: (sent) => ({ query: new URLSearchParams(Object.entries(sent)) }),
  urlencoded: (sent) => ({ body: new URLSearchParams(Object.entries(sent)) }),
  'form-data': (sent) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(sent)) form.append(name, value)
    return { body: form }
  },
  JSON: (sent) => ({ body: new Blob([JSON.stringify(sent)], { type: 'application/json' }) })
}

test('the table has every method', () => {
  const paths = partnerEndpoints(NO_CUSTOMERS).map(({ description: { method, path } }) => [method, path.slice(1)])
  expect(CALLS.map(([method, name]) => [method, name])).toEqual(paths)
})

const ROWS = CALLS.flatMap(([method, name, make]) =>
  Object.keys(WAYS)
    .filter((way) => method !== 'GET' || way === 'query')
    .map((way) => [method, name, way, make] as const)
)

test.each(ROWS)(
  '%s %s takes %s from an address that the key allows, and from no other',
  async (method, name, way, make) => {
    const { query = '', body } = WAYS[way]?.(await make()) ?? {}
    const { headers, body: bytes } = new Request('http://localhost', { method: 'POST', body: body ?? null })
    const type = headers.get('content-type')
    const payload = bytes && Buffer.from(await new Response(bytes).arrayBuffer())
    const statuses = []
    for (const [token, remoteAddress] of [
      ['here', '192.0.2.8'],
      ['here', '192.0.2.7'],
      ['none', '192.0.2.7']
    ] as const) {
      const sent = { token, ...(type && { 'content-type': type }) }
      const url = `/partner/v1/${name}?${query}`
      const answer = await world.app.inject({ method, url, remoteAddress, headers: sent, ...(payload && { payload }) })
      statuses.push([answer.statusCode, JSON.parse(answer.body).code])
    }
    expect(statuses).toEqual([
      [401, 401],
      [200, 200],
      [401, 401]
    ])
  }
)

test.each([1, -1])('a transfer of %d is seen by both who have a part in it, and by nobody else', async (amount) => {
  const reference = newId()
  const order = { account_number: customer, amount, description: 'Top-up', reference }
  expect((await world.ask('PUT', 'funds', order, { token: PARTNER_KEY })).status).toBe(200)
  const stranger = newId()
  const partnerId = await addPartner(world.database, TENANT, stranger)
  await addApiKey(world.database, { tenantId: TENANT, key: stranger, partnerId })
  const [{ id }] = (await world.call('GET', `${PAYMENT}?reference=${reference}`)).body
  const seen = async (token: string) => {
    const listed = (await world.call('GET', `${PAYMENT}?reference=${reference}`, undefined, { token })).body
    const { status } = await world.call('GET', `${PAYMENT}/${id}`, undefined, { token })
    return [listed.length, status]
  }
  const all = await Promise.all([KEYS[TENANT], PARTNER_KEY, stranger, 'other-key'].map(seen))
  expect(all).toEqual([
    [1, 200],
    [1, 200],
    [0, 404],
    [0, 404]
  ])
})
