import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { partnerEndpoints } from '../../src/partner-api/routes.ts'
import { addAccount, pay } from '../billing/ledger-world.ts'
import { addApiKey, KEYS, TENANT } from '../support/database.ts'
import { PARTNER_KEY, type PartnerWorld, sendForm, startPartnerWorld } from './world.ts'

const BALANCE = '/partner/v1/customerBalance'
const AUTHORIZE = '/partner/v1/authorize'
const DAYS = { initial_date: '01-01-2026', final_date: '2099-12-31' }
const JSON_TYPE = { 'content-type': 'application/json' }

let world: PartnerWorld
let account: string
let customer: string
beforeAll(async () => {
  world = await startPartnerWorld({ RATE_LIMIT_PER_MINUTE: '1000' })
  account = await addAccount(world)
  customer = await addAccount(world, { partnerId: world.partnerId })
  await pay(world, account, 100)
  await world.call('PATCH', `/admin/v1/partner/${world.partnerId}`, { billingAccount: { id: account } })
  await addApiKey(world.database, { tenantId: TENANT, key: 'here', addresses: ['192.0.2.7'] })
})
afterAll(() => world.close())

const token = { token: KEYS[TENANT] }

describe('parameters come', () => {
  const parameters = () => ({ account_number: account, amount: '0.25', ttl: '60' })
  const done = {
    code: 200,
    data: { covered: true, hold: expect.stringMatching(/^\w{26}$/), expires_at: expect.anything() }
  }

  test('by the query string', async () => {
    const query = new URLSearchParams(parameters())
    const { body, statusCode } = await world.app.inject({
      method: 'POST',
      url: `${AUTHORIZE}?${query}`,
      headers: token
    })
    expect([statusCode, JSON.parse(body)]).toEqual([200, done])
  })

  test('as JSON, with numbers or texts', async () => {
    for (const sent of [parameters(), { ...parameters(), amount: 0.25, ttl: 60 }]) {
      expect((await world.ask('POST', 'authorize', sent)).body).toEqual(done)
    }
  })

  test('as either kind of form', async () => {
    const form = new FormData()
    for (const [name, value] of Object.entries(parameters())) form.append(name, value)
    for (const one of [form, new URLSearchParams(parameters())]) {
      const { body, statusCode } = await sendForm(world, 'authorize', one)
      expect([statusCode, JSON.parse(body)]).toEqual([200, done])
    }
  })

  test('from both places, together', async () => {
    const { ttl, ...rest } = parameters()
    const { body } = await world.call('POST', `${AUTHORIZE}?ttl=${ttl}`, rest)
    expect(body).toEqual(done)
  })
})

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
  ]
]

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
  const paths = partnerEndpoints.map(({ description: { method, path } }) => [method, path.slice(1)])
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

