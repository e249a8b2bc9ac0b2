import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import type { Answer } from '../support/answer.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { type BillingWorld, holding, runToEnd, startBilling, untilEnded, untilWaiting } from './world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

const CHARGES = [{ amount: '10.005' }, { amount: '0.333', kind: 'usageCharge' }]
const RUNS = '/billing/v1/billRun'

const discard = (runId: string, body: object = {}) => world.server.call('POST', `${RUNS}/${runId}/discard`, body)
const read = async (runId: string) => (await world.server.call('GET', `${RUNS}/${runId}`)).body
const bills = async (query = ''): Promise<Answer> =>
  (await world.server.call('GET', `customerBill?sort=id&limit=1000${query}`)).body

async function retry(runId: string) {
  expect((await world.server.call('POST', `${RUNS}/${runId}/retry`)).status).toBe(202)
  return untilEnded(world.server, runId)
}

/** Returns free rates, billed rates, and the first difference of the ledger. */
async function sound() {
  const { rows } = await world.server.database.run(sql`SELECT count(*) FILTER (WHERE NOT r."is_billed"
      AND r."bill_id" IS NULL), count(*) FILTER (WHERE r."is_billed" AND b."id" IS NOT NULL), count(*)
    FROM "applied_customer_billing_rate" r LEFT JOIN "customer_bill" b ON b."id" = r."bill_id"`)
  const [free, billed, all] = (rows[0] ?? []).map(Number)
  expect(Number(free) + Number(billed)).toBe(all)
  const verified = await verifyLedger(world.server.database)
  return [free, billed, verified.find(({ tenantId }) => tenantId === TENANT)?.difference]
}

describe('discard', () => {
  test('frees the rates of all bills, parks the accounts, and a retry bills them by what is true then', async () => {
    await world.addAccounts(25, CHARGES)
    await world.addAccounts(2, [])
    const run = await runToEnd(world)
    expect((await discard(run.id)).body).toEqual({ discarded: 25, skipped: 0 })
    expect(await bills()).toEqual([])
    expect(await sound()).toEqual([50, 0, undefined])
    const after = await read(run.id)
    expect(after).toMatchObject({
      state: 'done',
      eligible: 27,
      billed: 0,
      parkedCount: 25,
      amount: run.amount.map(none)
    })
    expect(after.parked[0]).toMatchObject({ reason: 'discarded', reasonCode: 'reason.discarded' })
    await world.server.database.run(sql`UPDATE "applied_customer_billing_rate" SET "tax_excluded_amount_value" = 1`)
    expect(await retry(run.id)).toMatchObject({
      ...{ eligible: 27, billed: 25, parkedCount: 0, skipped: [{ reason: 'nothingToBill', count: 2 }] },
      amount: [{ unit: 'EUR', value: 59.5 }]
    })
    expect((await bills()).every(({ amountDue }: { amountDue: object }) => amountDue)).toBe(true)
    expect(await sound()).toEqual([0, 50, undefined])
  })

  test('takes those that the filter means, and leaves alone what was issued', async () => {
    const [cheap] = await world.addAccounts(1, [{ amount: '1' }])
    await world.addAccounts(3, CHARGES)
    const run = await runToEnd(world)
    const [first, second] = await bills()
    await world.server.call('PATCH', `customerBill/${second.id}`, { state: 'validated' })
    const filtered = await discard(run.id, { filter: `billingAccount.id=${cheap}` })
    expect(filtered.body).toEqual({ discarded: 1, skipped: 0 })
    expect((await discard(run.id)).body).toEqual({ discarded: 2, skipped: 1 })
    expect((await discard(run.id)).body).toEqual({ discarded: 0, skipped: 1 })
    expect((await bills()).map(({ id }: { id: string }) => id)).toEqual([second.id])
    expect(await read(run.id)).toMatchObject({ eligible: 4, billed: 1, parkedCount: 3 })
    expect(first.id < second.id).toBe(true)
    expect(await sound()).toEqual([5, 2, undefined])
  })

  test('leaves a row in the audit and an event for each bill', async () => {
    await world.addAccounts(1, CHARGES)
    const run = await runToEnd(world)
    const [bill] = await bills()
    await discard(run.id)
    const audit = await world.server.call('GET', `/admin/v1/audit?resourceId=${bill.id}`)
    expect(audit.body).toMatchObject([
      {
        action: 'discard',
        actorName: 'demo-api-key',
        before: { state: 'new', amountDue: { value: 12.3 } },
        after: { freedRates: 2 }
      }
    ])
    const events = await world.server.database.run(sql`SELECT "event_type", "document"->>'state' FROM "event"
      WHERE "resource_id" = ${bill.id} ORDER BY "id"`)
    expect(events.rows).toEqual([
      ['CustomerBillCreateEvent', 'new'],
      ['CustomerBillDeleteEvent', 'new']
    ])
  })

  test.each<[string, (id: string) => Promise<string> | string, object, number, string]>([
    ['an unknown run', () => '01M8NYQ1Q9XVA3A65E28KVZHN3', {}, 404, 'There is no billRun with this id'],
    ['a filter that is none', (id) => id, { filter: 'sort=id' }, 400, '$.filter takes conditions only'],
    ['a body that is none', (id) => id, { states: 'new' }, 400, '$.states'],
    [
      'a dry run',
      async () => (await runToEnd(world, { dryRun: true })).id,
      {},
      409,
      'A dry billRun has no bills that could be discarded'
    ],
    [
      'a run that goes on',
      async (id) => {
        await world.server.database.run(sql`UPDATE "bill_run" SET "state" = 'running' WHERE "id" = ${id}`)
        return id
      },
      {},
      409,
      'This billRun is running; its bills can be discarded when it has ended'
    ]
  ])('refuses %s', async (_, named, body, status, message) => {
    await world.addAccounts(1, CHARGES)
    const held = await holding(world.server, 'LOCK TABLE "bill_run_chunk" IN ACCESS SHARE MODE')
    const run = await runToEnd(world)
    const answer = await discard(await named(run.id), body)
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(message)])
    expect((await bills()).length).toBe(1)
    await held.release()
  })

  test('and a retry wait for each other, and so do a discard and a release: each bill goes one way', async () => {
    await world.addAccounts(40, CHARGES)
    const run = await runToEnd(world)
    const release = world.server.call('POST', `${RUNS}/${run.id}/release`, { state: 'sent' })
    const answers = await Promise.all([discard(run.id), release, discard(run.id)])
    const [one, released, other] = answers.map(({ body }) => Number(body.discarded ?? body.released))
    expect(Number(one) + Number(released) + Number(other)).toBe(40)
    expect(await read(run.id)).toMatchObject({ billed: released, parkedCount: 40 - Number(released) })
    expect((await sound())[2]).toBeUndefined()
    const again = await retry(run.id)
    expect([again.billed, again.parkedCount]).toEqual([40, 0])
    expect(await sound()).toEqual([0, 80, undefined])
  })

  test('needs the scope billing:run', async () => {
    await world.addAccounts(1, CHARGES)
    const run = await runToEnd(world)
    await addApiKey(world.server.database, { tenantId: TENANT, key: 'writer', scopes: ['bill:write', 'admin'] })
    const answer = await world.server.call('POST', `${RUNS}/${run.id}/discard`, {}, { token: 'writer' })
    expect(answer.status).toBe(403)
  })
})

