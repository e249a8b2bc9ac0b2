import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { takeNumbers } from '../../src/billing/issuing/number-series.ts'
import { sql } from '../../src/db/sql.ts'
import { readBranding } from '../../src/documents/content/branding.ts'
import { logoUri } from '../documents/logo.ts'
import { addApiKey, addPartner, addTenant, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { ADMIN } from './administration.ts'

const TENANTS = `${ADMIN}/tenant`
const OPERATOR = { token: 'operator-key' }
const PARTNER = { token: 'partner-key' }
const BRANDING = {
  logo: logoUri(6),
  colour: '#0b6b5d',
  address: { line1: 'Am Kai 1', line2: 'Hof', postalCode: '20457', city: 'Hamburg', state: 'HH', country: 'DE' },
  contact: ['+49 40 123', 'https://nordlicht.example'],
  bank: { name: 'Hansebank', iban: 'DE02 1203 0000 0000 2020 51', bic: 'BYLADEM1001' },
  taxNumber: 'DE000000000'
}
const SETTINGS = {
  timeZone: 'America/New_York',
  currency: 'JPY',
  language: 'fr',
  billNumberPattern: '{0001}/{yyyy}',
  creditNoteNumberPattern: 'CN {0001}/{yyyy}',
  ...{ correctionReasons: ['tariff', 'Kulanz'], disputeReasons: ['tariff', 'ghost'] },
  callChargeTypes: ['usageCharge', 'roamingCharge'],
  unknownAccounts: 'create',
  branding: BRANDING,
  itemisation: { lines: 100, types: { usageCharge: 0 } },
  accountCodes: { receivable: '1400', 'revenue/usageCharge': '8400' },
  correctionApprovalLimits: { EUR: 100, KWD: 0.125 },
  reviewRules: {
    ...{ amountOver: { EUR: 999.95, JPY: 100_000 }, overMean: { factor: 2.5, bills: 6 } },
    ...{ zero: true, firstBill: false, negative: true, linesOver: 10_000, samplePercent: 0.5 }
  },
  dunningPlan: { steps: [{ daysAfterDue: 7, action: 'reminder', text: { en: 'Please pay.' } }] },
  releaseRequires: ['emptyReview', 'secondUser']
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await addTenant(server.database, 'operator', true)
  await addApiKey(server.database, { tenantId: 'operator', key: OPERATOR.token, scopes: ['admin'] })
  const partnerId = await addPartner(server.database, TENANT, 'P-1')
  await addApiKey(server.database, { tenantId: TENANT, key: PARTNER.token, partnerId })
})
afterAll(() => server.close())

const get = async (id: string) => (await server.call('GET', `${TENANTS}/${id}`, undefined, OPERATOR)).body
const patch = (id: string, body: unknown, headers?: Record<string, string>) =>
  server.call('PATCH', `${TENANTS}/${id}`, body as object, headers)
const auditOf = async (id: string, headers?: Record<string, string>) =>
  (await server.call('GET', `${ADMIN}/audit?resourceId=${id}&sort=-id`, undefined, headers)).body

describe('What billing needs of a tenant', () => {
  test.each(Object.entries(SETTINGS))('is set one by one: %s', async (name, value) => {
    const before: Record<string, unknown> = { ...(await get(TENANT)) }
    expect(before[name]).not.toEqual(value)
    const { status, body } = await patch(TENANT, { [name]: value })
    expect([status, body]).toEqual([200, { ...before, [name]: value }])
    expect(await get(TENANT)).toEqual(body)
    const [{ action, before: was, after }] = await auditOf(TENANT)
    expect([action, Object.keys(was ?? {}), Object.keys(after)]).toEqual([
      'patch',
      name in before ? [name] : [],
      [name]
    ])
    const entries = (await auditOf(TENANT)).length
    expect((await patch(TENANT, { [name]: value })).body).toEqual(body)
    expect(await auditOf(TENANT)).toHaveLength(entries)
  })

  test('is there from the beginning, if the tenant is created with it', async () => {
    const { status, body } = await server.call('POST', TENANTS, { id: 'new', name: 'New', ...SETTINGS }, OPERATOR)
    expect([status, body]).toMatchObject([201, SETTINGS])
    expect(await get('new')).toMatchObject(SETTINGS)
    const { rows } = await server.database.run(sql`SELECT "since" = '-infinity', "types" FROM "call_charge_types"
      WHERE "tenant_id" = 'new'`)
    expect(rows).toEqual([['t', JSON.stringify(SETTINGS.callChargeTypes).replace(',', ', ')]])
  })

  test('is in the list, too, without the logo', async () => {
    const { body } = await server.call('GET', TENANTS)
    const { logo: _, ...branding } = BRANDING
    expect(body).toMatchObject([{ ...SETTINGS, branding }])
    expect(body[0].branding).not.toHaveProperty('logo')
  })

  test('is read by documents as it was set', async () => {
    const { logo, ...others } = await readBranding(BRANDING)
    expect({ ...others, logo: BRANDING.logo }).toEqual(BRANDING)
    expect(logo?.width).toBe(2)
  })
})

