import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { BASE, type Reply, startTestServer, type TestServer } from '../support/server.ts'
import { longestTurnMs, TURN_MAX_MS } from '../support/turns.ts'

const MOVEMENTS_MAX = 10_000

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.app.listen({ port: 0, host: '127.0.0.1' })
  await server.database.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "is_billed", "name",
      "billing_account_id", "tax_excluded_amount_value", "tax_excluded_amount_unit")
    SELECT ${TENANT}, concat('R-', n), false, repeat('x', 200), 'A-1', 1, 'EUR' FROM generate_series(1, 1000) n`)
  await server.call('POST', 'customers', { id: 'C-2', name: 'Ada' })
  await server.call('POST', 'accounts', { id: 'A-2', name: 'Ada', customerId: 'C-2' })
})
afterAll(() => server.close())

/** The default of BODY_LIMIT_BYTES. */
const BODY_LIMIT = 1_048_576
const RATES = `${BASE}/appliedCustomerBillingRate`
const rate = (at: number) => ({
  externalId: `E-${at}`,
  billingAccount: { id: 'A-1' },
  taxExcludedAmount: { unit: 'EUR', value: 1 }
})
const many = Array.from({ length: 9_000 }, (_, at) => rate(at))

interface Request {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
  readonly type?: string
}

const members = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, 1])))

const REQUESTS: Readonly<Record<string, Request>> = {
  'a list of 1,000': { query: { limit: '1000' } },
  'a long pattern': { query: { 'name.regex': '(x{1,9}y?)'.repeat(700) } },
  'a pattern of nested groups': { query: { 'name.regex': `${'('.repeat(200)}x${')?'.repeat(200)}` } },
  'a long path': { query: { filter: `$[?(${Array(300).fill("@.name=='x'").join(' || ')})]` } },
  'a list of values': { query: { name: Array(3_000).fill('xy').join(',') } },
  'lines of JSON': { body: many.map((each) => JSON.stringify(each)).join('\n'), type: 'application/x-ndjson' },
  'an array of many': { body: JSON.stringify(many), type: 'application/json' },
  'an array of nothing': { body: `[1${',1'.repeat(BODY_LIMIT / 2 - 2)}]`, type: 'application/json' },
  'an array of objects': { body: `[{}${',{"a":1}'.repeat(BODY_LIMIT / 8 - 1)}]`, type: 'application/json' },
  'more members than are taken': { body: members(BODY_LIMIT / 16), type: 'application/json' },
  'as many members as are taken': { body: members(10_000), type: 'application/json' },
  'deep JSON': { body: '['.repeat(BODY_LIMIT), type: 'application/json' },
  'a long text': { body: JSON.stringify({ name: 'x'.repeat(BODY_LIMIT - 12) }), type: 'application/json' }
}

async function send({ query = {}, body, type = '' }: Request, path = RATES) {
  const url = `${path}?${new URLSearchParams(query)}`
  const headers = { token: KEYS[TENANT], ...(body !== undefined && { 'content-type': type }) }
  const { port } = server.app.server.address() as AddressInfo
  const method = body === undefined ? 'GET' : 'POST'
  const answer = await fetch(`http://127.0.0.1:${port}${url}`, { method, headers, ...(body && { body }) })
  for await (const _ of answer.body ?? []);
  return answer.status
}

test.each(Object.entries(REQUESTS))('%s holds nobody up', async (_, request) => {
  let status = 0
  const longest = await longestTurnMs(async () => {
    status = await send(request)
  })
  expect(status).toBeLessThan(500)
  expect(longest).toBeLessThan(TURN_MAX_MS)
})

test('a list of payments that pay many bills each holds nobody up', async () => {
  const path = '/billing/v1/payment'
  await server.database.run(sql`WITH "bills" AS (
      INSERT INTO "customer_bill" ("tenant_id", "id", "last_update", "state", "bill_document")
      SELECT ${TENANT}, concat('B-', n), now(), 'new', '[]' FROM generate_series(1, 300) n),
    "payments" AS (
      INSERT INTO "payment" ("tenant_id", "id", "billing_account_id", "amount", "currency", "method", "reference",
        "reference_key", "content_hash")
      SELECT ${TENANT}, concat('P-', n), 'A-2', 1, 'EUR', 'cash', n::text, n::text, '' FROM generate_series(1, 100) n)
    INSERT INTO "payment_allocation" ("tenant_id", "id", "payment_id", "bill_id", "amount", "bill_state")
    SELECT ${TENANT}, concat(p, '-', b), concat('P-', p), concat('B-', b), 0.01, 'sent'
    FROM generate_series(1, 100) p, generate_series(1, 300) b`)
  const payments = (await server.call('GET', path)).body
  expect(payments.map(({ allocations }) => allocations.length)).toEqual(Array(100).fill(300))
  expect(await longestTurnMs(() => send({}, path))).toBeLessThan(TURN_MAX_MS)
})

describe('a statement', () => {
  const ask = (from: string) => server.call('GET', `accounts/A-2/statement?from=${from}&to=2026-04-07`)
  const idsOf = ({ body }: Reply) => body.movements.map(({ source }) => source.id)
  const payEachMinute = (from: number, count: number) =>
    server.database.run(sql`INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book",
        "billing_account_id", "currency", "amount", "source_type", "source_id")
      SELECT ${TENANT}, concat('J-', n), "line", timestamptz '2026-04-01' + n * interval '1 minute', "book",
        'A-2', 'EUR', "amount", 'payment', concat('P-', n)
      FROM generate_series(${from}::int, ${from + count - 1}::int) n,
        (VALUES (1, 'cash', 0.01), (2, 'receivable', -0.01)) e ("line", "book", "amount")`)
  const payments = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `P-${at + from}`)

  beforeAll(async () => {
    await payEachMinute(0, MOVEMENTS_MAX)
  })

  test('of very many movements holds nobody up', async () => {
    const statement = await ask('2026-04-01')
    expect(statement.body.closingBalance).toEqual({ unit: 'EUR', value: 100 })
    expect(idsOf(statement)).toEqual(payments(0, MOVEMENTS_MAX))
    // Unparsed: parsing is the client's turn.
    const query = { from: '2026-04-01', to: '2026-04-07' }
    expect(await longestTurnMs(() => send({ query }, `${BASE}/accounts/A-2/statement`))).toBeLessThan(TURN_MAX_MS)
  })

  test('of too many is refused, and has all of them in shorter periods', async () => {
    await payEachMinute(MOVEMENTS_MAX, 1)
    const { status, body } = await ask('2026-04-01')
    expect([status, body.messageCode]).toEqual([400, 'query.tooManyMovements'])
    expect(idsOf(await ask('2026-04-02'))).toEqual(payments(24 * 60, MOVEMENTS_MAX + 1))
  })
})
