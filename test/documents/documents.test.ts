import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccounts, addCustomer } from '../support/accounts.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { addApiKey, addPartner, OTHER_TENANT, TENANT } from '../support/database.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { logoUri } from './logo.ts'
import { textsOf } from './pdf-text.ts'
import { BRANDING } from './source.ts'

let server: TestServer
let partnerId: string
beforeAll(async () => {
  server = await startTestServer()
  await fillWithDemoData(server.database)
  partnerId = await addPartner(server.database, TENANT, 'P-1')
  await addApiKey(server.database, { tenantId: TENANT, key: 'partner', partnerId })
  await addApiKey(server.database, { tenantId: TENANT, key: 'rates-only', scopes: ['account:read'] })
})
afterAll(() => server.close())

async function post(path: string, body: object, headers = {}) {
  const { status, body: made } = await server.call('POST', path, body, headers)
  expect([status, made]).toEqual([201, made])
  return made
}

const due = (value: number, unit = 'EUR') => ({ unit, value })
const bill = (body: object = {}, headers = {}): Promise<Answer> =>
  post('customerBill', { billNo: 'B-1', billingAccount: { id: 'A1', name: 'Ada' }, ...body }, headers)
const placeOf = ({ id, billDocument }: Answer) => `${BASE}/customerBill/${id}/document/${billDocument[0]?.id}`

async function document(url: string, headers: Record<string, string> = {}) {
  const answer = await server.app.inject({ url, headers: { token: 'demo-api-key', ...headers } })
  return { status: answer.statusCode, headers: answer.headers, bytes: answer.rawPayload, text: answer.body }
}

test('every bill of the demo has a document whose lines and taxes are its total, kept when issued', async () => {
  const { body } = await server.call('GET', 'customerBill?limit=1000&fields=billNo,billDocument')
  expect(body.length).toBeGreaterThan(200)
  for (const each of body) {
    const html = await document(placeOf(each), { accept: 'text/html' })
    expect([each.billNo, html.status]).toEqual([each.billNo, 200])
    expect(html.text).toContain(each.billNo ?? 'invoice')
  }
  const { rows } = await server.database.run(sql`SELECT DISTINCT "issued_as" IS NOT NULL, "letterhead_id" IS NOT NULL
    FROM "customer_bill" ORDER BY 1`)
  expect(rows).toEqual([
    ['f', 'f'],
    ['t', 't']
  ])
})

test('a bill leads to its document, under the address by which the client came', async () => {
  const made = await bill()
  const url = `http://bills.example${placeOf(made)}`
  const { body } = await server.call('GET', `customerBill/${made.id}`, undefined, { host: 'bills.example' })
  expect(body.billDocument).toEqual([{ ...made.billDocument[0], url }])
  const part = await server.call('GET', `customerBill?id=${made.id}&fields=billDocument.url`, undefined, {
    host: 'bills.example'
  })
  expect(part.body[0].billDocument).toEqual([{ url }])
  const patched = await server.call('PATCH', `customerBill/${made.id}`, { state: 'onHold' }, { host: 'bills.example' })
  expect([patched.status, patched.body.billDocument[0].url]).toEqual([200, url])
  const { rows } = await server.database.run(sql`SELECT "bill_document" FROM "customer_bill" WHERE "id" = ${made.id}
    UNION ALL SELECT "document"->'billDocument' FROM "event" WHERE "resource_id" = ${made.id}`)
  expect(rows.filter(([stored]) => stored?.includes('url'))).toEqual([])
  expect(rows.length).toBeGreaterThan(2)
})

test('the PDF has the name of the tenant, the account and the customer of the bill', async () => {
  const branding = JSON.stringify({ ...BRANDING, logo: logoUri(6) })
  await server.database.run(sql`UPDATE "tenant" SET "name" = 'Nordlicht', "branding" = ${branding}, "language" = 'de'
    WHERE "id" = ${TENANT}`)
  await addCustomer(server.database, 'Emre Aydın', { line1: 'Çiğdem-Straße 5', city: 'Berlin' })
  await addAccounts(server.database, ['FR1'], { language: 'fr' })
  const made = await bill({ billingAccount: { id: 'FR1' }, state: 'validated', taxExcludedAmount: due(0) })
  const { status, headers, bytes } = await document(placeOf(made))
  expect([status, headers['content-type']]).toEqual([200, 'application/pdf'])
  expect(headers['content-disposition']).toBe('inline; filename="B-1.pdf"')
  const texts = (await textsOf(bytes)).flat()
  expect(texts).toEqual(
    expect.arrayContaining(['Nordlicht', 'Facture B-1', 'Emre Aydın', 'Çiğdem-Straße 5', 'FR1 · Account'])
  )
  const others = (await textsOf((await document(placeOf(await bill({ state: 'validated' })))).bytes)).flat()
  expect(others).toEqual(expect.arrayContaining(['Rechnung B-1', 'Ada', 'A1']))
})

test('payments change nothing about the document of a bill', async () => {
  const made = await bill({ state: 'sent', amountDue: due(10), remainingAmount: due(10) })
  const before = await document(placeOf(made))
  await server.database.run(sql`UPDATE "customer_bill" SET "remaining_amount_value" = 0, "state" = 'settled',
    "last_update" = now() + interval '1 day' WHERE "id" = ${made.id}`)
  expect((await document(placeOf(made))).bytes.equals(before.bytes)).toBe(true)
})

