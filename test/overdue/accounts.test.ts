import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addAccount, addBill, pay, startLedger } from '../billing/ledger-world.ts'
import { addPartner, TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

const DAY_MS = 86_400_000
const NOON = 12
const OVERDUE = '/billing/v1/overdueAccounts'

/** The rows that tests read. */
interface Row {
  readonly billingAccount: { readonly id: string; readonly name: string; readonly href: string }
  readonly partner?: { readonly id: string }
  readonly overdueAmount: { readonly unit: string; readonly value: number }
  readonly billCount: number
  readonly daysOverdue: number
}

let server: TestServer
let partnerId: string
/** Overdue for 40 days, for 1 day and of the partner, for 100 days in yen. */
let [long, short, yen]: string[] = []

let begun: number
const ago = (days: number) => new Date(begun - days * DAY_MS).toISOString()
const add = (account: string, days: number, fee: string) =>
  addBill(server, account, { date: ago(days), rates: { fee }, state: 'sent' })

beforeAll(async () => {
  server = await startLedger()
  const { database } = server
  begun = Date.parse(database.clock())
  // It is about noon there, so that no day ends meanwhile. POSIX counts zones to the west.
  const hours = new Date(begun).getUTCHours() - NOON
  await database.run(sql`UPDATE "tenant" SET "time_zone" = ${`Etc/GMT${hours < 0 ? '' : '+'}${hours}`}`)
  partnerId = await addPartner(database, TENANT, 'OVERDUE-1')
  long = await addAccount(server)
  short = await addAccount(server, { partnerId })
  yen = await addAccount(server, { currency: 'JPY' })
  await add(long, 40, '10.5')
  await add(long, 10, '5')
  await add(long, 0, '7')
  await add(short, 1, '3')
  await add(yen, 100, '900')
  const paid = await addAccount(server)
  await add(paid, 50, '4')
  await pay(server, paid, 4)
  const held = await add(await addAccount(server), 60, '8')
  expect((await server.call('PATCH', `customerBill/${held}`, { state: 'onHold', holdReason: 'Dispute' })).status).toBe(
    200
  )
})
afterAll(() => server.close())

async function list(query = '', headers: Record<string, string> = {}) {
  const answer = await server.call('GET', OVERDUE + query, undefined, headers)
  expect([200, 206]).toContain(answer.status)
  const rows = answer.body as unknown as readonly Row[]
  return { ...answer, rows, ids: rows.map(({ billingAccount }) => billingAccount.id) }
}

test('accounts with bills that were due before today are listed, the longest overdue first', async () => {
  const { rows, ids } = await list()
  expect(ids).toEqual([yen, long, short])
  const href = expect.stringContaining(`/customerBillManagement/v4/accounts/${long}`)
  expect(rows[1]).toEqual({
    billingAccount: { id: long, href, name: 'Account' },
    overdueAmount: { unit: 'EUR', value: 15.5 },
    disputedAmount: { unit: 'EUR', value: 0 },
    ...{ billCount: 2, oldestDueDate: ago(40).slice(0, 10), daysOverdue: 40 }
  })
  expect(rows[2]).toMatchObject({ partner: { id: partnerId }, daysOverdue: 1 })
})

test('they are chosen by days, amount and currency, and paged', async () => {
  expect((await list('?minDays=40')).ids).toEqual([yen, long])
  expect((await list('?minDays=41')).ids).toEqual([yen])
  expect((await list('?minAmount=15.5&currency=EUR')).ids).toEqual([long])
  expect((await list('?minAmount=15.51&currency=EUR')).ids).toEqual([])
  const page = await list('?limit=1&offset=1')
  expect([page.status, page.ids, page.headers['x-total-count']]).toEqual([206, [long], '3'])
})

test('a partner sees its own', async () => {
  expect((await list('', { 'proxy-accountNumber': 'OVERDUE-1' })).ids).toEqual([short])
})

test('they are what the aging report calls overdue, but for bills on hold', async () => {
  const { body } = await server.call('GET', '/billing/v1/agingReport')
  const totals = body as unknown as { totals: readonly Record<string, { value: number } & string>[] }
  const overdue = totals.totals.map(({ currency, total, current }) => [
    currency,
    Number(total?.value) - Number(current?.value)
  ])
  const { rows } = await list()
  const sum = (unit: string) =>
    rows.filter((row) => row.overdueAmount.unit === unit).reduce((all, row) => all + row.overdueAmount.value, 0)
  expect(overdue).toEqual([
    ['EUR', sum('EUR') + 8],
    ['JPY', sum('JPY')]
  ])
})

test.each([
  ['minDays=0', 'minDays must be one whole number from 1'],
  ['minDays=1.5', 'minDays must be one whole number from 1'],
  ['minDays=1,2', 'minDays must be one whole number from 1'],
  ['minAmount=much', 'minAmount must be one decimal number'],
  ['state=sent', 'overdueAccounts takes minDays, minAmount, currency, offset and limit only']
])('%s is refused: %s', async (query, message) => {
  const answer = await server.call('GET', `${OVERDUE}?${query}`)
  expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(message) })
})
