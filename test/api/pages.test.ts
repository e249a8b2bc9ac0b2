import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { render, sql } from '../../src/db/sql.ts'
import { openPlainDatabase, type PlainDatabase } from '../support/database.ts'
import { post, postNumberedBills } from '../support/samples.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let ids: readonly string[] = []
beforeAll(async () => {
  server = await startTestServer()
  ids = await postNumberedBills(server)
})
afterAll(() => server.close())

const links = ({ headers }: Reply): Record<string, string> =>
  Object.fromEntries(
    [...String(headers.link ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url, rel]) => [rel, String(url)])
  )
const numbers = ({ headers }: Reply) => [headers['x-total-count'], headers['x-result-count']]
const found = (reply: Reply) => reply.body.map(({ id }: { id: string }) => id)
const follow = (url: string | undefined) => server.call('GET', String(url).replace('http://localhost:80', ''))

describe('pages', () => {
  test('without paging parameters a complete list is 200 with its counts and no Link', async () => {
    const reply = await server.call('GET', 'customerBill')
    expect(reply.status).toBe(200)
    expect(found(reply)).toEqual(ids)
    expect(numbers(reply)).toEqual(['25', '25'])
    expect(reply.headers.link).toBeUndefined()
    expect(await server.call('GET', 'billCycle')).toMatchObject({ status: 200, body: [] })
  })

  test.each([
    ['limit=10', 206, 0, 10, ['first', 'next', 'last']],
    ['offset=10&limit=10', 206, 10, 20, ['first', 'prev', 'next', 'last']],
    ['offset=20&limit=10', 206, 20, 25, ['first', 'prev', 'last']],
    ['offset=24', 206, 24, 25, ['first', 'prev', 'last']],
    ['limit=25', 200, 0, 25, ['first', 'last']],
    ['offset=0', 200, 0, 25, ['first', 'last']],
    ['limit=99999999', 200, 0, 25, ['first', 'last']],
    ['offset=25', 206, 25, 25, ['first', 'prev', 'last']],
    ['offset=99999999999999999999', 206, 25, 25, ['first', 'prev', 'last']],
    ['limit=0', 206, 0, 0, ['first']]
  ])('%s is %i', async (query, status, from, until, relations) => {
    const reply = await server.call('GET', `customerBill?${query}`)
    expect(reply.status).toBe(status)
    expect(found(reply)).toEqual(ids.slice(from, until))
    expect(numbers(reply)).toEqual(['25', String(until - from)])
    expect(Object.keys(links(reply))).toEqual(relations)
  })

  test('first, prev, next and last lead where they say, and keep the query', async () => {
    const reply = await server.call('GET', 'customerBill?billNo%3E=B-00&fields=id&offset=8&limit=4&sort=-billNo')
    const { first, prev, next, last } = links(reply)
    const descending = [...ids].reverse()
    expect(found(reply)).toEqual(descending.slice(8, 12))
    expect(found(await follow(first))).toEqual(descending.slice(0, 4))
    expect(found(await follow(prev))).toEqual(descending.slice(4, 8))
    expect(found(await follow(next))).toEqual(descending.slice(12, 16))
    expect(found(await follow(last))).toEqual(descending.slice(24))
    expect(next).toContain('after=')
    expect(next).not.toContain('offset=')
  })

  test('where nothing is found the page is the whole of it', async () => {
    const reply = await server.call('GET', 'customerBill?billNo=nope&offset=5&limit=2')
    expect([reply.status, ...numbers(reply), ...Object.keys(links(reply))]).toEqual([200, '0', '0', 'first'])
  })

  test('behind the end prev is the last page, and a very long query gets next only', async () => {
    const behind = await server.call('GET', 'customerBill?offset=100&limit=10')
    expect(found(await follow(links(behind).prev))).toEqual(ids.slice(20))
    const long = await server.call('GET', `customerBill?limit=10&billNo.ne=${'x,'.repeat(450)}${'y'.repeat(900)}`)
    expect(Object.keys(links(long))).toEqual(['next'])
    expect(String(long.headers.link).length).toBeLessThan(4096)
  })

  test('a page behind a cursor knows where it is', async () => {
    const second = await follow(links(await server.call('GET', 'customerBill?limit=10&sort=billDate')).next)
    expect(second.status).toBe(206)
    expect(numbers(second)).toEqual(['25', '10'])
    const { prev } = links(second)
    expect(prev).toContain('offset=0&limit=10')
    const third = await follow(links(second).next)
    expect(numbers(third)).toEqual(['25', '5'])
    expect(Object.keys(links(third))).toEqual(['first', 'prev', 'last'])
  })

  test('a new row before the cursor shifts nothing', async () => {
    const { next } = links(await server.call('GET', 'billCycleSpecification?limit=2&sort=name'))
    expect(next).toBeUndefined()
    const names = ['b', 'c', 'd']
    for (const name of names) await post(server, 'billCycleSpecification', { name })
    const page = await server.call('GET', 'billCycleSpecification?limit=2&sort=name')
    await post(server, 'billCycleSpecification', { name: 'a' })
    const rest = await follow(links(page).next)
    expect(rest.body.map(({ name }: { name: string }) => name)).toEqual(['d'])
  })

  test('a cursor of another sort, a forged one, and one with an offset are refused', async () => {
    const { next } = links(await server.call('GET', 'customerBill?limit=10&sort=billDate'))
    const after = new URL(String(next)).searchParams.get('after')
    const forged = (cursor: unknown) => Buffer.from(JSON.stringify(cursor)).toString('base64url')
    for (const query of [
      `sort=billNo&after=${after}`,
      `after=${after}`,
      `sort=billDate&offset=3&after=${after}`,
      `sort=billDate&after=${forged(['billDate', 3, ['no date'], ids[0]])}`,
      `sort=billDate&after=${forged(['billDate', 3, [], ids[0]])}`,
      `after=${forged(['', 3, [], "' OR 1=1"])}`,
      `after=${forged(['', -3, [], ids[0]])}`
    ]) {
      expect(await server.call('GET', `customerBill?${query}`), query).toMatchObject({
        status: 400,
        body: { code: '28' }
      })
    }
  })

  test('the default page holds 100, and a list that it cuts has a Link though it is 200', async () => {
    await copyBills(80)
    const reply = await server.call('GET', 'customerBill')
    expect(reply.status).toBe(200)
    expect(numbers(reply)).toEqual(['105', '100'])
    expect(found(await follow(links(reply).next))).toHaveLength(5)
  })

  test('above 10,000 the total is an estimate, unless it must be exact', async () => {
    await copyBills(10_500)
    await server.database.run(sql`ANALYZE "customer_bill"`)
    const reply = await server.call('GET', 'customerBill?limit=1')
    expect(reply.headers['x-total-count-accuracy']).toBe('estimated')
    expect(Number(reply.headers['x-total-count'])).toBeGreaterThan(10_000)
    const exact = await server.call('GET', 'customerBill?limit=1', undefined, { prefer: 'count=exact' })
    expect(exact.headers['x-total-count']).toBe('10605')
    expect(exact.headers['x-total-count-accuracy']).toBeUndefined()
    const next = await follow(links(reply).next)
    expect(next.headers).toMatchObject({
      'x-total-count': reply.headers['x-total-count'],
      'x-total-count-accuracy': 'estimated'
    })
    const narrow = await server.call('GET', 'customerBill?limit=1&billNo=B-01')
    expect(narrow.headers['x-total-count-accuracy']).toBeUndefined()
    expect((await server.call('GET', 'customerBill?limit=5000')).body).toHaveLength(1000)
  })
})

