import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { isId } from '../../src/base/ulid.ts'
import { rawSql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { validate } from '../../src/tmf/declaration/schema.ts'
import { addApiKey, type TestDatabase } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { resources } from '../support/standard-resources.ts'

const TENANTS = ['demo', 'demo2']
/** Digits of the minor unit by currency, for SQL. */
const DIGITS = `(VALUES ('EUR', 2), ('JPY', 0), ('KWD', 3)) AS digits(unit, places)`

let servers: readonly TestServer[]
beforeAll(async () => {
  servers = await Promise.all(TENANTS.map((key) => startTestServer({}, undefined, { token: key })))
  for (const { database } of servers) {
    expect(await fillWithDemoData(database)).toBe(true)
    for (const tenantId of TENANTS) await addApiKey(database, { tenantId, key: tenantId })
  }
})
afterAll(() => Promise.all(servers.map((server) => server.close())))

const server = () => servers[0] as TestServer
const query = async (text: string, { database }: Pick<TestDatabase, 'database'> = server()) =>
  (await database.run(rawSql(text))).rows
const numbers = async (text: string) => (await query(text)).map((row) => row.map(Number))
const column = async (text: string) => (await query(text)).map(([value]) => value)

describe('what there is', () => {
  test.each([
    ['tenants', `SELECT count(*) FROM tenant WHERE id IN ('demo', 'demo2') AND name <> id`, 2],
    ['accounts', 'SELECT count(DISTINCT (tenant_id, billing_account_id)) FROM customer_bill', 40],
    ['cycle specifications', 'SELECT count(*) FROM bill_cycle_specification', 4],
    ['specifications with cycles', 'SELECT count(DISTINCT bill_cycle_specification_id) FROM bill_cycle', 4],
    ['bills', 'SELECT count(*) FROM customer_bill', 300],
    ['rates', 'SELECT count(*) FROM applied_customer_billing_rate', 2000],
    ['requests', 'SELECT count(*) FROM customer_bill_on_demand', 20]
  ])('%s', async (_, text, count) => {
    expect(await numbers(text)).toEqual([[count]])
  })

  test.each([
    ['customer_bill', 'state', ['new', 'onHold', 'partiallyPaid', 'sent', 'settled', 'validated']],
    ['customer_bill', 'amount_due_unit', ['EUR', 'JPY', 'KWD']],
    ['customer_bill', 'category', ['creditNote', 'interim', 'normal', 'trial']],
    ['customer_bill_on_demand', 'state', ['done', 'rejected', 'terminatedWithError']],
    ['applied_customer_billing_rate', 'is_billed', ['f', 't']],
    [
      'applied_customer_billing_rate',
      'rate_type',
      ['appliedBillingCharge', 'appliedBillingCredit', 'appliedPenaltyCharge']
    ],
    [
      `applied_customer_billing_rate,
        jsonb_path_query(characteristic, '$[*] ? (@.name == "chargeType").value') AS kind`,
      `kind #>> '{}'`,
      ['credit', 'oneTimeCharge', 'penalty', 'recurringCharge', 'usageCharge']
    ]
  ])('every value of %s %s', async (table, name, values) => {
    expect(await column(`SELECT DISTINCT ${name} AS value FROM ${table} ORDER BY value`)).toEqual(values)
  })

  test('bills were held before and after they were issued', async () => {
    const held = `SELECT DISTINCT issued_as FROM customer_bill WHERE state = 'onHold' ORDER BY issued_as`
    expect(await column(held)).toEqual(['validated', null])
    const issued = `SELECT DISTINCT issued_as IS NOT NULL FROM customer_bill WHERE state NOT IN ('new', 'onHold')`
    expect(await column(issued)).toEqual(['t'])
  })

  test('a bill has a number once it is issued, without gaps within its year', async () => {
    const odd = 'SELECT count(*) FROM customer_bill WHERE (bill_no IS NULL) <> (issued_as IS NULL)'
    expect(await numbers(odd)).toEqual([[0]])
    const series = await query(`SELECT tenant_id, left(bill_no, -7) AS series, count(*), max(right(bill_no, 6)::int),
      count(DISTINCT bill_no) FROM customer_bill WHERE bill_no IS NOT NULL GROUP BY 1, 2`)
    expect(series.map(([, name]) => name)).toEqual(expect.arrayContaining(['INV-2025', 'INV-2026', 'CN-2026']))
    for (const [, , count, last, different] of series) expect([last, different]).toEqual([count, count])
  })

  test('nothing is of a later day than the data as a whole, and no change comes before the creation', async () => {
    const late = (table: string, name: string) =>
      `(SELECT count(*) FROM ${table} WHERE ${name} < created_at OR greatest(${name}, created_at) > '2026-11-04')`
    const counts = `SELECT ${late('customer_bill', 'last_update')}, ${late('customer_bill_on_demand', 'last_update')},
      ${late('applied_customer_billing_rate', 'date')}`
    expect(await numbers(counts)).toEqual([[0, 0, 0]])
  })

  test('it is history: no events', async () => {
    expect(await numbers('SELECT count(*) FROM event')).toEqual([[0]])
  })
})

describe('amounts', () => {
  test('the lines of a bill are its amount before tax, exactly, in every currency', async () => {
    const bills = `SELECT tax_excluded_amount_unit, bool_and(total = tax_excluded_amount_value),
        bool_and(units = ARRAY[tax_excluded_amount_unit])
      FROM customer_bill bill CROSS JOIN LATERAL (SELECT sum(tax_excluded_amount_value) AS total,
        array_agg(DISTINCT tax_excluded_amount_unit) AS units FROM applied_customer_billing_rate
        WHERE tenant_id = bill.tenant_id AND bill_id = bill.id) lines GROUP BY 1 ORDER BY 1`
    expect(await query(bills)).toEqual(['EUR', 'JPY', 'KWD'].map((unit) => [unit, 't', 't']))
  })

  test('the tax of a category is its rate on the exact sum of its lines, rounded half up once', async () => {
    const taxes = `WITH due AS (
        SELECT rate.tenant_id, bill_id, unit, tax->>'taxCategory' AS category, (tax->>'taxRate')::numeric AS rate,
          round(sum(tax_excluded_amount_value) * (tax->>'taxRate')::numeric, places) AS amount,
          round(sum((tax->'taxAmount'->>'value')::numeric), places) AS of_lines
        FROM applied_customer_billing_rate rate, jsonb_array_elements(applied_tax) AS tax, ${DIGITS}
        WHERE is_billed AND unit = tax_excluded_amount_unit GROUP BY 1, 2, 3, 4, 5, places),
      said AS (
        SELECT tenant_id, id AS bill_id, tax->'taxAmount'->>'unit' AS unit, tax->>'taxCategory' AS category,
          (tax->>'taxRate')::numeric AS rate, (tax->'taxAmount'->>'value')::numeric AS amount
        FROM customer_bill, jsonb_array_elements(tax_item) AS tax)
      SELECT unit, bool_and(due.amount IS NOT DISTINCT FROM said.amount), bool_and(due.of_lines = said.amount),
        count(*) > 10 FROM due FULL JOIN said USING (tenant_id, bill_id, unit, category, rate) GROUP BY 1 ORDER BY 1`
    expect(await query(taxes)).toEqual(['EUR', 'JPY', 'KWD'].map((unit) => [unit, 't', 't', 't']))
  })

  test('before tax and taxes are what is due, payments and the rest as well, all in whole minor units', async () => {
    const sums = `SELECT unit,
        bool_and(tax_excluded_amount_value + taxes = tax_included_amount_value),
        bool_and(amount_due_value = tax_included_amount_value),
        bool_and(amount_due_value - paid = remaining_amount_value),
        bool_and((paid <> 0) = (applied_payment IS NOT NULL)),
        bool_and(round(tax_excluded_amount_value, places) = tax_excluded_amount_value
          AND round(tax_included_amount_value, places) = tax_included_amount_value
          AND round(remaining_amount_value, places) = remaining_amount_value)
      FROM customer_bill JOIN ${DIGITS} ON unit = amount_due_unit CROSS JOIN LATERAL (
        SELECT coalesce(sum((item->'taxAmount'->>'value')::numeric), 0) AS taxes
        FROM jsonb_array_elements(tax_item) AS item) t CROSS JOIN LATERAL (
        SELECT coalesce(sum((item->'appliedAmount'->>'value')::numeric), 0) AS paid
        FROM jsonb_array_elements(applied_payment) AS item) p GROUP BY 1 ORDER BY 1`
    expect(await query(sums)).toEqual(['EUR', 'JPY', 'KWD'].map((unit) => [unit, 't', 't', 't', 't', 't']))
  })

  test('what remains fits the state', async () => {
    const wrong = `SELECT count(*) FROM customer_bill WHERE CASE state
      WHEN 'settled' THEN remaining_amount_value <> 0
      WHEN 'partiallyPaid' THEN NOT (remaining_amount_value > 0 AND remaining_amount_value < amount_due_value)
      WHEN 'onHold' THEN NOT (remaining_amount_value = amount_due_value OR issued_as IS NOT NULL)
      ELSE remaining_amount_value <> amount_due_value END`
    expect(await numbers(wrong)).toEqual([[0]])
  })

  test('credit notes are negative, bills are not', async () => {
    const signs = `SELECT DISTINCT category = 'creditNote', sign(amount_due_value) FROM customer_bill ORDER BY 1`
    expect(await query(signs)).toEqual([
      ['f', '1'],
      ['t', '-1']
    ])
  })

  test('unbilled usage keeps its decimals', async () => {
    const finest = `SELECT tax_excluded_amount_unit, max(scale(trim_scale(tax_excluded_amount_value)))
      FROM applied_customer_billing_rate WHERE NOT is_billed GROUP BY 1 ORDER BY 1`
    const scales = await query(finest)
    expect(scales.map(([unit]) => unit)).toEqual(['EUR', 'JPY', 'KWD'])
    for (const [, scale] of scales) expect(Number(scale)).toBeGreaterThanOrEqual(4)
  })
})

describe('the ledger', () => {
  test('is sound, with a journal for each bill that was issued, and no other', async () => {
    const verified = await verifyLedger(server().database)
    const issued = await numbers(`SELECT count(*) FILTER (WHERE issued_as IS NOT NULL) FROM customer_bill
      GROUP BY tenant_id ORDER BY tenant_id`)
    expect(verified.filter(({ tenantId }) => TENANTS.includes(tenantId))).toEqual(
      TENANTS.map((tenantId, at) => {
        const [count] = issued[at] as number[]
        return { tenantId, journals: count, bills: count, payments: 0, difference: undefined }
      })
    )
  })

  test('has each bill on its date, and what was paid of it when that was', async () => {
    const wrong = `SELECT count(*) FROM ledger_entry entry JOIN customer_bill bill
      ON bill.tenant_id = entry.tenant_id AND bill.id = journal_id
      WHERE CASE WHEN book = 'cash' OR (book = 'receivable' AND line > 1) THEN posted_at <> last_update
        ELSE posted_at <> bill_date END`
    expect(await numbers(wrong)).toEqual([[0]])
    const dates = `SELECT count(DISTINCT date_trunc('month', posted_at)) > 10 FROM ledger_entry`
    expect(await column(dates)).toEqual(['t'])
  })

  test('a statement of the year ends with what remains of the bills of an account', async () => {
    const accounts = (await server().call('GET', 'accounts?limit=1000')).body
    expect(accounts).toHaveLength(30)
    for (const { id } of accounts) {
      const { body } = await server().call('GET', `accounts/${id}/statement?from=2025-09-01&to=2026-11-04`)
      const sums = `SELECT coalesce(sum(amount_due_value), 0), coalesce(-sum(remaining_amount_value), 0)
        FROM customer_bill WHERE tenant_id = 'demo' AND billing_account_id = '${id}' AND issued_as IS NOT NULL`
      expect(await numbers(sums)).toEqual([[body.totalCharges.value, body.closingBalance.value]])
    }
  })
})

describe('requests', () => {
  test('those that are done, and no others, name a bill of their account', async () => {
    const wrong = `SELECT count(*) FROM customer_bill_on_demand request LEFT JOIN customer_bill bill
      ON bill.tenant_id = request.tenant_id AND bill.id = customer_bill_id
      WHERE (request.state = 'done') <> (bill.id IS NOT NULL)
        OR (bill.id IS NOT NULL AND bill.billing_account_id <> request.billing_account_id)`
    expect(await numbers(wrong)).toEqual([[0]])
  })
})

describe('through the API', () => {
  test.each([...resources.values()])(
    'every $path of both tenants is valid, in the order of creation',
    async (resource) => {
      for (const each of servers) {
        const documents = []
        for (let next: string | undefined = `${resource.path}?limit=1000`; next; ) {
          const reply = await each.call('GET', next)
          documents.push(...reply.body)
          next = /<https?:\/\/[^/]+([^>]+)>; rel="next"/.exec(String(reply.headers.link))?.[1]
        }
        expect(documents.length).toBeGreaterThan(0)
        for (const { id, href, ...document } of documents) {
          expect(isId(id)).toBe(true)
          expect(href).toMatch(new RegExp(`/${resource.path}/${id}$`))
          expect(validate(resource, { id, ...document })).toEqual({ id, ...document })
        }
        const [inOrder] = await query(
          `SELECT count(*) FROM (SELECT created_at < lag(created_at) OVER (PARTITION BY tenant_id
        ORDER BY id) AS is_back FROM ${resource.table}) rows WHERE is_back`,
          each
        )
        expect(inOrder).toEqual(['0'])
      }
    }
  )

  test('the last bill of the first page, and the last of all, can be put on hold', async () => {
    const page = (await server().call('GET', 'customerBill')).body
    const all = (await server().call('GET', 'customerBill?limit=1000')).body
    expect(page).toHaveLength(100)
    expect(all).toHaveLength(220)
    for (const { id, state } of [page, all].flatMap((bills) => bills.slice(-1))) {
      expect(state).toBe('new')
      const patched = await server().call('PATCH', `customerBill/${id}`, { state: 'onHold' })
      expect([patched.status, patched.body.state]).toEqual([200, 'onHold'])
      await server().call('PATCH', `customerBill/${id}`, { state: 'new' })
    }
  })
})
