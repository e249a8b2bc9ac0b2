import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { DISPUTE_STATES } from '../../src/billing/disputes/list.ts'
import { sql } from '../../src/db/sql.ts'
import { NEXT } from '../../src/disputes/end.ts'
import { addAccount, addBill, credits, PAYMENT, paid, pay } from '../billing/ledger-world.ts'
import { type CorrectionWorld, EUR, startCorrections } from '../corrections/world.ts'

const DISPUTE = '/billing/v1/dispute'

let world: CorrectionWorld
let server: CorrectionWorld['server']
let contract: CorrectionWorld['contract']
beforeAll(async () => {
  world = await startCorrections()
  ;({ server, contract } = world)
})
afterAll(() => world.close())

/** Adds a sent bill of 30, with tax 35.70, of two lines. */
async function oneBill() {
  const account = await addAccount(server, { tax: 0.19 })
  const id = await addBill(server, account, { rates: { usageCharge: '10', recurringCharge: '20' }, state: 'sent' })
  return { account, id }
}

function open(bill: string, more: object) {
  return contract.call('POST', DISPUTE, { bill: { id: bill }, reason: 'unknownCharge', ...more })
}

function step(id: string, name: string, body?: object) {
  return contract.call('POST', `${DISPUTE}/${id}/${name}`, body)
}

async function lineOf(bill: string, type: string) {
  const { body } = await server.call('GET', `appliedCustomerBillingRate?bill.id=${bill}&type=${type}`)
  return { rate: { id: body[0].id } }
}

const standingOf = async (bill: string) => (await paid(server, bill))[0]
const ANSWER = { answer: 'You called from abroad.' }

/** Brings a dispute of 1 into each state. */
const INTO: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  acknowledged: async () => undefined,
  inProgress: (id) => step(id, 'start'),
  rejected: (id) => step(id, 'reject', ANSWER),
  resolved: (id) => step(id, 'resolve', { all: true, reason: 'other' }),
  cancelled: (id) => step(id, 'cancel')
}

