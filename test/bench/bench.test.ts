import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillWithBills } from '../../bench/bills.ts'
import { cases } from '../../bench/cases.ts'
import { fillCredentials, passwordGrants } from '../../bench/credentials.ts'
import { middle } from '../../bench/measure.ts'
import { runStreams } from '../../bench/open-loop.ts'
import { parseOptions } from '../../bench/options.ts'
import { gatesOf, printable, type Report } from '../../bench/report.ts'
import { spread } from '../../bench/sample.ts'
import { isId } from '../../src/base/ulid.ts'
import { customerBill } from '../../src/resources/customer-bill.ts'
import { validate } from '../../src/tmf/declaration/schema.ts'
import type { Answer } from '../support/answer.ts'
import { TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const BILLS = 500

describe('the bills of the bench', () => {
  let server: TestServer
  let bills: Answer
  beforeAll(async () => {
    server = await startTestServer()
    const client = new pg.Client(server.url)
    await client.connect()
    await fillWithBills([client], TENANT, BILLS)
    await client.end()
    bills = (await server.call('GET', 'customerBill?limit=1000')).body
  })
  afterAll(() => server.close())

  test('are served, all of them, in every state, and are valid', () => {
    expect(bills).toHaveLength(BILLS)
    for (const { href, ...bill } of bills) expect(validate(customerBill, bill)).toEqual(bill)
    const states = new Set(bills.map(({ state }) => state))
    expect([...states].sort()).toEqual(['new', 'onHold', 'partiallyPaid', 'sent', 'settled', 'validated'])
  })

  test('have ascending ids and 20 to an account', () => {
    const ids = bills.map(({ id }) => id)
    expect(ids.every(isId)).toBe(true)
    expect(ids).toEqual([...ids].sort())
    const accounts = Object.groupBy(bills, ({ billingAccount }) => billingAccount.id)
    expect(Object.values(accounts).map((own) => own?.length)).toEqual(Array(BILLS / 20).fill(20))
  })

  test.each(cases.filter(({ side }) => side === 'ours'))('are found by the requests of $name', async ({ requests }) => {
    const { id, billDate, billingAccount, relatedParty } = bills.find(({ state }) => state === 'new') as Answer
    const sampled = { id, account: billingAccount.id, party: relatedParty[0].id, billDate, position: 1 }
    for (const { method, path, headers, body } of requests(sampled)) {
      const reply = await server.call(method, path, body, headers)
      expect(reply.status).toBeLessThan(300)
      expect(reply.text).not.toBe('[]')
    }
  })
})

test('the credentials of the bench are filled in once, and let in', async () => {
  const server = await startTestServer()
  const client = new pg.Client(server.url)
  await client.connect()
  for (const _ of [1, 2]) await fillCredentials(client, TENANT)
  const { rows } = await client.query('SELECT count(DISTINCT password_hash)::int AS users FROM oauth_user')
  await client.end()
  const grants = passwordGrants(TENANT)
  expect(rows).toEqual([{ users: grants.length }])
  for (const { method, path, headers, body } of [...grants.slice(0, 1), ...grants.slice(-1)]) {
    const reply = await server.call(method, path, body, headers)
    expect(reply.status, reply.text).toBe(200)
    const list = await server.call('GET', 'billCycle', undefined, {
      authorization: `Bearer ${reply.body.access_token}`
    })
    expect(list.status).toBe(200)
  }
  await server.close()
})

const HELD_MS = 300
/** Timers may be early by this much. */
const CLOCK_MS = 2

test('a paced load asks at its rate, whether it is answered or not, and tells what was no success', async () => {
  const asked: string[] = []
  const goodAtMs: number[] = []
  const held: ServerResponse[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.authorization}`)
    if (request.url === '/good') goodAtMs.push(performance.now())
    if (request.url === '/held') held.push(response)
    else response.writeHead(request.url === '/good' ? 200 : 503).end()
    // All requests have arrived.
    if (asked.length === 160) setTimeout(() => held.map((each) => each.end()), HELD_MS)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const stream = (path: string, perSecond: number) => ({ perSecond, requests: [{ method: 'GET', path } as const] })
  const streams = [stream('/good', 100), stream('/bad', 50), stream('/held', 10)]
  const headers = { authorization: 'Bearer it' }
  const startMs = performance.now()
  const loads = await runStreams({ origin: `http://127.0.0.1:${port}`, seconds: 0.5, headers, streams })
  server.close()
  expect(new Set(asked)).toEqual(new Set(['GET Bearer it']))
  expect(loads.map(({ failures }) => failures)).toEqual([[], ['50 times 503'], []])
  // None comes early; how late depends on the machine.
  expect(goodAtMs.filter((ms, at) => ms < startMs + at * 10 - CLOCK_MS)).toEqual([])
  expect(loads[1]?.perSecond).toBe(0)
  expect(loads[2]?.p99Ms).toBeGreaterThan(HELD_MS - CLOCK_MS)
})

test('each connection asks for bills of its own', () => {
  const bills = Array.from({ length: 100 }, (_, at) => ({
    id: `${at}`,
    account: '',
    party: '',
    billDate: '',
    position: 0
  }))
  const requests = spread(bills, ({ id }) => [{ method: 'GET', path: id }], 4, 1)
  const paths = requests.flat().map(({ path }) => path)
  expect(requests).toHaveLength(4)
  expect(new Set(paths).size).toBe(100)
})

test('the middle of the rounds is taken figure by figure', () => {
  const rounds = [1, 9, 2].map((perSecond) => ({ perSecond, p50Ms: 10 - perSecond, p99Ms: 5 }))
  expect(middle(rounds)).toEqual({ perSecond: 2, p50Ms: 8, p99Ms: 5 })
})

test.each([
  { args: ['--bills', 'many'], message: '--bills takes a whole number' },
  { args: ['--seconds', '0'], message: '--seconds takes a whole number' },
  { args: ['--only', 'nothing'], message: 'there is no such case' },
  { args: ['--typo'], message: 'see --help' }
])('the arguments $args are refused', ({ args, message }) => {
  expect(() => parseOptions(args)).toThrow(message)
})

const figures = { title: 'a case', perSecond: 1_000, p50Ms: 1, p99Ms: 2 }
const report: Report = {
  at: '2026-01-15T10:00:00.000Z',
  bills: 1_000_000,
  connections: 32,
  seconds: 8,
  machine: { cores: 2 },
  cases: [],
  scaling: [],
  memory: { started: 100e6, used: 120e6 }
}

test.each([
  {
    what: 'by id at 0.7',
    given: { cases: [{ ...figures, name: 'by-id', twin: 'bare-by-id', ratio: 0.7 }] },
    met: [true, true]
  },
  {
    what: 'by id below',
    given: { cases: [{ ...figures, name: 'by-id', twin: 'bare-by-id', ratio: 0.69 }] },
    met: [false, true]
  },
  {
    what: 'the list below',
    given: { cases: [{ ...figures, name: 'list', twin: 'bare-list', ratio: 0.5 }] },
    met: [false, true]
  },
  { what: 'a write, which has no gate', given: { cases: [{ ...figures, name: 'post', ratio: 0.1 }] }, met: [true] },
  { what: 'a bare one, which has no twin', given: { cases: [{ ...figures, name: 'static' }] }, met: [true] },
  { what: 'growth of 1.5', given: { scaling: [grown(1, 1.5)] }, met: [true, true] },
  { what: 'more growth', given: { scaling: [grown(1, 1.51)] }, met: [false, true] },
  { what: 'no figure', given: { scaling: [grown(1, Number.NaN)] }, met: [false, true] },
  { what: 'growth on many connections, which has no gate', given: { scaling: [grown(32, 9)] }, met: [true] },
  { what: 'enough tokens, quickly enough', given: { tokens: issued(50, 2) }, met: [true, true, true] },
  { what: 'too few tokens', given: { tokens: issued(49.9, 1) }, met: [false, true, true] },
  { what: 'reads that tokens delay', given: { tokens: issued(51, 2.01) }, met: [true, false, true] },
  { what: 'enough rates', given: { rates: { perSecond: 20_000, memory: 599e6 } }, met: [true, true, true] },
  { what: 'quick uploads', given: { uploads: { ms: 200, againMs: 200 } }, met: [true, true, true] },
  { what: 'slow uploads', given: { uploads: { ms: 200.1, againMs: 201 } }, met: [false, false, true] },
  { what: 'a quick large upload', given: { largeUpload: uploaded(20_000, 1.3) }, met: [true, true, true] },
  { what: 'a slow large upload that grows', given: { largeUpload: uploaded(19_999, 1.31) }, met: [false, false, true] },
  { what: 'a quick comparison', given: { comparison: { accounts: 200_000, seconds: 30 } }, met: [true, true] },
  { what: 'a slow comparison', given: { comparison: { accounts: 200_000, seconds: 30.1 } }, met: [false, true] },
  { what: 'too few rates', given: { rates: { perSecond: 19_999, memory: 600e6 } }, met: [false, false, true] },
  { what: 'too much memory', given: { memory: { started: 100e6, used: 180e6 } }, met: [false] }
])('the gates judge $what', ({ given, met }) => {
  expect(gatesOf({ ...report, ...given }).map(({ isMet }) => isMet)).toEqual(met)
})

function grown(connections: number, factor: number) {
  return { name: 'by-id', title: 'a case', connections, largeMs: 2 * factor, smallMs: 2 }
}

function uploaded(perSecond: number, growth: number) {
  return { rows: 1_000_000, perSecond, ownPerSecond: 1, early: 50e6, late: 50e6 * growth, resident: 300e6 }
}

function issued(perSecond: number, factor: number) {
  const quiet = { perSecond: 200, p50Ms: 1, p99Ms: 3 }
  return { quiet, issuing: { ...quiet, p99Ms: 3 * factor }, tokens: { perSecond, p50Ms: 5, p99Ms: 9 } }
}

test('the report is tables with a line for each case and gate', () => {
  const cases = [{ ...figures, name: 'by-id', twin: 'bare-by-id', ratio: 0.5 }]
  expect(printable({ ...report, cases, scaling: [grown(1, 1.2)], tokens: issued(51, 1.5) })).toBe(`cores 2

1,000,000 bills, 32 connections  requests/s  p50 ms  p99 ms  ratio          to
-------------------------------  ----------  ------  ------  -----  ----------
a case                                1,000    1.00    2.00   0.50  bare-by-id

p50 by size of the table  connections  large ms  small ms  large / small
------------------------  -----------  --------  --------  -------------
a case                              1      2.40      2.00           1.20

at fixed rates                       requests/s  p50 ms  p99 ms
-----------------------------------  ----------  ------  ------
bill by id, no tokens issued             200.00    1.00    3.00
bill by id, while tokens are issued      200.00    1.00    4.50
tokens by password                        51.00    5.00    9.00

idle memory: 100 MB after the start, 120 MB after some requests

gate                                          measured     limit
--------------------------------------------  --------  --------  ------
a case / bare                                     0.50    >= 0.7  MISSED
a case, p50 large / small                         1.20    <= 1.5      ok
tokens per second                                51.00     >= 50      ok
p99 of reads while tokens are issued / quiet      1.50      <= 2      ok
idle memory                                     120 MB  < 180 MB      ok`)
})
