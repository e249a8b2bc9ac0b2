import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillWithBills } from '../../bench/bills.ts'
import { render, sql } from '../../src/db/sql.ts'
import { customerBill } from '../../src/resources/customer-bill.ts'
import { isExpensive } from '../../src/tmf/cost.ts'
import { pageOf } from '../../src/tmf/page.ts'
import { parseQuery } from '../../src/tmf/query/query.ts'
import { writeList } from '../../src/tmf/serving/list-text.ts'
import { KEYS, OTHER_TENANT, type PlainDatabase, TENANT } from '../support/database.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'

const BILLS = 2_000
/** The number that the planner believes in. */
const BELIEVED = 2_000_000
const OTHER = { token: KEYS[OTHER_TENANT] }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const client = new pg.Client(server.url)
  await client.connect()
  for (const tenant of [TENANT, OTHER_TENANT]) await fillWithBills([client], tenant, BILLS)
  await client.query('ALTER TABLE customer_bill SET (autovacuum_enabled = false)')
  await client.query('VACUUM (ANALYZE) customer_bill')
  await client.query(`UPDATE pg_class SET reltuples = ${2 * BELIEVED} WHERE relname = 'customer_bill'`)
  await client.end()
})
afterAll(() => server.close())

const nested = `filter=${encodeURIComponent(`$[?(@.taxItem[?(@.taxCategory=='VAT' && @.taxRate>5)])]`)}`
const account = 'billingAccount.id=ACC-00000001'

describe('of millions of bills', () => {
  test.each<[string, string, boolean, boolean?]>([
    ['the first page', '', false],
    ['the newest of an account', `${account}&sort=-billDate&limit=10`, false],
    ['some attributes of an account’s', `${account}&fields=billNo,state`, false],
    ['those of a related party', 'relatedParty.id=CUST-1', false],
    ['those of a cycle', 'billCycle.id=01K7YFXDQTKN9AMQQ57WD0R7B1', false],
    ['those of a cycle with an exact count', 'billCycle.id=01K7YFXDQTKN9AMQQ57WD0R7B1', false, true],
    ['those of a financial account with an exact count', 'financialAccount.id=FA-1', false, true],
    ['a page somewhat further on', 'offset=900', false],
    ['a long page of short answers', 'limit=1000&fields=id', false],
    ['an account’s by a pattern', `${account}&billNo.regex=^B0`, false],
    ['a long page', 'limit=1000', true],
    ['a page far away', 'offset=1000000', true],
    ['a page far away in another order', 'offset=1000000&sort=billNo&fields=id', true],
    ['what a nested filter finds', nested, true],
    ['what a pattern finds', 'billNo.regex=(x{1,20}y?){1,12}z', true],
    ['what an attribute without an index finds', 'amountDue.value.gt=1000000', true],
    ['an order without an index', 'sort=amountDue.value', true],
    ['an order whose index has not all', 'sort=billCycle.id', true]
  ])('%s: %s', async (_, query, expected, wantsExactCount = false) => {
    expect(await weigh(query, wantsExactCount)).toBe(expected)
  })

  test('an exact count is expensive where it counts many', async () => {
    expect(await weigh('limit=1', true)).toBe(true)
    expect(await weigh(`${account}&limit=1`, true)).toBe(false)
  })
})

function weigh(query: string, wantsExactCount = false): Promise<boolean> {
  return isExpensive(
    server.database,
    pageOf(customerBill, { tenantId: TENANT, partnerId: undefined }, parseQuery(query)),
    wantsExactCount
  )
}

test.each([
  ['what is cheap by its shape', 'no question', `${account}&sort=-billDate`, 0],
  ['a page of few that are filtered', 'one question', `${account}&amountDue.value.gt=0`, 1]
])('%s costs %s to the planner', async (_, _questions, query, questions) => {
  const asked: string[] = []
  const run: PlainDatabase['run'] = (statement) => {
    asked.push(render(statement).text)
    return server.database.run(statement)
  }
  const watched = await startTestServer({}, { ...server, database: { ...server.database, run } })
  const list = await watched.call('GET', `customerBill?${query}&limit=10&fields=id`)
  expect(list.body).toHaveLength(10)
  await watched.close()
  expect(asked.filter((text) => text.startsWith('EXPLAIN'))).toHaveLength(questions)
})

test('expensive lists of a tenant run one at a time, beside those of others and its own cheap reads', async () => {
  const gate = Promise.withResolvers<void>()
  const entered: string[] = []
  const run: PlainDatabase['run'] = async (statement) => {
    const { text, values } = render(statement)
    if (text.startsWith('SELECT "page"') && text.includes('jsonb_array_elements')) {
      entered.push(String(values.find((value) => value === TENANT || value === OTHER_TENANT)))
      await gate.promise
    }
    return server.database.run(statement)
  }
  const held = await startTestServer({}, { ...server, database: { ...server.database, run } })
  const send = (headers?: Record<string, string>): Promise<Reply> =>
    held.call('GET', `customerBill?${nested}`, undefined, headers)
  const own = Array.from({ length: 5 }, () => send())
  const others = Array.from({ length: 5 }, () => send(OTHER))
  await expect.poll(() => entered.length).toBe(2)
  expect((await held.call('GET', `customerBill?${account}`)).status).toBe(200)
  expect((await held.call('GET', `customerBill?${account}`, undefined, OTHER)).status).toBe(200)
  expect(entered.sort()).toEqual([TENANT, OTHER_TENANT].sort())
  gate.resolve()
  const statuses = (await Promise.all([...own, ...others])).map(({ status }) => status)
  expect(statuses).toEqual(Array(10).fill(200))
  expect(entered).toHaveLength(10)
  await held.close()
})

test('a long list is complete and in order, whatever pieces it is fetched and written in', async () => {
  const { body, headers, text } = await server.call('GET', 'customerBill?limit=1000')
  const ids = await server.database.run(
    sql`SELECT "id" FROM "customer_bill" WHERE "tenant_id" = ${TENANT} ORDER BY "id" LIMIT 1000`
  )
  expect(body.map(({ id }: { id: string }) => id)).toEqual(ids.rows.map(([id]) => id))
  expect(headers['content-length']).toBe(String(Buffer.byteLength(text)))
})

test.each([0, 1, 100, 101, 200, 301])('%i elements are written as one array', async (count) => {
  const elements = Array.from({ length: count }, (_, at) => ({ name: `é${at}` }))
  const text = String(await writeList(elements, (element) => JSON.stringify(element)))
  expect(text).toBe(JSON.stringify(elements))
})