let copied = 0
/** Copies the first bill, straight into the table. */
async function copyBills(count: number): Promise<void> {
  const columns = sql`"tenant_id", "last_update", "bill_document", "state", "billing_account_id"`
  await server.database.run(sql`INSERT INTO "customer_bill" ("id", ${columns})
    SELECT '7ZZZZZZZZZ' || lpad((n + ${copied})::text, 16, '0'), ${columns} FROM "customer_bill",
      generate_series(1, ${count}::int) n WHERE "id" = ${ids[0]}`)
  copied += count
}

describe('a list that runs out of time', () => {
  const slow = 'customerBill?sort=-category'

  test('is refused, saying what would be quicker, where its plan shows why', async () => {
    await impatiently(1, async (ask) => {
      await server.database.run(sql`ALTER TABLE "customer_bill" SET (autovacuum_enabled = off)`)
      await copyBills(10_000)
      await server.database.run(sql`ANALYZE "customer_bill"`)
      const statistics = sql`"pg_class" SET "reltuples" = "reltuples" * 1000 WHERE "relname" = 'customer_bill'`
      await server.database.run(sql`UPDATE ${statistics}`)
      const listed = await ask(slow)
      expect(listed).toMatchObject({ status: 400, body: { code: '28' } })
      expect(listed.body.message).toContain('filter on one of id, billNo, billDate')
      await server.database.run(sql`ANALYZE "customer_bill"`)
    })
  })

  test('has met a slow database where its plan does not', async () => {
    await impatiently(1, async (ask) => {
      expect(await ask(slow)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    })
  })

  test('or a single resource, has met a lock of somebody else', async () => {
    await impatiently(100, async (ask) => {
      await server.database.transaction(async (tx) => {
        await tx.run(sql`LOCK TABLE "customer_bill" IN ACCESS EXCLUSIVE MODE`)
        for (const path of ['customerBill?limit=5', 'customerBill?category=normal', `customerBill/${ids[0]}`]) {
          const answer = await ask(path)
          expect(answer, path).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
          expect(answer.body.message, path).toBe('Another transaction holds what this request needs; try again later')
        }
      })
    })
  })

  /** Limits only statements on the table: on a busy machine any statement may take long. */
  async function impatiently(
    statementTimeoutMs: number,
    work: (ask: (path: string) => Promise<Reply>) => Promise<void>
  ): Promise<void> {
    const settings = { url: server.url, poolSize: 2, connectTimeoutMs: 5_000, applicationName: 'impatient' }
    const database = openPlainDatabase({ ...settings, statementTimeoutMs })
    const run: PlainDatabase['run'] = (statement) =>
      (isOfTable(render(statement).text) ? database : server.database).run(statement)
    // EXPLAIN has no limit; it waits for locks like any statement.
    const isHurried = (text: string) => statementTimeoutMs > 1 || !text.startsWith('EXPLAIN')
    const isOfTable = (text: string) => text.includes('FROM "customer_bill"') && isHurried(text)
    const impatient = await startTestServer({}, { ...server, database: { ...server.database, run } })
    await work((path) => impatient.call('GET', path))
    await impatient.close()
    await database.close()
  }
})
