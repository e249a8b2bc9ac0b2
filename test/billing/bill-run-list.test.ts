import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addCycle } from '../support/cycles.ts'
import { TENANT } from '../support/database.ts'
import { addRun } from '../support/runs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const RUNS = '/billing/v1/billRun'
const ALLOWED = 'billRun takes state, billCycle.id, offset and limit only'

let server: TestServer
let march: string
let april: string
beforeAll(async () => {
  server = await startTestServer()
  march = await addCycle(server, 3)
  april = await addCycle(server, 4)
})
afterAll(() => server.close())

/** Runs in every state, the oldest first. */
let ids: readonly string[]
beforeEach(async () => {
  await server.database.run(sql`DELETE FROM "bill_run"`)
  const add = (cycleId: string, state: string) => addRun(server.database, { cycleId, state })
  ids = [await add(march, 'failed'), await add(april, 'done'), await add(march, 'cancelled')]
})

/** Returns status, counts and runs of a list. */
async function listed(query: string): Promise<readonly unknown[]> {
  const { status, headers, body } = await server.call('GET', `${RUNS}${query.replace('APRIL', april)}`)
  const at = body.map(({ id }: { id: string }) => ids.indexOf(id))
  return [status, headers['x-result-count'], headers['x-total-count'], at]
}

describe('the list of runs', () => {
  test.each([
    ['', 200, 3, [2, 1, 0]],
    ['?state=failed', 200, 1, [0]],
    ['?state=failed,done', 200, 2, [1, 0]],
    ['?state=failed&state=cancelled', 200, 2, [2, 0]],
    ['?state=running', 200, 0, []],
    ['?billCycle.id=APRIL', 200, 1, [1]],
    ['?billCycle.id=APRIL&state=failed', 200, 0, []],
    ['?billCycle.id=none', 200, 0, []],
    ['?limit=2', 206, 3, [2, 1]],
    ['?limit=2&offset=2', 206, 3, [0]],
    ['?state=failed,done&limit=1', 206, 2, [1]],
    ['?limit=3', 200, 3, [2, 1, 0]],
    ['?limit=0', 206, 3, []]
  ])('of %j answers what is asked for, the newest first, and counts all of it', async (query, status, total, at) => {
    expect(await listed(query)).toEqual([status, String(at.length), String(total), at])
  })

  test.each([
    ['?state=failed&nonsense=1', ALLOWED],
    ['?nonsense=1', ALLOWED],
    ['?state.ne=failed', ALLOWED],
    ['?state=failed;billCycle.id=x', ALLOWED],
    ['?sort=state', ALLOWED],
    ['?fields=state', ALLOWED],
    ["?filter=$[?(@.state=='done')]", ALLOWED],
    ["?filter=$[?(@.state=='done')]&state=failed", ALLOWED],
    ['?state=nonsense', 'The state of a billRun must be one of queued, running, done, cancelled, failed'],
    ['?limit=x', 'limit must be a whole number from 0 upwards']
  ])('refuses %j and says what is allowed', async (query, message) => {
    const { status, body } = await server.call('GET', RUNS + query)
    expect({ status, body }).toMatchObject({ status: 400, body: { code: '28', message } })
  })

  test('has a hundred runs on a page, of which nobody has asked for a part', async () => {
    await Promise.all(Array.from({ length: 98 }, () => addRun(server.database, { cycleId: april, state: 'failed' })))
    expect((await listed('')).slice(0, 3)).toEqual([200, '100', '101'])
    expect((await listed('?limit=5000')).slice(0, 3)).toEqual([200, '101', '101'])
  })

  test('has pages that link each other, and keep the filter', async () => {
    const seen: unknown[] = []
    for (let path: string | undefined = `${RUNS}?state=failed,done;limit=1`; path; ) {
      const { status, body, headers } = await server.call('GET', path)
      expect(status).toBe(206)
      seen.push(...body.map(({ id }) => id))
      path = /<http:\/\/[^/]+([^>]+)>; rel="next"/.exec(String(headers.link))?.[1]
    }
    const all = await server.call('GET', `${RUNS}?state=failed,done&limit=1000`)
    expect(seen).toEqual(all.body.map(({ id }) => id))
    expect(all.headers.link).toContain('rel="first"')
  })

  test.each(['', '/bills'])('has runs that take no query, GET {id}%s', async (part) => {
    const { status, body } = await server.call('GET', `${RUNS}/${ids[0]}${part}?fields=state`)
    expect({ status, code: body.code }).toEqual({ status: 400, code: '28' })
  })
})

describe('a run', () => {
  async function addChunk(amounts: object): Promise<void> {
    await server.database.run(sql`INSERT INTO "bill_run_chunk" ("tenant_id", "bill_run_id", "number", "first_account",
        "last_account", "eligible", "billed", "skipped", "amounts", "finished_at")
      SELECT ${TENANT}, ${ids[0]}, count(*), 'A', 'B', 1203, 2, '{"nothingToBill": 100}', ${JSON.stringify(amounts)},
        now() FROM "bill_run_chunk" WHERE "bill_run_id" = ${ids[0]}`)
  }

  test('has sums with all of their digits', async () => {
    await addChunk({ EUR: '900719925474099.31', USD: '5.50' })
    await addChunk({ EUR: '900719925474099.31' })
    const { text } = await server.call('GET', `${RUNS}/${ids[0]}`)
    expect(text).toContain('"amount":[{"unit":"EUR","value":1801439850948198.62},{"unit":"USD","value":5.5}]')
    expect((await server.call('GET', `${RUNS}?state=failed`)).text).toBe(`[${text}]`)
  })

  test('counts all accounts that are parked, and shows a thousand', async () => {
    await addChunk({})
    await server.database.run(sql`INSERT INTO "bill_run_parked" ("tenant_id", "bill_run_id", "billing_account_id",
        "reason") SELECT ${TENANT}, ${ids[0]}, 'A' || n, 'why' FROM generate_series(1, 1101) n`)
    const { body } = await server.call('GET', `${RUNS}/${ids[0]}`)
    expect(body).toMatchObject({ eligible: 1_203, billed: 2, skipped: [{ count: 100 }], parkedCount: 1_101 })
    expect(body.parked).toHaveLength(1_000)
    expect((await server.call('GET', `${RUNS}/${ids[1]}`)).body).toMatchObject({ parkedCount: 0, parked: [] })
  })
})