describe('what a client gets', () => {
  let place: string
  beforeAll(async () => {
    const made = await bill({ billNo: '../B "1"\r\n=1', taxExcludedAmount: due(5) })
    const rate = { isBilled: true, bill: { id: made.id }, name: '=1+1', taxExcludedAmount: due(5) }
    await post('appliedCustomerBillingRate', rate)
    place = placeOf(made)
  })

  test.each([
    [undefined, 'application/pdf', 'inline; filename="B-1-1.pdf"'],
    ['*/*', 'application/pdf', 'inline; filename="B-1-1.pdf"'],
    ['text/html', 'text/html;charset=utf-8', 'inline; filename="B-1-1.html"'],
    ['text/csv', 'text/csv;charset=utf-8;header=present', 'attachment; filename="B-1-1.csv"']
  ])('accepting %s is %s', async (accept, type, disposition) => {
    const { status, headers } = await document(place, accept ? { accept } : {})
    expect([status, headers['content-type'], headers['content-disposition']]).toEqual([200, type, disposition])
    expect([headers.vary, headers['cache-control']]).toEqual(['Accept', 'private, no-cache'])
  })

  test('a page has a policy of its own, by which it has its style', async () => {
    const { headers } = await document(place, { accept: 'text/html' })
    expect(headers['content-security-policy']).toContain("default-src 'none'; style-src 'sha256-")
    expect((await document(place)).headers['content-security-policy']).not.toContain('style-src')
  })

  test('a table keeps formulas from being one', async () => {
    expect((await document(place, { accept: 'text/csv' })).text).toContain(",'=1+1,")
  })

  test('what the client has need not be sent again; each type has a tag of its own', async () => {
    const tags = await Promise.all(
      ['application/pdf', 'text/html', 'text/csv'].map(async (accept) => {
        const tag = String((await document(place, { accept })).headers.etag)
        const again = await document(place, { accept, 'if-none-match': tag })
        expect([again.status, again.text, again.headers.etag]).toEqual([304, '', tag])
        return tag
      })
    )
    expect(new Set(tags).size).toBe(3)
  })

  test('HEAD is what GET is, without the document', async () => {
    const { statusCode, body, headers } = await server.app.inject({
      method: 'HEAD',
      url: place,
      headers: { token: 'demo-api-key' }
    })
    expect([statusCode, body, headers['content-type']]).toEqual([200, '', 'application/pdf'])
  })

  test.each([
    [{ accept: 'application/json' }, 406],
    [{ 'if-none-match': 'none' }, 400],
    [{ token: 'rates-only' }, 403],
    [{ token: 'nonsense' }, 401],
    [{ token: 'partner' }, 404],
    [{ token: 'other-key' }, 404],
    [{ proxy_accountNumber: 'P-1' }, 404]
  ])('with %j it is %i', async (headers, status) => {
    const answer = await document(place, headers as Record<string, string>)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, expect.objectContaining({ '@type': 'Error' })])
  })
})

test('a partner sees the documents of its own bills', async () => {
  const made = await bill({}, { proxy_accountNumber: 'P-1' })
  expect((await document(placeOf(made), { token: 'partner' })).status).toBe(200)
  expect((await document(placeOf(made))).status).toBe(200)
  expect((await document(placeOf(made), { token: 'other-key' })).status).toBe(404)
})

test('a document belongs to one bill, for every principal', async () => {
  const [one, other] = [await bill(), await bill()]
  expect((await document(placeOf({ ...one, billDocument: other.billDocument }))).status).toBe(404)
  expect((await document(placeOf({ ...one, id: 'nonsense' }))).status).toBe(404)
  const { rows } = await server.database.run(
    sql`SELECT count(*) FROM "customer_bill" WHERE "tenant_id" = ${OTHER_TENANT}`
  )
  expect(rows).toEqual([['0']])
})

describe('a document that was posted', () => {
  const content = Buffer.from('<script>alert(1)</script>').toString('base64')
  test.each([
    [{ content, mimeType: 'text/html', name: 'mine.html' }, 'text/html', 'attachment; filename="mine.html"'],
    [{ content, mimeType: 'text/html\r\nx: y' }, 'application/octet-stream', 'attachment; filename="D-1"'],
    [{ content }, 'application/octet-stream', 'attachment; filename="D-1"']
  ])('with its content is returned to be saved: %#', async (own, type, disposition) => {
    const made = await bill({ billDocument: [{ id: 'D-1', attachmentType: 'customerBill', ...own }] })
    expect(made.billDocument[0]?.url).toBeUndefined()
    const { status, headers, text } = await document(placeOf(made))
    expect([status, text]).toEqual([200, '<script>alert(1)</script>'])
    expect([headers['content-type'], headers['content-disposition']]).toEqual([type, disposition])
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect((await document(placeOf(made), { accept: 'application/pdf' })).status).toBe(406)
  })

  test('that is kept elsewhere is not fetched or redirected to', async () => {
    const made = await bill({ billDocument: [{ id: 'D-1', url: 'https://elsewhere.example/1.pdf' }] })
    expect(made.billDocument[0]?.url).toBe('https://elsewhere.example/1.pdf')
    const { status, text } = await document(placeOf(made))
    expect([status, parsed(text).message]).toEqual([404, expect.stringContaining('kept elsewhere')])
  })
})

test('a bill whose rates are not its total has no document, but its rates as a table', async () => {
  const made = await bill({ taxExcludedAmount: due(10) })
  const rate = { isBilled: true, bill: { id: made.id }, taxExcludedAmount: due(9) }
  await post('appliedCustomerBillingRate', rate)
  const { status, text } = await document(placeOf(made))
  expect([status, parsed(text).message]).toEqual([409, expect.stringMatching(/amount to 9, .* is 10$/)])
  expect((await document(placeOf(made), { accept: 'text/csv' })).status).toBe(200)
})