describe('A branding', () => {
  test('is merged, taken away in parts, and as a whole', async () => {
    await patch(TENANT, { branding: null })
    expect(await get(TENANT)).not.toHaveProperty('branding')
    await patch(TENANT, { branding: { colour: '#0b6b5d', address: { city: 'Kiel', country: 'DE' } } })
    await patch(TENANT, { branding: { taxNumber: 'DE1', address: { city: 'Bonn', country: null } } })
    expect((await get(TENANT)).branding).toEqual({ colour: '#0b6b5d', address: { city: 'Bonn' }, taxNumber: 'DE1' })
    expect((await patch(TENANT, { branding: null })).body).not.toHaveProperty('branding')
    expect((await auditOf(TENANT))[0]).toMatchObject({ before: { branding: {} }, after: { branding: null } })
  })

  test('has no picture in the audit, and nothing of how a company is reached', async () => {
    await patch(TENANT, { branding: BRANDING })
    const [{ after }] = await auditOf(TENANT)
    expect(after.branding).toMatchObject({ logo: expect.stringMatching(/^SHA-256 [0-9a-f]{64}$/), colour: '#0b6b5d' })
    expect(JSON.stringify(after)).not.toContain('DE02')
    await patch(TENANT, { branding: null })
  })
})

test.each<[unknown, string]>([
  [{}, 'There must be at least one of name, timeZone, currency, language, billNumberPattern'],
  [{ colour: '#000000' }, '$.colour is nothing that can be set here'],
  [{ isOperator: true }, '$.isOperator is nothing that can be set here'],
  [[], 'The body must be a JSON object'],
  ...[
    'Berlin',
    'CET',
    'EST5EDT',
    'UTC+2',
    '<X>-2',
    'europe/berlin',
    'Europe/Nowhere',
    'posix/Europe/Berlin',
    '',
    null
  ].map((timeZone): [unknown, string] => [{ timeZone }, '$.timeZone must be UTC or a time zone of the IANA database']),
  ...['EURO', 'eur', 'XXX', 'XTS', null, 978].map((currency): [unknown, string] => [
    { currency },
    '$.currency must be a currency of ISO 4217, such as EUR'
  ]),
  ...['de-AT', 'it', null].map((language): [unknown, string] => [{ language }, '$.language must be one of en, de, fr']),
  ...['INV-{yyyy}', '{01}{01}', '{mm}{01}', null].map((billNumberPattern): [unknown, string] => [
    { billNumberPattern },
    '$.billNumberPattern must be a text of at most 50 characters with one number such as {000001}'
  ]),
  ...['usageCharge', [''], [1], ['x'.repeat(51)], ['a', 'a'], ['a\n'], Array.from({ length: 51 }, String), null].map(
    (callChargeTypes): [unknown, string] => [{ callChargeTypes }, 'must be a list of at most 50 different types']
  ),
  ...[[], ['a', 'a'], 'a'].map((correctionReasons): [unknown, string] => [
    { correctionReasons },
    'must be a list of 1 to 50 different codes'
  ]),
  [{ itemisation: 5 }, '$.itemisation must be an object, or null for none'],
  [{ itemisation: { lines: -1 } }, '$.itemisation.lines must be a whole number from 0 to 10000'],
  [{ itemisation: { lines: 1.5 } }, '$.itemisation.lines must be a whole number from 0 to 10000'],
  [{ itemisation: { types: { call: '1' } } }, '$.itemisation.types.call must be a whole number from 0 to 10000'],
  [{ itemisation: { types: [] } }, '$.itemisation.types must be an object of at most 50 types of rates'],
  [{ itemisation: { rows: 1 } }, '$.itemisation.rows is nothing that can be set here'],
  [{ branding: 'blue' }, '$.branding must be an object, or null for none'],
  [{ branding: { color: '#000000' } }, '$.branding.color is nothing that can be set here'],
  [{ branding: { address: { street: 'x' } } }, '$.branding.address.street is nothing that can be set here'],
  [{ branding: { address: 'x' } }, '$.branding.address must be an object'],
  [
    { branding: { address: { country: 'DEU' } } },
    '$.branding.address.country must be a country of ISO 3166, two letters'
  ],
  [
    { branding: { address: { country: 'XX' } } },
    '$.branding.address.country must be a country of ISO 3166, two letters'
  ],
  [{ branding: { colour: 'red' } }, '$.branding.colour must be a colour such as #1f3a5f'],
  [{ branding: { contact: 'x' } }, '$.branding.contact must be a list of at most 8 lines'],
  [{ branding: { contact: Array(9).fill('x') } }, '$.branding.contact must be a list of at most 8 lines'],
  [{ branding: { contact: ['a\nb'] } }, '$.branding.contact[0] must be a line of 1 to 100 characters'],
  [{ branding: { bank: { iban: 'x'.repeat(101) } } }, '$.branding.bank.iban must be a line of 1 to 100 characters'],
  [{ branding: { taxNumber: '' } }, '$.branding.taxNumber must be a line of 1 to 100 characters'],
  [{ branding: { logo: logoUri(6, 16) } }, '$.branding.logo must be data:image/png;base64,... of at most 400000'],
  [{ branding: { logo: `data:image/png;base64,${'A'.repeat(500_000)}` } }, '$.branding.logo must be data:image/png'],
  [{ branding: { logo: 'https://x.example/logo.png' } }, '$.branding.logo must be data:image/png']
])('Nobody sets %j', async (body, message) => {
  const before = await get(TENANT)
  const reply = await patch(TENANT, body)
  expect([reply.status, reply.body.message]).toEqual([400, expect.stringContaining(message)])
  expect(await get(TENANT)).toEqual(before)
})

