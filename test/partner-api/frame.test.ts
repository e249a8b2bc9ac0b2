import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addAccount, pay } from '../billing/ledger-world.ts'
import { addApiKey, KEYS, TENANT } from '../support/database.ts'
import { PARTNER_KEY, type PartnerWorld, sendForm, startPartnerWorld } from './world.ts'

const BALANCE = '/partner/v1/customerBalance'
const AUTHORIZE = '/partner/v1/authorize'
const JSON_TYPE = { 'content-type': 'application/json' }

let world: PartnerWorld
let account: string
beforeAll(async () => {
  world = await startPartnerWorld({ RATE_LIMIT_PER_MINUTE: '1000' })
  account = await addAccount(world)
  await pay(world, account, 100)
})
afterAll(() => world.close())

const MESSAGE_CODE = expect.stringMatching(/^[a-z]+\.\w+$/)
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

describe('a failure has the envelope:', () => {
  const failure = (code: number, message: unknown) => ({ code, message, messageCode: MESSAGE_CODE })
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
