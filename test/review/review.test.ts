import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type BillingWorld, runToEnd, startBilling, untilEnded } from '../billing/world.ts'
import { addRates } from '../support/accounts.ts'
import type { Answer } from '../support/answer.ts'
import { addCycle } from '../support/cycles.ts'

const RUNS = '/billing/v1/billRun'
const TENANTS = '/admin/v1/tenant/demo'

const BETWEEN = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].map((from, at, all) => [
  from,
  all[at + 1] ?? 100
])

let world: BillingWorld
let april: string
beforeAll(async () => {
  world = await startBilling(4)
  april = await cycleOf(4)
})
afterAll(() => world.close())

const set = async (settings: object) => expect((await world.server.call('PATCH', TENANTS, settings)).status).toBe(200)
const get = async (path: string) => (await world.server.call('GET', path)).body
const post = (path: string, body: object, headers = {}) => world.server.call('POST', `${RUNS}/${path}`, body, headers)
const bills = (run: string, query = ''): Promise<Answer> =>
  get(`customerBill?sort=id&limit=1000${query}&billCycle.id=${run}`)

/** Adds the cycle of a month of the same specification. */
async function cycleOf(month: number): Promise<string> {
  const { BillCycleSpecification } = await get(`billCycle/${world.cycleId}`)
  return addCycle(world.server, month, { BillCycleSpecification: { id: BillCycleSpecification.id } })
}

/** Returns a review as account -> reasons. */
async function review(id: string, query = ''): Promise<Readonly<Record<string, string>>> {
  const rows: readonly Answer[] = await get(`${RUNS}/${id}/review${query}`)
  return Object.fromEntries(rows.map(({ billingAccount, reasons }) => [billingAccount.id, reasonsOf(reasons)]))
}

function reasonsOf(reasons: Answer): string {
  return reasons.map(({ reason }: Answer) => reason).join(' ')
}

async function differences() {
  const verified = await verifyLedger(world.server.database)
  return verified.map(({ difference }) => difference)
}

describe('The runs of a tenant with rules', () => {
  const accounts: string[] = []
  let march: Answer

  test('hold what a rule selects, whatever state the others get, and give it neither number nor journal', async () => {
    await set({ reviewRules: { firstBill: true } })
    accounts.push(...(await world.addAccounts(6, [{ amount: '100' }])))
    march = await runToEnd(world, { billState: 'validated' })
    expect(march).toMatchObject({ eligible: 6, billed: 6, reviewCount: 6, amount: [{ unit: 'EUR', value: 714 }] })
    const held = await bills(world.cycleId)
    expect(held.map(({ state, billNo, holdReason }: Answer) => [state, billNo, holdReason])).toEqual(
      Array(6).fill(['onHold', undefined, 'It is the first bill of the account'])
    )
    const { rows } = await world.server.database.run(sql`SELECT count(*) FROM "ledger_entry"`)
    expect(rows).toEqual([['0']])
    const events = await world.server.database.run(sql`SELECT DISTINCT "event_type", "document"->>'state' FROM "event"
      WHERE "event_type" LIKE 'CustomerBill%'`)
    expect(events.rows).toEqual([['CustomerBillCreateEvent', 'onHold']])
  })

  test('are released without what they hold', async () => {
    expect((await post(`${march.id}/release`, { state: 'sent' })).body).toEqual({
      released: 0,
      skipped: [{ reason: 'onHold', count: 6 }]
    })
  })

  test('leave a bill without an earlier one to compare with', async () => {
    const [{ href }] = await get(`${RUNS}/${march.id}/review?limit=1`)
    const one = await get(new URL(href).pathname)
    expect(one).toMatchObject({ comparison: { text: 'The account has no earlier issued bill in EUR.' } })
  })

  test('let selected bills go on, each with its event and its row in the audit', async () => {
    const [first, second, third] = await get(`${RUNS}/${march.id}/review`)
    const named = [first, second].map(({ bill: { id } }: Answer) => ({ id }))
    const released = await post(`${march.id}/review/release`, { bills: [...named, { id: 'unknown' }] })
    expect(released.body).toEqual({ released: 2, skipped: 1 })
    expect((await post(`${march.id}/review/release`, { bills: named })).body).toEqual({ released: 0, skipped: 2 })
    const [audit] = await get(`/admin/v1/audit?resourceId=${named[0]?.id}&sort=-id`)
    expect(audit).toMatchObject({
      ...{ action: 'release', actorName: 'demo-api-key', before: { state: 'onHold' }, after: { state: 'new' } }
    })
    const { rows } = await world.server.database.run(sql`SELECT "document"->>'state' FROM "event"
      WHERE "resource_id" = ${named[0]?.id} ORDER BY "position"`)
    expect(rows).toEqual([['onHold'], ['new']])
    expect(await get(`${RUNS}/${march.id}`)).toMatchObject({ reviewCount: 4 })
    expect((await get(`${RUNS}/${march.id}/review?status=released`)).length).toBe(2)
    const issued = await post(`${march.id}/review/release`, { bills: [{ id: third.bill.id }], state: 'validated' })
    expect(issued.body).toEqual({ released: 1, skipped: 0 })
    expect((await post(`${march.id}/release`, { state: 'validated' })).body).toMatchObject({ released: 2 })
    expect(await differences()).toEqual([undefined, undefined])
  })

  test('take back all of a reason, whose rates are free to be corrected, and hold them again in a retry', async () => {
    expect((await post(`${march.id}/review/discard`, { reason: 'zero' })).body).toEqual({ discarded: 0, skipped: 0 })
    expect((await post(`${march.id}/review/discard`, { reason: 'firstBill' })).body).toEqual({
      discarded: 3,
      skipped: 3
    })
    const { rows } = await world.server.database.run(sql`SELECT count(*), (SELECT count(*) FROM "bill_review")
      FROM "applied_customer_billing_rate" WHERE NOT "is_billed"`)
    expect(rows).toEqual([['3', '3']])
    await post(`${march.id}/retry`, {})
    expect(await untilEnded(world.server, march.id)).toMatchObject({ billed: 6, reviewCount: 3, parkedCount: 0 })
    expect((await post(`${march.id}/review/release`, { reason: 'firstBill', state: 'validated' })).body).toEqual({
      released: 3,
      skipped: 3
    })
    expect(await differences()).toEqual([undefined, undefined])
  })

  test('find the oddest first, page by page, and one by its reason', async () => {
    const { database } = world.server
    const [dear = '', dearer = '', nothing = '', many = ''] = accounts
    await addRates(database, accounts, { amount: '100', date: '2026-04-10' })
    await addRates(database, [dear], { amount: '150', date: '2026-04-11' })
    await addRates(database, [dearer], { amount: '900', date: '2026-04-11' })
    await addRates(database, [nothing], { amount: '-100', kind: 'appliedBillingCredit', date: '2026-04-11' })
    for (let line = 0; line < 3; line++) await addRates(database, [many], { amount: '1', date: '2026-04-11' })
    await set({
      reviewRules: { amountOver: { EUR: 1_000 }, overMean: { factor: 2, bills: 3 }, zero: true, linesOver: 2 }
    })
    const run = await runToEnd({ ...world, cycleId: april })
    const found = await review(run.id)
    expect(found).toEqual({
      ...{ [dearer]: 'amountOver overMean', [many]: 'linesOver', [dear]: 'overMean', [nothing]: 'zero' }
    })
    expect(Object.keys(found)).toEqual([dearer, many, dear, nothing])
    expect(Object.keys(await review(run.id, '?reason=linesOver,zero'))).toEqual([many, nothing])
    const pages: string[] = []
    for (let path = `${RUNS}/${run.id}/review?limit=2`; path !== ''; ) {
      const { headers, body } = await world.server.call('GET', path)
      expect(headers['x-total-count']).toBe('4')
      pages.push(body.map(({ billingAccount }: Answer) => billingAccount.id).join())
      path = /<http:\/\/localhost:80(.*)>; rel="next"/.exec(String(headers.link))?.[1] ?? ''
    }
    expect(pages).toEqual([`${dearer},${many}`, `${dear},${nothing}`])
    const [{ href }] = await get(`${RUNS}/${run.id}/review?limit=1`)
    expect(await get(new URL(href).pathname)).toMatchObject({
      amountDue: { unit: 'EUR', value: 1_190 },
      comparison: {
        previousBill: { billDate: '2026-04-01T00:00:00.000Z' },
        amountDue: { currentAmount: { value: 1_190 }, previousAmount: { value: 119 }, difference: { value: 1_071 } },
        charges: [{ type: 'recurringCharge', currentRateCount: 2, previousRateCount: 1 }]
      }
    })
  })
})

