import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { postAccount, postCustomer } from './accounts.ts'

const PATCH = { 'content-type': 'application/merge-patch+json' }

let server: TestServer
let customerId: string
beforeAll(async () => {
  server = await startTestServer()
  customerId = (await postCustomer(server)).id
})
afterAll(() => server.close())

/** Returns a body with every attribute. */
async function wholeAccount(id: string): Promise<Record<string, unknown>> {
  const { body } = await server.call('POST', 'billCycleSpecification', { name: 'Monthly' })
  return {
    id,
    name: 'Workshop',
    customerId,
    aliases: [`${id}/old`, `+49 3322 ${id}`],
    status: 'DRAFT',
    billingType: 'prepaid',
    invoiceCurrency: 'KWD',
    netTermDays: 30,
    billCycleSpecification: { id: body.id },
    creditLimit: { unit: 'KWD', value: 12345678.901 },
    taxProfile: {
      exempt: false,
      rates: [
        { taxCategory: 'VAT', taxRate: 0.19, validFor: { endDateTime: '2027-01-01T00:00:00.000Z' } },
        { taxCategory: 'VAT', taxRate: 0.21, validFor: { startDateTime: '2027-01-01T00:00:00.000Z' } },
        { taxCategory: 'levy', taxRate: 0 }
      ]
    },
    language: 'de',
    primaryEmail: 'office@radhaus.example',
    address: { line1: 'Bahnhofstraße 1', postalCode: '14612', city: 'Falkensee', state: 'Brandenburg', country: 'DEU' },
    billingInformation: { emailRecipients: ['a@radhaus.example'], additionalEmailRecipients: ['b@radhaus.example'] },
    settings: [{ id: '1', namespace: 'crm', name: 'vip', dataType: 'boolean', value: true }]
  }
}

describe('an account', () => {
  test('comes back as it was posted, with what the server adds, and is found again', async () => {
    const posted = await wholeAccount('W-1')
    const sent = { ...posted, internalId: 'mine', customer: { id: 'mine' } }
    const { status, body, headers } = await server.call('POST', 'accounts', sent)
    expect([status, body]).toMatchObject([201, {}])
    const customer = (await server.call('GET', `customers/${customerId}`)).body
    expect(body).toEqual({
      ...posted,
      href: expect.stringMatching(/^http:.+\/customerBillManagement\/v4\/accounts\/W-1$/),
      internalId: expect.stringMatching(/^[0-9A-Z]{26}$/),
      customer: { id: customerId, href: customer.href, internalId: customer.internalId, name: 'Radhaus Falkensee' },
      aliases: [{ alias: 'W-1/old' }, { alias: '+49 3322 W-1' }],
      billCycleSpecification: {
        ...(posted.billCycleSpecification as object),
        href: expect.stringContaining('/billCycleSpecification/')
      },
      lastUpdate: expect.any(String)
    })
    expect(headers.location).toBe(body.href)
    expect((await server.call('GET', 'accounts/W-1')).body).toEqual(body)
  })

  test('takes the currency and the language that it does not name from its tenant', async () => {
    await server.database.run(sql`UPDATE "tenant" SET "currency" = 'JPY', "language" = 'fr' WHERE "id" = 'demo'`)
    const account = await postAccount(server, { customerId })
    await server.database.run(sql`UPDATE "tenant" SET "currency" = 'EUR', "language" = 'en' WHERE "id" = 'demo'`)
    expect(account).toMatchObject({ invoiceCurrency: 'JPY', language: 'fr', netTermDays: 14 })
    expect(account).toMatchObject({ status: 'ACTIVE', billingType: 'postpaid', aliases: [] })
  })

  test.each(['ü-ß', 'a/b?c#d%20', '%', '...', 'x'.repeat(50), '"quoted"'])('may be called %s', async (id) => {
    const account = await postAccount(server, { id, customerId })
    expect(account.id).toBe(id)
    expect(account.href).toContain(`/accounts/${encodeURIComponent(id)}`)
    expect((await server.call('GET', `accounts/${encodeURIComponent(id)}`)).body).toEqual(account)
  })

  test('is listed, filtered, sorted, projected and paged like everything else', async () => {
    const { id: own } = await postCustomer(server, { name: 'Lists' })
    for (const [id, name] of [
      ['L-b', 'Second'],
      ['L-a', 'First'],
      ['L-c', 'Third']
    ]) {
      await postAccount(server, { id, name, customerId: own, aliases: [`${id} alias`] })
    }
    const ids = async (query: string) => {
      const { body } = await server.call('GET', `accounts?customerId=${own}&${query}`)
      return body.map(({ id }: { id: string }) => id)
    }
    expect(await ids('')).toEqual(['L-a', 'L-b', 'L-c'])
    expect(await ids('sort=-name')).toEqual(['L-c', 'L-b', 'L-a'])
    expect(await ids('aliases.alias=L-b alias')).toEqual(['L-b'])
    const page = await server.call('GET', `accounts?customerId=${own}&fields=name&limit=2`)
    expect([page.status, page.headers['x-total-count']]).toEqual([206, '3'])
    expect(page.body).toEqual([
      { id: 'L-a', href: expect.any(String), name: 'First' },
      { id: 'L-b', href: expect.any(String), name: 'Second' }
    ])
    const next = /<[^>]*(\/accounts[^>]*)>; rel="next"/.exec(String(page.headers.link))?.[1]
    expect((await server.call('GET', String(next).slice(1))).body).toMatchObject([{ id: 'L-c' }])
  })

  test('is found by each of its aliases wherever its id is accepted', async () => {
    const account = await postAccount(server, { customerId, aliases: ['old number', '4930/123'] })
    for (const alias of account.aliases.map((one: { alias: string }) => encodeURIComponent(one.alias))) {
      expect((await server.call('GET', `accounts/${alias}`)).body).toEqual(account)
      const { status, body } = await server.call('PATCH', `accounts/${alias}`, { name: `By ${alias}` }, PATCH)
      expect([status, body.id, body.name]).toEqual([200, account.id, `By ${alias}`])
      Object.assign(account, { name: body.name, lastUpdate: body.lastUpdate })
    }
    await server.call('PATCH', 'accounts/old%20number', { aliases: ['new number'] })
    expect((await server.call('GET', 'accounts/old%20number')).status).toBe(404)
    expect((await server.call('GET', 'accounts/new%20number')).body.id).toBe(account.id)
    expect((await server.call('GET', `accounts/${account.id}`)).body.aliases).toEqual([{ alias: 'new number' }])
  })

  test('is refused when it is no good, with every finding and its path', async () => {
    const { status, body } = await server.call('POST', 'accounts', {
      id: 'a b',
      name: 'ab',
      netTermDays: 366,
      aliases: ['ab'],
      taxProfile: { rates: [{ taxCategory: 'VAT', taxRate: 19 }] }
    })
    expect(status).toBe(400)
    for (const path of ['id', 'name', 'customerId', 'netTermDays', 'aliases[0].alias', 'taxProfile.rates[0].taxRate']) {
      expect(body.message).toContain(`$.${path} `)
    }
  })
})