describe('a failure has the envelope:', () => {
  const failure = (code: number, message: unknown) => ({ code, message })
  const file = () => {
    const form = new FormData()
    form.append('amount', new File(['1'], 'amount.txt'))
    return form
  }
  const twice = () => {
    const form = new FormData()
    form.append('ttl', '1')
    form.append('ttl', '2')
    return form
  }
  const given = `account_number=x&initial_date=2026-01-01&final_date=2026-01-02`

  test.each([
    ['no key', `${BALANCE}?${given}`, {}, 401, /^Send /],
    ['a wrong key', `${BALANCE}?${given}`, { token: 'x' }, 401, 'There is no such API key'],
    ['an unknown account', `${BALANCE}?${given}`, token, 404, 'account_number names no billing account'],
    ['an unknown path', '/partner/v1/nothing', token, 404, 'There is nothing at this path'],
    [
      'an unknown parameter',
      `${BALANCE}?${given}&x=1`,
      token,
      400,
      'x is no parameter here; there are account_number, initial_date, final_date, partner_account'
    ],
    ['a parameter twice', `${BALANCE}?${given}&account_number=y`, token, 400, 'account_number may be given once only'],
    [
      'missing parameters',
      `${BALANCE}?account_number=x`,
      token,
      400,
      'initial_date is required; final_date is required'
    ],
    [
      'no day',
      `${BALANCE}?account_number=x&initial_date=2026-02-30&final_date=1-2-2026`,
      token,
      400,
      /^initial_date must be a day such as .*; final_date must be a day such as /
    ],
    [
      'days in the wrong order',
      `${BALANCE}?account_number=${'x'}&initial_date=02-01-2026&final_date=01-01-2026`,
      token,
      400,
      'initial_date must not be after final_date'
    ],
    ['a broken escape', `${BALANCE}?account_number=%zz`, token, 400, /broken percent escape/],
    ['a broken path', '/partner/v1/%zz', token, 400, 'The request is malformed'],
    [
      'an unknown partner',
      `${BALANCE}?${given}&partner_account=nobody`,
      token,
      403,
      'partner_account names no partner of this provider'
    ],
    [
      'another partner',
      `${BALANCE}?${given}&partner_account=OTHER`,
      { token: PARTNER_KEY },
      403,
      'partner_account is for the provider; a partner acts as itself'
    ],
    [
      'no partner',
      '/partner/v1/partnerBalance?initial_date=2026-01-01&final_date=2026-01-02',
      token,
      400,
      'partner_account is required: this is about the account of a partner'
    ]
  ])('%s', async (_, url, headers, status, message) => {
    const { statusCode, body } = await world.app.inject({ url, headers })
    const text = message instanceof RegExp ? expect.stringMatching(message) : message
    expect([statusCode, JSON.parse(body)]).toEqual([status, failure(status, text)])
  })

  test.each([
    ['another method', 'PUT', {}, '{}', 405, 'This path takes POST'],
    ['another media type', 'POST', { 'content-type': 'text/plain' }, 'x', 415, /^The body must be of a media type/],
    ['no JSON', 'POST', JSON_TYPE, '{', 400, /^The body must be JSON/],
    ['no object', 'POST', JSON_TYPE, '[]', 400, 'The body must be a JSON object'],
    ['a list', 'POST', JSON_TYPE, '{"account_number":["x"]}', 400, 'account_number must be a text or a number'],
    [
      'a long form',
      'POST',
      { 'content-type': 'application/x-www-form-urlencoded' },
      `a=${'x'.repeat(70_000)}`,
      413,
      'The body is too large'
    ],
    [
      'no form',
      'POST',
      { 'content-type': 'multipart/form-data; boundary=x' },
      'x',
      400,
      'The body must be a form as its Content-Type says'
    ]
  ] as const)('%s', async (_, method, headers, payload, status, message) => {
    const answer = await world.app.inject({ method, url: AUTHORIZE, headers: { ...token, ...headers }, payload })
    const text = message instanceof RegExp ? expect.stringMatching(message) : message
    expect([answer.statusCode, JSON.parse(answer.body)]).toEqual([status, failure(status, text)])
  })

  test('a file, or a field twice, in a form', async () => {
    expect(JSON.parse((await sendForm(world, 'authorize', file())).body)).toEqual(
      failure(400, 'amount must be a text, not a file')
    )
    expect(JSON.parse((await sendForm(world, 'authorize', twice())).body)).toEqual(
      failure(400, 'ttl may be given once only')
    )
  })

  test('an address that the key does not allow', async () => {
    await addApiKey(world.database, { tenantId: TENANT, key: 'elsewhere', addresses: ['192.0.2.7'] })
    const { status, body } = await world.ask('GET', 'customerBalance', {}, { token: 'elsewhere' })
    expect([status, body]).toEqual([401, failure(401, 'This API key may not be used from this address')])
  })

  test('too many requests', async () => {
    await addApiKey(world.database, { tenantId: TENANT, key: 'busy' })
    const ask = () => world.ask('GET', 'customerBalance', {}, { token: 'busy' })
    let last = await ask()
    for (let count = 0; count < 1_000 && last.status !== 429; count++) last = await ask()
    expect([last.status, last.body]).toEqual([429, failure(429, expect.stringMatching(/^At most /))])
  })

  test('a fault of the server', async () => {
    await world.database.query('ALTER TABLE "account_alias" RENAME TO "gone"')
    const { status, body } = await world.ask('GET', 'customerBalance', {
      account_number: account,
      initial_date: '2026-01-01',
      final_date: '2026-01-02'
    })
    await world.database.query('ALTER TABLE "gone" RENAME TO "account_alias"')
    expect([status, body]).toEqual([500, failure(500, expect.any(String))])
  })
})