test('An administrator sets its own tenant alone, one of the operator any, and a partner none', async () => {
  const body = { language: 'de' }
  expect((await patch('other', body)).status).toBe(404)
  expect((await patch(TENANT, body, PARTNER)).status).toBe(403)
  expect((await get('other')).language).toBe('en')
  expect((await patch('other', body, OPERATOR)).body.language).toBe('de')
  for (const headers of [OPERATOR, { token: 'other-key' }]) {
    const entries = await auditOf('other', headers)
    expect(entries).toHaveLength(1)
    expect(entries[0]).toMatchObject({ actorName: OPERATOR.token, before: { language: 'en' }, after: body })
  }
})

describe('Patterns of bill numbers', () => {
  const date = '2026-04-01T00:00:00.000Z'
  const take = async (count: number) => {
    const { prefix, first, suffix } = await server.database.transaction((tx) =>
      takeNumbers(tx, 'operator', date, count)
    )
    return `${prefix}${first}${suffix}`
  }
  const set = async (billNumberPattern: string) => {
    const { status, body } = await patch('operator', { billNumberPattern }, OPERATOR)
    return status === 200 ? body.billNumberPattern : [status, body.message]
  }

  test('begin series that go on where they were', async () => {
    expect(await take(3)).toBe('INV-2026-1')
    expect(await set('BILL-{01}')).toBe('BILL-{01}')
    expect([await take(2), await take(1)]).toEqual(['BILL-1', 'BILL-3'])
    expect(await set('INV-{yyyy}-{000001}')).toBe('INV-{yyyy}-{000001}')
    expect(await take(1)).toBe('INV-2026-4')
    expect(await set('INV-{yyyy}-{01}')).toBe('INV-{yyyy}-{01}')
    expect(await take(1)).toBe('INV-2026-5')
    expect(await set('BILL-{0001}')).toBe('BILL-{0001}')
    expect(await take(1)).toBe('BILL-4')
  })

  test.each([
    ['BILL-1{001}', 'BILL-{1}'],
    ['BILL-{yyyy}{001}', 'BILL-{1}'],
    ['INV-202{01}-{yyyy}', 'INV-2026-{1}']
  ])('that could give a number of another series are refused: %s', async (pattern, series) => {
    const message = `$.billNumberPattern could give a bill a number that ${series} gives to another bill`
    expect(await set(pattern)).toEqual([409, message])
  })

  test.each([
    [{ creditNoteNumberPattern: 'BILL-{1}' }, 'must number credit notes apart'],
    [{ creditNoteNumberPattern: 'BILL-1{001}' }, '$.creditNoteNumberPattern could give a bill a number that BILL-{1}'],
    [{ billNumberPattern: 'CRN-2026-{1}' }, 'must number credit notes apart'],
    [{ billNumberPattern: 'N{1}', creditNoteNumberPattern: 'N1{01}' }, 'must number credit notes apart']
  ])('never number credit notes like bills: %j', async (settings, message) => {
    const { status, body } = await patch('operator', settings, OPERATOR)
    expect([status, body.message]).toEqual([409, expect.stringContaining(message)])
    const created = { id: 'twice', name: 'Twice', billNumberPattern: 'CRN-{yyyy}-{01}' }
    expect((await server.call('POST', TENANTS, created, OPERATOR)).status).toBe(409)
  })

  test('are compared with the present one before its first bill, and with no other tenant’s', async () => {
    expect(await set('X{1}')).toBe('X{1}')
    expect(await set('X1{1}')).toEqual([409, expect.stringContaining('X{1}')])
    expect((await patch('other', { billNumberPattern: 'BILL-1{001}' }, OPERATOR)).status).toBe(200)
  })
})