describe('The distribution of a run', () => {
  const distribution = async (id: string) => get(`${RUNS}/${id}/distribution`)

  test('counts its bills by amount beside those of the run before, whatever is held', async () => {
    const [current, march] = await get(RUNS)
    expect(await distribution(march.id)).toEqual({
      billRun: { id: march.id, href: `http://localhost:80${RUNS}/${march.id}` },
      currencies: [
        {
          ...{ currency: 'EUR', bills: 6, previousBills: 0 },
          amount: { unit: 'EUR', value: 714 },
          previousAmount: { unit: 'EUR', value: 0 },
          bins: [{ from: 100, to: 200, bills: 6, previousBills: 0 }]
        }
      ]
    })
    const bins = [
      { from: 0, to: 0.01, bills: 1, previousBills: 0 },
      ...BETWEEN.map(([from, to]) => ({ from, to, bills: 0, previousBills: 0 })),
      { from: 100, to: 200, bills: 3, previousBills: 6 },
      { from: 200, to: 500, bills: 1, previousBills: 0 },
      { from: 500, to: 1_000, bills: 0, previousBills: 0 },
      { from: 1_000, to: 2_000, bills: 1, previousBills: 0 }
    ]
    expect(await distribution(current.id)).toMatchObject({
      previous: { id: march.id, billCycle: { id: world.cycleId } },
      currencies: [{ bills: 6, previousBills: 6, bins }]
    })
  })

  test('is there for a dry run, and not for others', async () => {
    const [current] = await get(RUNS)
    const date = '2026-06-10'
    await world.addAccounts(1, [
      { amount: '-5', kind: 'appliedBillingCredit', date },
      { amount: '5.005', date }
    ])
    const dry = await runToEnd({ ...world, cycleId: await cycleOf(6) }, { dryRun: true })
    expect(await distribution(dry.id)).toMatchObject({
      previous: { id: current.id },
      currencies: [{ bills: 1, previousBills: 6 }]
    })
    const path = `${RUNS}/${dry.id}/distribution`
    expect((await world.server.call('GET', path, undefined, { token: 'other-key' })).status).toBe(404)
    expect((await world.server.call('GET', `${path}?limit=1`)).status).toBe(400)
  })
})
