import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { sumDecimals } from '../../src/base/money.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccount, addBill, PAYMENT, pay } from '../billing/ledger-world.ts'
import { PARTNER_KEY, type PartnerWorld, startPartnerWorld } from '../partner-api/world.ts'
import { TENANT } from '../support/database.ts'

const BILLING = '/billing/v1'
const CSV = { accept: 'text/csv' }
const EVER = 'from=2000-01-01&to=2100-01-01'
const CODES = { receivable: '1400', revenue: '8000', 'revenue/usageCharge': '8400', 'cash/bankTransfer': '1200' }

interface Line {
  readonly date: string
  readonly postedAt: string
  readonly journal: string
  readonly line: number
  readonly book: string
  readonly detail?: string
  readonly accountCode?: string
  readonly billingAccount: { readonly id: string }
  readonly amount: { readonly unit: string; readonly value: number }
}

type Money = Line['amount']

interface Table {
  readonly asOf: string
  readonly rows: readonly (Pick<Line, 'book' | 'detail' | 'accountCode' | 'billingAccount'> & {
    readonly currency: string
    readonly balance: Money
  })[]
  readonly totals: readonly { readonly debit: Money; readonly credit: Money }[]
}

let world: PartnerWorld
let own: string
let customer: string

/** Demo data of a year, of which a part is the books of another system; and one of each posting. */
beforeAll(async () => {
  world = await startPartnerWorld()
  await fillWithDemoData(world.database)
  await world.call('PATCH', `/admin/v1/tenant/${TENANT}`, { timeZone: 'Asia/Tokyo', accountCodes: CODES })
  own = await addAccount(world)
  customer = await addAccount(world, { partnerId: world.partnerId, tax: 0.19 })
  await world.call('PATCH', `/admin/v1/partner/${world.partnerId}`, { billingAccount: { id: own } })
  await addBill(world, customer, { rates: { usageCharge: '10.123', recurringCharge: '5' } })
  await addBill(world, own, { rates: { usageCharge: '1' } })
  await pay(world, own, 100)
  const { body } = await pay(world, customer, 7)
  await world.ask('PUT', 'funds', { account_number: customer, amount: 30, description: 'x' }, { token: PARTNER_KEY })
  await world.call('POST', `${PAYMENT}/${body.id}/reverse`)
})
afterAll(() => world.close())

async function entries(query = EVER, headers: Record<string, string> = {}): Promise<readonly Line[]> {
  const { status, text } = await world.call('GET', `${BILLING}/ledgerExport?${query}`, undefined, headers)
  expect([status, text]).toEqual([200, text])
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line))
}

async function table(path: string, headers: Record<string, string> = {}): Promise<Table> {
  const { status, text } = await world.call('GET', `${BILLING}/${path}`, undefined, headers)
  expect([status, text]).toEqual([200, text])
  return JSON.parse(text)
}

const sumBy = (lines: readonly Line[], keyOf: (line: Line) => unknown) =>
  new Map(
    [...Map.groupBy(lines, (line) => JSON.stringify(keyOf(line)))].map(([key, those]) => [
      key,
      Number(sumDecimals(those.map(({ amount }) => String(amount.value))))
    ])
  )
const cells = (text: string) =>
  text
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','))

describe('the export of the ledger', () => {
  test('has every entry once, in the order of posting, and each journal balances', async () => {
    const all = await entries()
    const counted = await world.database.run(sql`SELECT count(*) FROM "ledger_entry" WHERE "tenant_id" = ${TENANT}`)
    expect(all).toHaveLength(Number(counted.rows[0]?.[0]))
    expect(all.length).toBeGreaterThan(1_000)
    expect(new Set(all.map(({ journal, line }) => `${journal}.${line}`)).size).toBe(all.length)
    const order = all.map(({ postedAt }) => Date.parse(postedAt))
    expect(order).toEqual(order.toSorted((one, other) => one - other))
    const sums = sumBy(all, ({ journal, postedAt, amount }) => [journal, postedAt, amount.unit])
    expect([...sums].filter(([, sum]) => sum !== 0)).toEqual([])
    expect(all[0]?.postedAt).toMatch(/\+09:00$/)
    expect(all.filter(({ date, postedAt }) => !postedAt.startsWith(date))).toEqual([])
  })

  test('goes on after any entry, and days together are the whole', async () => {
    const all = await entries()
    for (const at of [0, 1, 499, 500, 777, all.length - 1]) {
      const { journal, line } = all[at] as Line
      expect(await entries(`${EVER}&after=${journal}.${line}`)).toEqual(all.slice(at + 1))
    }
    const days = [
      ['2000-01-01', '2026-03-31'],
      ['2026-04-01', '2026-04-01'],
      ['2026-04-02', '2100-01-01']
    ]
    const parts = await Promise.all(days.map(([from, to]) => entries(`from=${from}&to=${to}`)))
    expect(parts.flat()).toEqual(all)
    expect(new Set(parts[1]?.map(({ date }) => date))).toEqual(new Set(['2026-04-01']))
  })

  test('as CSV says the same with debits and credits', async () => {
    const all = await entries()
    const [head, ...lines] = cells((await world.call('GET', `${BILLING}/ledgerExport?${EVER}`, undefined, CSV)).text)
    expect(head?.slice(4, 11)).toEqual([
      ...['accountCode', 'book', 'detail', 'billingAccount', 'currency', 'debit', 'credit']
    ])
    expect(lines.map(([, , journal, line, code, book]) => [journal, Number(line), code, book])).toEqual(
      all.map(({ journal, line, accountCode = '', book }) => [journal, line, accountCode, book])
    )
    expect(lines.map((line) => Number(line[9]) - Number(line[10]))).toEqual(all.map(({ amount }) => amount.value))
    expect(lines.filter((line) => Number(line[9]) < 0 || Number(line[10]) < 0)).toEqual([])
  })

  test('has the codes of the tenant: of book and detail before that of the book', async () => {
    const codes = new Set((await entries()).map(({ book, detail, accountCode }) => [book, detail, accountCode].join()))
    for (const code of ['receivable,,1400', 'partner,usageCharge,', 'revenue,usageCharge,8400', 'cash,transfer,']) {
      expect(codes).toContain(code)
    }
    expect([...codes].filter((code) => /^revenue,.*,8000$/.test(code)).length).toBeGreaterThan(0)
  })

  test.each([
    'from=2026-01-02&to=2026-01-01',
    'from=2026-01-01',
    `${EVER}&after=nobody.1`,
    `${EVER}&after=1`,
    `${EVER}&limit=1`
  ])('refuses %s', async (query) => {
    expect((await world.call('GET', `${BILLING}/ledgerExport?${query}`)).status).toBe(400)
  })
})

