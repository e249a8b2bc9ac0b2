import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addAccount, addBill, credits, paid, pay } from '../billing/ledger-world.ts'
import type { Reply } from '../support/server.ts'
import { addPeople } from './people.ts'
import { type CorrectionWorld, EUR, startCorrections } from './world.ts'

const BILLING = '/billing/v1'
const APPROVAL = `${BILLING}/correctionApproval`

let world: CorrectionWorld
let server: CorrectionWorld['server']
let contract: CorrectionWorld['contract']
let people: Readonly<Record<'clara' | 'bruno' | 'nina', Record<string, string>>>
beforeAll(async () => {
  world = await startCorrections()
  ;({ server, contract } = world)
  people = await addPeople(server, {
    clara: ['trust'],
    bruno: ['bill:read', 'correction:approve'],
    nina: ['bill:write']
  })
})
afterAll(() => world.close())
beforeEach(() => limit('{"EUR": 10}'))

function limit(limits: string | null) {
  return server.database.run(sql`UPDATE "tenant" SET "correction_approval_limits" = ${limits}::jsonb`)
}

const as = (name: keyof typeof people) => people[name]
const ask = (kind: string, body: object): Promise<Reply> =>
  contract.call('POST', `${BILLING}/${kind}`, { reason: 'goodwill', ...body }, as('clara'))
const approve = (id: string, name: keyof typeof people = 'bruno') =>
  contract.call('POST', `${APPROVAL}/${id}/approve`, undefined, as(name))
const reject = (id: string, body?: object) => contract.call('POST', `${APPROVAL}/${id}/reject`, body, as('bruno'))

/** Adds an account with a bill of 30 that is owed, and credit in dollars. */
async function addWorld() {
  const account = await addAccount(server)
  const bill = await addBill(server, account, { rates: { usageCharge: '30' }, state: 'sent' })
  await pay(server, account, 50, { amount: { unit: 'USD', value: 50 } })
  return { account, bill }
}

/** Counts what is booked for an account, and its corrections. */
async function bookedOf(account: string) {
  const { rows } = await server.database.run(sql`SELECT
      (SELECT count(*) FROM "ledger_entry" WHERE "billing_account_id" = ${account}),
      (SELECT count(*) FROM "correction" WHERE "billing_account_id" = ${account}),
      (SELECT count(*) FROM "customer_bill" WHERE "billing_account_id" = ${account}),
      (SELECT count(*) FROM "event" WHERE "resource_path" <> 'correctionApproval')`)
  return rows[0]
}

const BODIES: readonly (readonly [kind: string, body: (account: string, bill: string) => object, amount: object])[] = [
  ['creditNote', (_, bill) => ({ bill: { id: bill }, all: true }), EUR(30)],
  ['cancelAndRebill', (_, bill) => ({ bill: { id: bill }, when: 'now' }), EUR(30)],
  ['cancelAndRebill', (_, bill) => ({ bill: { id: bill }, when: 'nextRun' }), EUR(30)],
  ['writeOff', (_, bill) => ({ bill: { id: bill } }), EUR(30)],
  [
    'refund',
    (account) => ({ billingAccount: { id: account }, method: 'cash', amount: { unit: 'USD', value: 0.01 } }),
    { unit: 'USD', value: 0.01 }
  ],
  ['adjustment', (account) => ({ billingAccount: { id: account }, amount: EUR(-10.01) }), EUR(-10.01)],
  ['adjustment', (account) => ({ billingAccount: { id: account }, amount: EUR(99), onNextBill: true }), EUR(99)]
]

describe.each(BODIES)('a %s above the limit', (kind, bodyOf, amount) => {
  test('waits with nothing booked, and is made once by the approval of another user', async () => {
    const { account, bill } = await addWorld()
    const before = await bookedOf(account)
    const body = { ...bodyOf(account, bill), reference: `R ${account}` }
    const asked = await ask(kind, body)
    expect([asked.status, asked.text]).toEqual([202, asked.text])
    const { id } = asked.body
    const clara = { type: 'user', name: 'clara' }
    const shown = { state: 'pendingApproval', correctionType: kind, amount, billingAccount: { id: account } }
    expect(asked.body).toMatchObject({ ...shown, requestedBy: clara, request: { ...body, reason: 'goodwill' } })
    expect(await bookedOf(account)).toEqual(before)
    expect((await ask(kind, body)).body).toEqual(asked.body)
    expect((await ask(kind, { ...body, description: 'x' })).body.messageCode).toBe('correction.referenceTaken')
    expect((await approve(id, 'clara')).body.messageCode).toBe('correction.ownRequest')
    expect(await bookedOf(account)).toEqual(before)
    const approved = await approve(id)
    expect([approved.status, approved.text]).toEqual([200, approved.text])
    expect(approved.headers.etag).toBe('"2"')
    expect(approved.body).toMatchObject({ state: 'approved', decidedBy: { type: 'user', name: 'bruno' } })
    const made = await contract.call('GET', `${BILLING}/${kind}/${approved.body.correction.id}`)
    expect(made.body).toMatchObject({ amount, reason: 'goodwill', reference: body.reference })
    const again = await ask(kind, body)
    expect([again.status, again.body]).toEqual([200, made.body])
    expect((await approve(id)).body.messageCode).toBe('correction.decided')
    expect((await reject(id)).body.messageCode).toBe('correction.decided')
    const found = await contract.call('GET', `${APPROVAL}?correction.id=${made.body.id}&state=approved`)
    expect(found.body).toEqual([approved.body])
  })
})

