import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillWithBills } from '../../bench/bills.ts'
import { cases } from '../../bench/cases.ts'
import { middle } from '../../bench/measure.ts'
import { parseOptions } from '../../bench/options.ts'
import { gatesOf, printable, type Report } from '../../bench/report.ts'
import { spread } from '../../bench/sample.ts'
import { isId } from '../../src/base/ulid.ts'
import { customerBill } from '../../src/resources/customer-bill.ts'
import { validate } from '../../src/tmf/schema.ts'
import { TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const BILLS = 500

/** As much of a served bill as the tests look at. */
interface Bill {
  readonly id: string
  readonly href: string
  readonly state: string
  readonly billDate: string
  readonly billingAccount: { readonly id: string }
  readonly relatedParty: readonly [{ readonly id: string }]
}

describe('the bills of the bench', () => {
  let server: TestServer
  let bills: Bill[]
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
    const { id, billDate, billingAccount, relatedParty } = bills.find(({ state }) => state === 'new') as Bill
    const sampled = { id, account: billingAccount.id, party: relatedParty[0].id, billDate, position: 1 }
    for (const { method, path, headers, body } of requests(sampled)) {
      const reply = await server.call(method, path, body, headers)
      expect(reply.status).toBeLessThan(300)
      expect(reply.text).not.toBe('[]')
    }
  })
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
  { what: 'too much memory', given: { memory: { started: 100e6, used: 180e6 } }, met: [false] }
])('the gates judge $what', ({ given, met }) => {
  expect(gatesOf({ ...report, ...given }).map(({ isMet }) => isMet)).toEqual(met)
})

function grown(connections: number, factor: number) {
  return { name: 'by-id', title: 'a case', connections, largeMs: 2 * factor, smallMs: 2 }
}

test('the report is tables with a line for each case and gate', () => {
  const cases = [{ ...figures, name: 'by-id', twin: 'bare-by-id', ratio: 0.5 }]
  expect(printable({ ...report, cases, scaling: [grown(1, 1.2)] })).toBe(`cores 2

1,000,000 bills, 32 connections  requests/s  p50 ms  p99 ms  ratio          to
-------------------------------  ----------  ------  ------  -----  ----------
a case                                1,000    1.00    2.00   0.50  bare-by-id

p50 by size of the table  connections  large ms  small ms  large / small
------------------------  -----------  --------  --------  -------------
a case                              1      2.40      2.00           1.20

idle memory: 100 MB after the start, 120 MB after some requests

gate                       measured     limit
-------------------------  --------  --------  ------
a case / bare                  0.50    >= 0.7  MISSED
a case, p50 large / small      1.20    <= 1.5      ok
idle memory                  120 MB  < 180 MB      ok`)
})