describe('an account is not taken', () => {
  const rate = (more: object) => ({ taxCategory: 'VAT', taxRate: 0.1, ...more })
  const from = (startDateTime: string) => ({ validFor: { startDateTime } })
  test.each<[string, object, string]>([
    ['of no customer', { customerId: 'nobody' }, '$.customerId names no customer of this service'],
    ['without an id', { id: undefined }, '$.id is required'],
    ['under a path', { id: '..' }, '$.id must match'],
    ['with too long an id', { id: 'x'.repeat(51) }, '$.id must'],
    ['with too long a name', { name: 'x'.repeat(256) }, '$.name must be at most 255 characters long'],
    ['with 11 aliases', { aliases: Array.from({ length: 11 }, (_, at) => `alias ${at}`) }, '$.aliases must be'],
    ['with an alias of blanks', { aliases: ['   '] }, '$.aliases[0].alias must match'],
    ['with an alias twice', { aliases: ['one', 'two', 'one'] }, '$.aliases[2] must not be there twice: one'],
    ['with 11 settings', { settings: Array.from({ length: 11 }, () => ({})) }, '$.settings must be at most 10'],
    ['with an unknown setting', { settings: [{ key: 'a' }] }, '$.settings[0] has key'],
    ['in an unknown country', { address: { country: 'XX' } }, '$.address.country must be a country'],
    ['in an unknown currency', { invoiceCurrency: 'ABC' }, '$.invoiceCurrency must be a currency of ISO 4217'],
    ['in a currency for tests', { invoiceCurrency: 'XTS' }, '$.invoiceCurrency must be a currency of ISO 4217'],
    ['in an unknown language', { language: 'it' }, '$.language must be one of en, de, fr'],
    ['with a limit elsewhere', { creditLimit: { unit: 'USD', value: 1 } }, 'which is EUR'],
    ['with a negative limit', { creditLimit: { unit: 'EUR', value: -1 } }, '$.creditLimit.value must not be'],
    ['with negative days', { netTermDays: -1 }, '$.netTermDays must be at least 0'],
    ['of no cycle', { billCycleSpecification: { id: 'x' } }, '$.billCycleSpecification.id names no'],
    ['of no partner', { partner: { id: 'x' } }, '$.partner.id names no partner of this service'],
    ['with no address', { primaryEmail: 'office' }, '$.primaryEmail must match'],
    ['with an unknown status', { status: 'active' }, '$.status must be one of ACTIVE, DRAFT, ARCHIVED'],
    ['taxed twice', { taxProfile: { rates: [rate({}), rate({})] } }, '$.taxProfile.rates[1] must not hold at the same'],
    [
      'taxed backwards',
      {
        taxProfile: {
          rates: [rate({ validFor: { startDateTime: '2026-02-01T00:00:00Z', endDateTime: '2026-01-01T00:00:00Z' } })]
        }
      },
      '$.taxProfile.rates[0].validFor.endDateTime must not be before startDateTime'
    ],
    [
      'taxed for no time',
      {
        taxProfile: {
          rates: [rate({ validFor: { startDateTime: '2026-02-01T00:00:00Z', endDateTime: '2026-02-01T00:00:00Z' } })]
        }
      },
      '$.taxProfile.rates[0].validFor must end after it starts'
    ],
    [
      'taxed twice from some day on',
      { taxProfile: { rates: [rate(from('2026-01-01T00:00:00Z')), rate(from('2027-01-01T00:00:00Z'))] } },
      '$.taxProfile.rates[1] must not hold at the same time as another rate of VAT'
    ],
    ['as something else', { vip: true }, '$ has vip']
  ])('%s', async (_, more, message) => {
    const answer = await server.call('POST', 'accounts', { id: 'refused', name: 'Refused', customerId, ...more })
    expect(answer.status, answer.text).toBe(400)
    expect(answer.body.message).toContain(message)
  })
})
