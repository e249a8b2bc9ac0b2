import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { pay } from '../../src/billing/payments/payment.ts'
import { reversePayment } from '../../src/billing/payments/reversal.ts'
import { sql } from '../../src/db/sql.ts'
import { AUTHOR, addAccount, addBill, startLedger } from '../billing/ledger-world.ts'
import { addPartner, TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

const SEQUENCES = 8
const DAY_MS = 86_400_000
const FIRST = Date.parse('2026-01-01')
const REPORT = '/billing/v1/agingReport'
/** From which day after the due day. */
const BUCKETS = [
  ['daysOver90', 91],
  ['days61To90', 61],
  ['days31To60', 31],
  ['days1To30', 1],
  ['current', -Infinity]
] as const

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(() => server.close())

const noonOf = (day: number) => new Date(FIRST + day * DAY_MS + DAY_MS / 2).toISOString()
const textOf = (day: number) => noonOf(day).slice(0, 10)

/** One step on an account, some days after the one before. Amounts are whole units of the currency. */
type Step =
  | { readonly kind: 'bill' | 'pay'; readonly account: number; readonly wait: number; readonly amount: number }
  | { readonly kind: 'reverse'; readonly account: number; readonly wait: number; readonly payment: number }

const common = { account: fc.nat(2), wait: fc.nat(25) }
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ ...common, kind: fc.constant('bill' as const), amount: fc.integer({ min: 1, max: 99 }) })
  },
  {
    weight: 2,
    arbitrary: fc.record({ ...common, kind: fc.constant('pay' as const), amount: fc.integer({ min: 1, max: 150 }) })
  },
  fc.record({ ...common, kind: fc.constant('reverse' as const), payment: fc.nat(3) })
)

interface Bill {
  readonly id: string
  readonly day: number
  open: number
}

interface Payment {
  readonly id: string
  left: number
  readonly parts: { readonly bill: Bill; readonly amount: number }[]
}

/** An account as the model has it: what is open, and what each payment paid. */
interface Model {
  readonly id: string
  readonly currency: string
  readonly partnerId: string | undefined
  readonly bills: Bill[]
  readonly payments: Payment[]
}

function use(payment: Payment, bill: Bill): void {
  const amount = Math.min(payment.left, bill.open)
  if (amount === 0) return
  payment.left -= amount
  bill.open -= amount
  payment.parts.push({ bill, amount })
}

async function take(model: Model, drawn: Step, day: number): Promise<void> {
  const { id: account, currency } = model
  const context = { author: { ...AUTHOR, requestId: 'aging' }, clock: () => noonOf(day), newId }
  if (drawn.kind === 'bill') {
    const id = await addBill(server, account, { date: noonOf(day), rates: { recurringCharge: String(drawn.amount) } })
    const bill = { id, day, open: drawn.amount }
    model.bills.push(bill)
    for (const payment of model.payments) use(payment, bill)
  } else if (drawn.kind === 'pay') {
    const amount = { unit: currency, value: drawn.amount }
    const receipt = { amount, method: 'other', reference: newId(), nameSpace: '', billIds: undefined } as const
    const to = { id: account, partnerId: model.partnerId, status: 'ACTIVE' } as const
    const { id } = await server.database.transaction((tx) => pay(tx, context, to, receipt))
    const payment = { id, left: drawn.amount, parts: [] }
    model.payments.push(payment)
    for (const bill of model.bills) use(payment, bill)
  } else if (drawn.kind === 'reverse') {
    const payment = model.payments[drawn.payment]
    if (!payment) return
    await server.database.transaction((tx) => reversePayment(tx, context, { tenantId: TENANT }, payment.id))
    model.payments.splice(drawn.payment, 1)
    for (const { bill, amount } of payment.parts) bill.open += amount
  }
}

/** Returns the rows that the models make at the end of a day, without amounts of 0. */
function expected(models: readonly Model[], day: number): readonly object[] {
  const byCurrency = Map.groupBy(models, ({ currency }) => currency)
  const rows = [...byCurrency].sort().map(([currency, own]) => {
    const open = own.flatMap(({ bills }) => bills).filter((bill) => bill.open > 0)
    const sums: Record<string, number> = {}
    for (const bill of open) {
      const name = BUCKETS.find(([, from]) => day - bill.day >= from)?.[0] ?? 'current'
      sums[name] = (sums[name] ?? 0) + bill.open
    }
    return { currency, billCount: open.length, ...sums }
  })
  return rows.filter(({ billCount }) => billCount > 0)
}

interface Money {
  readonly value: number
}

interface Row extends Readonly<Record<(typeof BUCKETS)[number][0] | 'total', Money>> {
  readonly currency: string
  readonly billCount: number
}

async function report(day: number, headers: Record<string, string> = {}) {
  const answer = await server.call('GET', `${REPORT}?asOf=${textOf(day)}`, undefined, headers)
  expect([answer.status, answer.text]).toEqual([200, answer.text])
  const { rows, totals } = answer.body as unknown as Readonly<Record<'rows' | 'totals', readonly Row[]>>
  return {
    rows: rows.map((row) => {
      const amounts = BUCKETS.flatMap(([name]) => (row[name].value === 0 ? [] : [[name, row[name].value]]))
      return { currency: row.currency, billCount: row.billCount, ...Object.fromEntries(amounts) }
    }),
    totals: totals.map(({ currency, total }) => [currency, String(total.value)])
  }
}

