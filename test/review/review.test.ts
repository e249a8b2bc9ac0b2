import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type BillingWorld, runToEnd, startBilling, untilEnded } from '../billing/world.ts'
import { addRates } from '../support/accounts.ts'
import type { Answer } from '../support/answer.ts'
import { addCycle } from '../support/cycles.ts'
import { addApiKey, TENANT } from '../support/database.ts'

const RUNS = '/billing/v1/billRun'
const TENANTS = '/admin/v1/tenant/demo'

let world: BillingWorld
let april: string
beforeAll(async () => {
  world = await startBilling(4)
  const { body } = await world.server.call('GET', `billCycle/${world.cycleId}`)
  april = await addCycle(world.server, 4, { BillCycleSpecification: { id: body.BillCycleSpecification.id } })
})
afterAll(() => world.close())

const set = async (settings: object) => expect((await world.server.call('PATCH', TENANTS, settings)).status).toBe(200)
const get = async (path: string) => (await world.server.call('GET', path)).body
const post = (path: string, body: object, headers = {}) => world.server.call('POST', `${RUNS}/${path}`, body, headers)
const bills = (run: string, query = ''): Promise<Answer> =>
  get(`customerBill?sort=id&limit=1000${query}&billCycle.id=${run}`)

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
    await addRates(database, [nothing], { amount: '100', kind: 'appliedBillingCredit', date: '2026-04-11' })
    for (let line = 0; line < 3; line++) await addRates(database, [many], { amount: '1', date: '2026-04-11' })
    await set({
      reviewRules: { amountOver: { EUR: 1_000 }, overMean: { factor: 2, bills: 3 }, zero: true, linesOver: 2 }
    })
    const run = await runToEnd({ ...world, cycleId: april })
    const found = await review(run.id)
    expect(found).toEqual({
      ...{ [dearer]: 'amountOver overMean', [many]: 'linesOver', [dear]: 'overMean' }
    })
    expect(Object.keys(found)).toEqual([dearer, many, dear])
    expect(Object.keys(await review(run.id, '?reason=linesOver,zero'))).toEqual([many])
    const pages: string[] = []
    for (let path = `${RUNS}/${run.id}/review?limit=2`; path !== ''; ) {
      const { headers, body } = await world.server.call('GET', path)
      expect(headers['x-total-count']).toBe('3')
      pages.push(body.map(({ billingAccount }: Answer) => billingAccount.id).join())
      path = /<http:\/\/localhost:80(.*)>; rel="next"/.exec(String(headers.link))?.[1] ?? ''
    }
    expect(pages).toEqual([`${dearer},${many}`, dear])
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

describe('A tenant may require', () => {
  let cycleId: string
  let run: Answer

  test('that a run is released later, and is not to be started otherwise', async () => {
    const { body } = await world.server.call('GET', `billCycle/${world.cycleId}`)
    cycleId = await addCycle(world.server, 5, { BillCycleSpecification: { id: body.BillCycleSpecification.id } })
    await set({
      releaseRequires: ['secondUser'],
      reviewRules: { firstBill: null, overMean: null, zero: null, linesOver: null }
    })
    await world.addAccounts(2, [{ amount: '5000', date: '2026-05-10' }])
    await world.addAccounts(2, [{ amount: '50', date: '2026-05-10' }])
    const early = await world.server.call('POST', RUNS, { billCycle: { id: cycleId }, billState: 'sent' })
    expect([early.status, early.body.messageCode]).toEqual([409, 'run.releasedLater'])
    run = await runToEnd({ ...world, cycleId })
    expect(run).toMatchObject({ billed: 4, reviewCount: 2 })
  })

  test('a second user, for every way of issuing a bill of the run', async () => {
    const refused = [403, 'A user other than the one who started this billRun must release its bills']
    const [bill] = await bills(cycleId, '&state=new')
    const attempts = [
      await post(`${run.id}/release`, { state: 'sent' }),
      await post(`${run.id}/review/release`, { state: 'sent', reason: 'amountOver' }),
      await world.server.call('PATCH', `customerBill/${bill.id}`, { state: 'validated' })
    ]
    expect(attempts.map(({ status, body }) => [status, body.message])).toEqual(Array(3).fill(refused))
    expect((await bills(cycleId, '&state=sent,validated')).length).toBe(0)
    await addApiKey(world.server.database, { tenantId: TENANT, key: 'second', scopes: ['billing:run'] })
    const second = await post(`${run.id}/release`, { state: 'sent', filter: `id=${bill.id}` }, { token: 'second' })
    expect(second.body).toEqual({ released: 1, skipped: [] })
  })

  test('an empty review', async () => {
    await set({ releaseRequires: ['emptyReview'] })
    const [held] = await bills(cycleId, '&state=onHold')
    const attempts = [
      await post(`${run.id}/release`, { state: 'sent' }),
      await post(`${run.id}/review/release`, { state: 'sent', reason: 'amountOver' }),
      await world.server.call('PATCH', `customerBill/${held.id}`, { state: 'sent' })
    ]
    expect(attempts.map(({ status, body }) => [status, body.messageCode])).toEqual(Array(3).fill([409, 'run.inReview']))
    expect((await post(`${run.id}/review/release`, { bills: [{ id: held.id }] })).body.released).toBe(1)
    expect((await post(`${run.id}/review/discard`, { reason: 'amountOver' })).body.discarded).toBe(1)
    expect((await post(`${run.id}/release`, { state: 'sent' })).body).toMatchObject({ released: 2 })
    expect(await differences()).toEqual([undefined, undefined])
  })

  test.each<[object, number, string]>([
    [{}, 400, 'run.oneSelection'],
    [{ reason: 'zero', bills: [{ id: 'X' }] }, 400, 'run.oneSelection'],
    [{ reason: 'odd' }, 400, 'body.invalidFields'],
    [{ bills: [] }, 400, 'body.invalidFields'],
    [{ reason: 'zero', state: 'settled' }, 400, 'body.invalidFields']
  ])('a selection that makes sense: %j does not', async (body, status, code) => {
    const answer = await post(`${run.id}/review/release`, body)
    expect([answer.status, answer.body.messageCode]).toEqual([status, code])
  })

  test.each(['reason=odd', 'status=', 'limit=x', 'after=x', 'offset=1', 'reason=zero,zero'])(
    'a query that makes sense: %s does not',
    async (query) => {
      expect((await world.server.call('GET', `${RUNS}/${run.id}/review?${query}`)).status).toBe(400)
    }
  )

  test('its own scope and its own runs', async () => {
    await addApiKey(world.server.database, { tenantId: TENANT, key: 'writer', scopes: ['bill:write', 'bill:read'] })
    const body = { reason: 'amountOver' }
    for (const [token, status] of [
      ['writer', 403],
      ['other-key', 404]
    ] as const) {
      const answers = [
        await world.server.call('GET', `${RUNS}/${run.id}/review`, undefined, { token }),
        await post(`${run.id}/review/release`, body, { token }),
        await post(`${run.id}/review/discard`, body, { token })
      ]
      expect(answers.map((answer) => answer.status)).toEqual([status, status, status])
    }
  })
})