test('limits hold in each currency: at the limit nothing waits, without one for the currency all does', async () => {
  const { account } = await addWorld()
  const adjusted = async (unit: string, value: number) =>
    (await ask('adjustment', { billingAccount: { id: account }, amount: { unit, value } })).status
  expect([await adjusted('EUR', 10), await adjusted('EUR', -10), await adjusted('EUR', 10.01)]).toEqual([201, 201, 202])
  expect(await adjusted('USD', 1)).toBe(202)
  for (const none of [null, '{}']) {
    await limit(none)
    expect([await adjusted('EUR', 1_000), await adjusted('USD', 1)]).toEqual([201, 201])
  }
})

test('a rejected one is never made, and says who rejected it and why', async () => {
  const { account, bill } = await addWorld()
  const body = { bill: { id: bill }, reference: `rejected ${bill}` }
  const { body: asked } = await ask('writeOff', body)
  const rejected = await reject(asked.id, { comment: 'She pays' })
  expect(rejected.body).toMatchObject({ state: 'rejected', comment: 'She pays', decidedBy: { name: 'bruno' } })
  expect((await approve(asked.id)).body.messageCode).toBe('correction.decided')
  const again = await ask('writeOff', body)
  expect([again.status, again.body]).toEqual([202, rejected.body])
  const { body: trail } = await server.call('GET', `/admin/v1/audit?resourceId=${asked.id}&fields=action,actorName`)
  expect(trail).toMatchObject([
    { action: 'create', actorName: 'clara' },
    { action: 'reject', actorName: 'bruno' }
  ])
  expect((await contract.call('GET', `${APPROVAL}?billingAccount.id=${account}&state=pendingApproval`)).body).toEqual(
    []
  )
})

test('the approval checks everything again, and goes on waiting where it fails', async () => {
  const { account, bill } = await addWorld()
  const { body: off } = await ask('writeOff', { bill: { id: bill } })
  const { body: note } = await ask('creditNote', { bill: { id: bill }, amount: EUR(25) })
  await pay(server, account, 12)
  expect((await approve(off.id)).body).toMatchObject({
    messageCode: 'correction.changedSince',
    message: expect.stringContaining('18 EUR by now, not of 30')
  })
  expect((await paid(server, bill))[0]).toMatchObject([18, 'partiallyPaid', [[expect.any(String), 12]]])
  expect((await ask('creditNote', { bill: { id: bill }, amount: EUR(10) })).status).toBe(201)
  const late = await approve(note.id)
  expect([late.status, late.body.messageCode]).toEqual([409, 'correction.moreThanLeft'])
  expect((await contract.call('GET', `${APPROVAL}/${note.id}`)).body).toEqual(note)
})

test('two approvals at once make it once', async () => {
  const { account } = await addWorld()
  const { body: asked } = await ask('adjustment', { billingAccount: { id: account }, amount: EUR(-20) })
  const { zoe } = await addPeople(server, { zoe: ['trust'] })
  const at = `${APPROVAL}/${asked.id}/approve`
  const raced = await Promise.all(
    [as('bruno'), zoe, as('bruno')].map((header) => contract.call('POST', at, undefined, header))
  )
  expect(raced.map(({ status }) => status).sort()).toEqual([200, 409, 409])
  expect((await credits(server, account)).EUR).toBe(0)
  expect((await contract.call('GET', `${BILLING}/adjustment?billingAccount.id=${account}`)).body).toHaveLength(1)
})

test('only people with the right approve', async () => {
  const { bill } = await addWorld()
  const { body: asked } = await ask('writeOff', { bill: { id: bill } })
  expect((await approve(asked.id, 'nina')).body.messageCode).toBe('access.scope')
  const byKey = await contract.call('POST', `${APPROVAL}/${asked.id}/approve`)
  expect([byKey.status, byKey.body.messageCode]).toEqual([403, 'correction.noPerson'])
  const { body: unknown } = await contract.call('GET', `${APPROVAL}?state=open`)
  expect(unknown.messageCode).toBe('correction.unknownState')
})