/** Returns the receivables of the ledger at the end of a day, by currency. */
async function receivables(day: number): Promise<readonly unknown[]> {
  const { rows } = await server.database.run(sql`SELECT "currency", trim_scale(sum("amount")) FROM "ledger_entry"
    WHERE "tenant_id" = ${TENANT} AND "book" = 'receivable' AND "posted_at" < ${textOf(day + 1)}
    GROUP BY 1 HAVING sum("amount") <> 0 ORDER BY 1`)
  return rows.map(([currency, amount]) => [currency, amount])
}

/** Plays a sequence with a partner of its own, whose report is compared with the models after each day. */
async function play(steps: readonly Step[]): Promise<void> {
  const number = newId()
  const partnerId = await addPartner(server.database, TENANT, number)
  const own = { 'proxy-accountNumber': number }
  const models: Model[] = []
  for (const currency of ['EUR', 'EUR', 'JPY']) {
    models.push({ id: await addAccount(server, { currency, partnerId }), currency, partnerId, bills: [], payments: [] })
  }
  const known = new Map<number, readonly object[]>()
  let day = 0
  for (const drawn of steps) {
    if (drawn.wait > 0) known.set(day, expected(models, day))
    day += drawn.wait
    const model = models[drawn.account]
    if (model) await take(model, drawn, day)
  }
  for (const later of [0, 1, 30, 31, 60, 61, 90, 91]) known.set(day + later, expected(models, day + later))
  // Also the past, after all that came later.
  const today = (Date.parse(server.database.clock()) - FIRST) / DAY_MS
  for (const [then, rows] of [...known].filter(([then]) => then < today)) {
    expect([then, (await report(then, own)).rows]).toEqual([then, rows])
    expect((await report(then)).totals).toEqual(await receivables(then))
  }
}

test('on any day the report has what was open by its age; its totals are the receivables of the books', async () => {
  const sequences = fc.array(step, { minLength: 6, maxLength: 12 })
  await fc.assert(fc.asyncProperty(sequences, play), { numRuns: SEQUENCES, seed: 678, endOnFailure: true })
})

test('a report names partners, adds up currencies, is CSV too, and knows no tomorrow', async () => {
  const partnerId = await addPartner(server.database, TENANT, 'AGING-1')
  await addBill(server, await addAccount(server), { date: noonOf(0), rates: { fee: '5.5' } })
  await addBill(server, await addAccount(server, { partnerId }), { date: noonOf(31), rates: { fee: '7' } })
  const { body, headers } = await server.call('GET', `${REPORT}?asOf=${textOf(31)}`)
  const eur = (value: number) => ({ unit: 'EUR', value })
  const zero = eur(0)
  expect([headers.vary, body]).toEqual([
    'Accept',
    {
      asOf: '2026-02-01',
      rows: expect.arrayContaining([
        {
          ...{ currency: 'EUR', billCount: 1, current: zero, days1To30: zero, days31To60: eur(5.5) },
          ...{ days61To90: zero, daysOver90: zero, disputed: zero, total: eur(5.5) }
        },
        expect.objectContaining({ partner: { id: partnerId }, current: eur(7) })
      ]),
      totals: expect.arrayContaining([expect.objectContaining({ currency: 'EUR' })])
    }
  ])
  const csv = await server.call('GET', `${REPORT}?asOf=${textOf(31)}`, undefined, { accept: 'text/csv' })
  const head =
    'asOf,currency,partnerId,partnerName,billCount,current,days1To30,days31To60,days61To90,daysOver90,disputed,total'
  expect(csv.text.split('\r\n').slice(0, 2)).toEqual([head, '2026-02-01,EUR,,,1,0,0,5.5,0,0,0,5.5'])
  const refused = await server.call('GET', `${REPORT}?asOf=9998-12-31`)
  expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('asOf must not be after today') })
  expect((await server.call('GET', REPORT, undefined, { accept: 'image/png' })).status).toBe(406)
})

test('a day is one of the tenant: a bill that is due in its evening ages with its midnight', async () => {
  const { database } = server
  const partnerId = await addPartner(database, TENANT, 'AGING-2')
  const own = { 'proxy-accountNumber': 'AGING-2' }
  await addBill(server, await addAccount(server, { partnerId }), { date: '2026-03-01T23:30:00Z', rates: { fee: '5' } })
  await database.run(sql`UPDATE "tenant" SET "time_zone" = 'Europe/Berlin' WHERE "id" = ${TENANT}`)
  const march = 59
  const reports = await Promise.all([march, march + 1, march + 2].map((day) => report(day, own)))
  expect(reports.map(({ rows }) => rows)).toEqual([
    [],
    [{ currency: 'EUR', billCount: 1, current: 5 }],
    [{ currency: 'EUR', billCount: 1, days1To30: 5 }]
  ])
  await database.run(sql`UPDATE "tenant" SET "time_zone" = 'UTC' WHERE "id" = ${TENANT}`)
})