describe('a dispute', () => {
  test('of an amount is found, worked on and rejected with an answer', async () => {
    const { account, id } = await oneBill()
    const made = await open(id, { amount: EUR(11.9), description: 'Not me' })
    expect([made.status, made.text]).toEqual([201, made.text])
    expect(made.body).toMatchObject({
      ...{ bill: { id }, billingAccount: { id: account }, amount: EUR(11.9), description: 'Not me' },
      ...{ state: 'acknowledged', openedBy: 'provider', reason: 'unknownCharge' }
    })
    expect(made.headers.location).toMatch(`${DISPUTE}/${made.body.id}`)
    expect((await step(made.body.id, 'start')).body.state).toBe('inProgress')
    const ended = await step(made.body.id, 'reject', ANSWER)
    expect(ended.body).toMatchObject({ ...ANSWER, state: 'rejected', closedAt: expect.any(String) })
    expect(ended.headers.etag).toBe('"3"')
    expect((await contract.call('GET', `${DISPUTE}/${made.body.id}`)).body).toEqual(ended.body)
    const other = await open(id, { all: true })
    expect(other.body.amount).toEqual(EUR(35.7))
    const of = `bill.id=${id}&billingAccount.id=${account}&reason=unknownCharge&openedBy=provider`
    const found = await contract.call('GET', `${DISPUTE}?${of}&createdAt.gte=2026-01-01`)
    expect(found.body).toEqual([ended.body, (await contract.call('GET', `${DISPUTE}/${other.body.id}`)).body])
    expect((await contract.call('GET', `${DISPUTE}?${of}&state=rejected`)).body).toEqual([ended.body])
    expect(await standingOf(id)).toEqual([35.7, 'onHold', []])
  })

  test('of lines is resolved by a credit note of them, with their tax', async () => {
    const { id } = await oneBill()
    const { body } = await open(id, { lines: [await lineOf(id, 'usageCharge')] })
    expect(body).toMatchObject({ amount: EUR(11.9), lines: [await lineOf(id, 'usageCharge')] })
    const again = await open(id, { lines: [await lineOf(id, 'usageCharge')] })
    expect([again.status, again.body.messageCode]).toEqual([409, 'dispute.lineInDispute'])
    const resolved = await step(body.id, 'resolve', { all: true, reason: 'goodwill', answer: 'You are right.' })
    expect([resolved.status, resolved.text]).toEqual([200, resolved.text])
    expect(resolved.body).toMatchObject({ state: 'resolved', answer: 'You are right.' })
    const note = await contract.call('GET', `/billing/v1/creditNote/${resolved.body.creditNote.id}`)
    expect(note.body).toMatchObject({ amount: EUR(11.9), reason: 'goodwill', lines: [await lineOf(id, 'usageCharge')] })
    expect(await standingOf(id)).toEqual([23.8, 'sent', []])
    expect((await open(id, { lines: [await lineOf(id, 'recurringCharge')] })).status).toBe(201)
  })

  test('of all holds the bill, and a partial credit note makes the rest due again as it was', async () => {
    const { account, id } = await oneBill()
    await pay(server, account, 5.7)
    const { body } = await open(id, { all: true })
    const payment = [expect.any(String), 5.7]
    expect(await standingOf(id)).toEqual([30, 'onHold', [payment]])
    const held = await server.call('GET', `customerBill/${id}`)
    expect(held.body.holdReason).toBe('In dispute')
    const freed = await server.call('PATCH', `customerBill/${id}`, { state: 'sent' })
    expect([freed.status, freed.body.messageCode]).toEqual([409, 'dispute.billInDispute'])
    const more = await step(body.id, 'resolve', { amount: EUR(30.01), reason: 'other' })
    expect([more.status, more.body.messageCode]).toEqual([409, 'dispute.moreThanDisputed'])
    expect((await step(body.id, 'resolve', { amount: EUR(12), reason: 'other' })).status).toBe(200)
    expect(await standingOf(id)).toEqual([18, 'partiallyPaid', [payment]])
  })

  test('of all that is credited settles the bill at once', async () => {
    const { id } = await oneBill()
    const { body } = await open(id, { all: true })
    expect((await step(body.id, 'resolve', { all: true, reason: 'other' })).status).toBe(200)
    expect(await standingOf(id)).toEqual([0, 'settled', []])
  })

  test('is resolved by a note that is there, as one above the limit that another user approves', async () => {
    const { id } = await oneBill()
    const { body } = await open(id, { amount: EUR(20) })
    const limit = (value: string | null) =>
      server.database.run(sql`UPDATE "tenant" SET "correction_approval_limits" = ${value}::jsonb`)
    await limit('{"EUR": 10}')
    const above = await step(body.id, 'resolve', { all: true, reason: 'other' })
    await limit(null)
    expect([above.status, above.body.messageCode]).toEqual([409, 'dispute.aboveLimit'])
    const asked = { bill: { id }, reason: 'other', amount: EUR(20) }
    const { body: note } = await contract.call('POST', '/billing/v1/creditNote', asked)
    const by = { creditNote: { id: note.id } }
    expect((await step(body.id, 'resolve', by)).body).toMatchObject({ state: 'resolved', ...by })
    expect(await standingOf(id)).toEqual([15.7, 'sent', []])
    const { body: next } = await open(id, { amount: EUR(1) })
    expect((await step(next.id, 'resolve', by)).body.messageCode).toBe('dispute.unknownNote')
    expect((await step(next.id, 'resolve', { ...by, all: true })).body.messageCode).toBe('dispute.oneWay')
    expect((await step(next.id, 'resolve', { all: true })).body.messageCode).toBe('dispute.reasonMissing')
  })

  test('is paid by no payment but one that names the bill, and its end lets credit pay', async () => {
    const { account, id } = await oneBill()
    const { body } = await open(id, { amount: EUR(10) })
    await pay(server, account, 40)
    expect(await standingOf(id)).toEqual([10, 'onHold', [[expect.any(String), 25.7]]])
    expect(await credits(server, account)).toEqual({ EUR: 14.3 })
    expect((await pay(server, account, 10, { bills: [{ id }] })).status).toBe(409)
    expect((await step(body.id, 'cancel')).body.state).toBe('cancelled')
    expect(((await standingOf(id)) as unknown[]).slice(0, 2)).toEqual([0, 'settled'])
    expect(await credits(server, account)).toEqual({ EUR: 4.3 })
    const { account: other, id: named } = await oneBill()
    await open(named, { amount: EUR(10) })
    await pay(server, other, 35.7, { bills: [{ id: named }] })
    expect(((await standingOf(named)) as unknown[]).slice(0, 2)).toEqual([0, 'settled'])
  })

  test('lets a reversed payment take the bill off hold, in the state before', async () => {
    const { account, id } = await oneBill()
    await open(id, { amount: EUR(10) })
    const { body: payment } = await pay(server, account, 25.7)
    expect(await standingOf(id)).toEqual([10, 'onHold', [[payment.id, 25.7]]])
    expect((await server.call('POST', `${PAYMENT}/${payment.id}/reverse`)).status).toBe(200)
    expect(await standingOf(id)).toEqual([35.7, 'sent', []])
    expect((await server.call('GET', `customerBill/${id}`)).body.holdReason).toBeUndefined()
  })

  test('is never of more than remains, also at once, and not of what is paid', async () => {
    const { account, id } = await oneBill()
    const raced = await Promise.all([1, 2, 3, 4].map(() => open(id, { amount: EUR(10) })))
    expect(raced.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409])
    expect((await open(id, { amount: EUR(5.71) })).body.messageCode).toBe('dispute.moreThanLeft')
    expect((await open(id, { all: true })).body.amount).toEqual(EUR(5.7))
    expect((await open(id, { amount: EUR(0.01) })).body.messageCode).toBe('dispute.nothingLeft')
    expect(await credits(server, account)).toEqual({ EUR: 0 })
  })

  test('of one reference is opened once, also at once', async () => {
    const { id } = await oneBill()
    const body = { amount: EUR(1), reference: newId() }
    const raced = await Promise.all([1, 2].map(() => open(id, body)))
    expect(raced.map(({ status }) => status).sort()).toEqual([200, 201])
    expect(raced[0]?.body).toEqual(raced[1]?.body)
    const other = await open(id, { ...body, amount: EUR(2) })
    expect([other.status, other.body.messageCode]).toEqual([409, 'dispute.referenceTaken'])
  })

  test.each(DISPUTE_STATES)('that is %s goes on as it may, and not else', async (from) => {
    const { id: bill } = await oneBill()
    for (const [to, move] of Object.entries(INTO).slice(1)) {
      const { body } = await open(bill, { amount: EUR(1) })
      await INTO[from]?.(body.id)
      const moved = await move(body.id)
      const isLegal = NEXT[from].some((state) => state === to)
      expect(moved, `${from} to ${to}`).toMatchObject(
        isLegal ? { status: 200, body: { state: to } } : { status: 409, body: { messageCode: 'dispute.wrongState' } }
      )
    }
  })

  test('is shown apart by the reports, of today and of any past day', async () => {
    const account = await addAccount(server, { currency: 'CHF' })
    const id = await addBill(server, account, { rates: { fee: '30' }, state: 'sent' })
    const CHF = (value: number) => ({ unit: 'CHF', value })
    const overdue = async () => (await contract.call('GET', '/billing/v1/overdueAccounts?currency=CHF')).body[0]
    const aged = async (query: string) => {
      const { text } = await contract.call('GET', `/billing/v1/agingReport${query}`)
      const { rows }: { rows: readonly { currency: string }[] } = JSON.parse(text)
      return rows.find(({ currency }) => currency === 'CHF')
    }
    const { body } = await open(id, { amount: CHF(10) })
    expect(await overdue()).toMatchObject({ overdueAmount: CHF(20), disputedAmount: CHF(10), billCount: 1 })
    expect(await aged('')).toMatchObject({ daysOver90: CHF(20), disputed: CHF(10), total: CHF(30) })
    const before = new Date(Date.parse(server.database.clock()) - 172_800_000).toISOString().slice(0, 10)
    expect(await aged(`?asOf=${before}`)).toMatchObject({ disputed: CHF(0), total: CHF(30) })
    await step(body.id, 'reject', ANSWER)
    expect(await overdue()).toMatchObject({ overdueAmount: CHF(30), disputedAmount: CHF(0) })
    expect(await aged('')).toMatchObject({ daysOver90: CHF(30), disputed: CHF(0), total: CHF(30) })
  })

  test('leaves its changes in the audit', async () => {
    const { id } = await oneBill()
    const { body } = await open(id, { all: true })
    await step(body.id, 'reject', ANSWER)
    const { rows } = await server.database.run(sql`SELECT "resource_type", "action" FROM "audit_entry"
      WHERE "resource_id" IN (${id}, ${body.id}) AND "action" <> 'issue' ORDER BY "id"`)
    expect(rows.map((row) => row.join(' '))).toEqual([
      'Dispute create',
      'CustomerBill dispute',
      'Dispute patch',
      'CustomerBill dispute'
    ])
  })

  test.each<[string, object, number, string]>([
    ['of nothing', {}, 400, 'correction.oneWay'],
    ['of two things', { all: true, amount: EUR(1) }, 400, 'correction.oneWay'],
    ['for no reason of the tenant', { all: true, reason: 'goodwill' }, 400, 'dispute.unknownReason'],
    ['in another currency', { amount: { unit: 'USD', value: 1 } }, 400, 'correction.currency'],
    ['of no bill', { all: true, bill: { id: newId() } }, 400, 'body.unknownReference'],
    ['of a line of another bill', { lines: [{ rate: { id: newId() } }] }, 400, 'correction.unknownLine']
  ])('%s is refused', async (_, more, status, code) => {
    const { id } = await oneBill()
    const reply = await open(id, more)
    expect([reply.status, reply.body.messageCode]).toEqual([status, code])
  })
})