describe('on any day', () => {
  const DAYS = ['2025-12-31', '2026-03-31', '2026-04-01', undefined]
  const asked = (day: string | undefined) => (day === undefined ? '' : `?asOf=${day}`)

  test.each(DAYS)('the trial balance of %s is the sum of the entries until then', async (day) => {
    const { asOf, rows, totals } = await table(`trialBalance${asked(day)}`)
    const until = await entries(`from=2000-01-01&to=${asOf}`)
    const found = rows.map(({ book, detail = '', accountCode = '', currency, balance }) => {
      return [JSON.stringify([book, detail, accountCode, currency]), balance.value] as const
    })
    const wanted = sumBy(until, ({ book, detail = '', accountCode = '', amount }) => [
      ...[book, detail, accountCode, amount.unit]
    ])
    expect(new Map(found)).toEqual(wanted)
    expect(totals.length).toBeGreaterThan(1)
    for (const { debit, credit } of totals) expect(debit).toEqual(credit)
    const [, ...lines] = cells((await world.call('GET', `${BILLING}/trialBalance${asked(day)}`, undefined, CSV)).text)
    expect(lines.map((line) => [line[2], line[3], Number(line[7])])).toEqual(
      rows.map(({ book, detail = '', balance }) => [book, detail, balance.value])
    )
  })

  test.each(DAYS)('the balances of accounts of %s are those of their statements', async (day) => {
    const { asOf, rows } = await table(`accountBalances${asked(day)}`)
    const some = rows.filter((_, at) => at % 9 === 0 || at > rows.length - 3)
    expect(some.length).toBeGreaterThan(2)
    for (const { billingAccount, currency, balance } of some) {
      const period = `from=2000-01-01&to=${asOf}&currency=${currency}`
      const statement = await world.call('GET', `accounts/${billingAccount.id}/statement?${period}`)
      expect([billingAccount.id, statement.body.closingBalance]).toEqual([billingAccount.id, balance])
    }
    const csv = cells((await world.call('GET', `${BILLING}/accountBalances${asked(day)}`, undefined, CSV)).text)
    expect(csv.slice(1).map((line) => [line[1], Number(line[5])])).toEqual(
      rows.map(({ billingAccount, balance }) => [billingAccount.id, balance.value])
    )
  })
})

test('a partner reads the books of its accounts, another tenant its own', async () => {
  const seen = async (token: string) => new Set((await entries(EVER, { token })).map((line) => line.billingAccount.id))
  expect(await seen(PARTNER_KEY)).toEqual(new Set([customer]))
  expect(await seen('other-key')).toEqual(new Set())
  const balances = await table('accountBalances', { token: PARTNER_KEY })
  expect(balances.rows.map(({ billingAccount }) => billingAccount.id)).toEqual([customer])
  const trial = await table('trialBalance', { token: PARTNER_KEY })
  expect(trial.rows.map(({ book }) => book)).not.toContain('revenue')
  const [of] = (await entries()).filter(({ billingAccount }) => billingAccount.id === own)
  const after = `${BILLING}/ledgerExport?${EVER}&after=${of?.journal}.${of?.line}`
  expect((await world.call('GET', after, undefined, { token: PARTNER_KEY })).status).toBe(400)
})

test.each([
  { nobook: '1' },
  { receivable: '' },
  { receivable: 1400 },
  { receivable: 'x'.repeat(51) },
  { receivables: '1400' }
])('no codes are %j', async (accountCodes) => {
  const { status, text } = await world.call('PATCH', `/admin/v1/tenant/${TENANT}`, { accountCodes })
  expect([status, text]).toEqual([400, expect.stringContaining('by book or by book and detail')])
})

test('codes are merged, and removed one by one or all', async () => {
  const patch = async (accountCodes: unknown) =>
    JSON.parse((await world.call('PATCH', `/admin/v1/tenant/${TENANT}`, { accountCodes })).text).accountCodes
  expect(await patch({ tax: '1776' })).toEqual({ ...CODES, tax: '1776' })
  expect(await patch({ tax: null })).toEqual(CODES)
  expect(await patch(null)).toBeUndefined()
  expect((await entries()).filter(({ accountCode }) => accountCode !== undefined)).toEqual([])
})