describe('DELETE of a bill', () => {
  const remove = (id: string, headers = {}) => world.server.call('DELETE', `customerBill/${id}`, undefined, headers)

  test('of a run that was never issued takes it back; one that was is kept', async () => {
    await world.addAccounts(2, CHARGES)
    const run = await runToEnd(world)
    const [first, second] = await bills()
    await world.server.call('PATCH', `customerBill/${second.id}`, { state: 'onHold' })
    expect([(await remove(first.id)).status, (await remove(second.id)).status]).toEqual([204, 204])
    expect(await sound()).toEqual([4, 0, undefined])
    expect(await retry(run.id)).toMatchObject({ eligible: 2, billed: 2, parkedCount: 0 })
    const [again] = await bills()
    await world.server.call('PATCH', `customerBill/${again.id}`, { state: 'sent' })
    const kept = await remove(again.id)
    expect([kept.status, kept.body.message]).toEqual([
      409,
      'A bill that was ever issued cannot be deleted; this one is sent'
    ])
  })

  test('leaves the row in the audit that a discard leaves', async () => {
    await world.addAccounts(2, CHARGES)
    const run = await runToEnd(world)
    const [first, second] = await bills()
    await remove(first.id)
    await discard(run.id)
    const rows = [first, second].map(async ({ id }) => {
      const { body } = await world.server.call('GET', `/admin/v1/audit?resourceId=${id}`)
      return body.map(({ action, before, after }: Answer) => ({ action, before, after }))
    })
    const before = { state: 'new', amountDue: { unit: 'EUR', value: 12.3 } }
    expect(await Promise.all(rows)).toEqual(
      [first, second].map(({ billingAccount: { id } }) => {
        const billingAccount = expect.objectContaining({ id })
        return [{ action: 'discard', before: { ...before, billingAccount }, after: { freedRates: 2 } }]
      })
    )
  })

  test('of a run that goes on, or by a partner, is refused', async () => {
    const { database } = world.server
    await world.addAccounts(1, CHARGES)
    const partnerId = await addPartner(database, TENANT, 'P-1')
    await addApiKey(database, { tenantId: TENANT, key: 'of-partner', partnerId })
    await database.run(sql`UPDATE "billing_account" SET "partner_id" = ${partnerId}`)
    const run = await runToEnd(world)
    const [bill] = await bills()
    for (const headers of [{ token: 'of-partner' }, { proxy_accountNumber: 'P-1' }]) {
      expect((await remove(bill.id, headers)).status).toBe(403)
    }
    await database.run(sql`UPDATE "bill_run" SET "state" = 'queued' WHERE "id" = ${run.id}`)
    expect((await remove(bill.id)).status).toBe(409)
    expect((await bills()).length).toBe(1)
  })
})

test('a release that has a bill first keeps it from being discarded', async () => {
  await world.addAccounts(1, CHARGES)
  const run = await runToEnd(world)
  const [bill] = await bills()
  const held = await holding(
    world.server,
    `UPDATE "customer_bill" SET "issued_as" = 'sent', "state" = 'sent', "bill_no" = 'INV-2026-000001',
      "letterhead_id" = NULL WHERE "id" = '${bill.id}'`
  )
  const discarding = discard(run.id)
  await untilWaiting(world.server, 1)
  await held.release()
  expect((await discarding).body).toEqual({ discarded: 0, skipped: 1 })
})

function none({ unit }: { readonly unit: string }) {
  return { unit, value: 0 }
}
