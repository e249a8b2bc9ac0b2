import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { furtherJobs } from '../../src/background-jobs.ts'
import { sql } from '../../src/db/sql.ts'
import { asyncApiDocument } from '../../src/events/asyncapi.ts'
import { EVENT_TYPES } from '../../src/events/event-types.ts'
import { bringUnmatched, pay } from '../billing/ledger-world.ts'
import { type BillingWorld, runToEnd, startBilling, untilDone } from '../billing/world.ts'
import { CORRECTED, correct } from '../corrections/corrected.ts'
import { DUNNED, prepareDunning } from '../dunning/dunned.ts'
import { compiler } from '../openapi/contract.ts'
import { inDigits } from '../support/digits.ts'
import { until } from '../support/until.ts'
import { addressOf, allTold, goesOn, HOST } from './told.ts'

const BILLING = '/billing/v1'
const OVER = { through: '2000-12-31' }
const CHARGES = [{ amount: '10.005' }, { amount: '0.333', kind: 'usageCharge' }]

let world: BillingWorld
beforeAll(async () => {
  world = await startBilling(10, furtherJobs)
})
afterAll(() => world.close())

const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) =>
  world.server.call(method, path, body, { host: HOST })

async function posted(path: string, body: object): Promise<string> {
  const { status, text, body: made } = await ask('POST', path, body)
  expect(status, text).toBeLessThan(300)
  return made.id
}

async function does(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<void> {
  const { status, text } = await ask(method, path, body)
  expect(status, text).toBeLessThan(300)
}

/**
 * Does something. Compares the latest event of every resource with what the API returns then, and returns the types of
 * the new events.
 */
async function toldBy<T>(work: () => Promise<T>): Promise<{ readonly types: readonly string[]; readonly result: T }> {
  const before = (await allTold(world.server.database)).length
  const result = await work()
  const all = await allTold(world.server.database)
  const compared = all.filter((told, at) => at >= before || !goesOn(told))
  for (const [address, { path, type, text }] of new Map(compared.map((told) => [addressOf(told), told]))) {
    const { status, text: read } = await ask('GET', address)
    if (type.endsWith('DeleteEvent')) expect([address, status]).toEqual([address, 404])
    else expect(inDigits(text), address).toEqual(expect.objectContaining({ event: { [path]: inDigits(read) } }))
  }
  return { types: all.slice(before).map(({ type }) => type), result }
}

describe('the latest event of a resource is what the API returns', () => {
  test('of uploaded bills, one of them paid from credit', async () => {
    const [account = ''] = await world.addAccounts(1, [])
    await pay(world.server, account, 5)
    const row = { amount: 119, due_date: '31-12-2099', period: '12-2099' }
    const rows = [account, 'X-UPLOADED'].map((account_number) => ({ ...row, account_number }))
    expect((await toldBy(() => does('POST', '/bills', rows))).types).toEqual([
      'CustomerBillCreateEvent',
      'CustomerBillCreateEvent',
      'CustomerBillStateChangeEvent'
    ])
    expect((await toldBy(() => does('POST', '/bills', rows))).types).toEqual([])
  })

  test('of a file of bills', async () => {
    const lines = { 'content-type': 'application/x-ndjson', host: HOST }
    const row = JSON.stringify({ account_number: 'X-FILE', amount: 119, due_date: '31-12-2099', period: '12-2099' })
    const { types } = await toldBy(async () => {
      const { body } = await world.server.call('POST', `${BILLING}/billUpload`, row, lines)
      const address = `${BILLING}/billUpload/${body.id}`
      await until('the upload is done', async () => (await ask('GET', address)).body.state === 'done')
    })
    expect(types).toEqual([
      'UploadCreateEvent',
      'UploadStateChangeEvent',
      'CustomerBillCreateEvent',
      'UploadStateChangeEvent'
    ])
  })

  test('of a bill of another system: posted, held, released, removed', async () => {
    const due = { unit: 'KWD', value: 12345678.901 }
    const extended = { '@type': 'EnergyBill', meter: { reading: 0.1000000001, note: '"href": "~/x"' } }
    const bill = { billingAccount: { id: 'X/1' }, amountDue: due, ...extended }
    const { types, result: id } = await toldBy(() => posted('customerBill', bill))
    expect(types).toEqual(['CustomerBillCreateEvent'])
    const hold = { state: 'onHold', holdReason: 'a letter came' }
    expect((await toldBy(() => does('PATCH', `customerBill/${id}`, hold))).types).toEqual([
      'CustomerBillStateChangeEvent'
    ])
    const reason = { holdReason: 'two letters came' }
    expect((await toldBy(() => does('PATCH', `customerBill/${id}`, reason))).types).toEqual([
      'CustomerBillAttributeValueChangeEvent'
    ])
    expect((await toldBy(() => does('PATCH', `customerBill/${id}`, reason))).types).toEqual([])
    const before = inDigits((await ask('GET', `customerBill/${id}`)).text)
    expect((await toldBy(() => does('DELETE', `customerBill/${id}`))).types).toEqual(['CustomerBillDeleteEvent'])
    const last = (await allTold(world.server.database)).at(-1)
    expect([last?.version, inDigits(String(last?.text))]).toEqual([
      4,
      expect.objectContaining({ event: { customerBill: before } })
    ])
  })

  test('of a bill of another system that is in the ledger, and paid by a payment that is reversed', async () => {
    const [account = ''] = await world.addAccounts(1, [])
    const due = { unit: 'EUR', value: 30.1 }
    const bill = { billingAccount: { id: account }, amountDue: due, taxIncludedAmount: due, state: 'sent' }
    expect((await toldBy(() => posted('customerBill', bill))).types).toEqual([
      'CustomerBillCreateEvent',
      'CustomerBillAttributeValueChangeEvent'
    ])
    const { types, result: payment } = await toldBy(() => pay(world.server, account, 10))
    expect(types).toEqual(['CustomerBillStateChangeEvent', 'PaymentCreateEvent'])
    expect((await toldBy(() => pay(world.server, account, 0.05))).types).toEqual([
      'CustomerBillAttributeValueChangeEvent',
      'PaymentCreateEvent'
    ])
    expect((await toldBy(() => does('POST', `${BILLING}/payment/${payment.body.id}/reverse`))).types).toEqual([
      'CustomerBillAttributeValueChangeEvent',
      'PaymentReversedEvent'
    ])
  })

  test('of money without an account, which a person dismisses, and of money that does not come', async () => {
    const { types, result: id } = await toldBy(() => bringUnmatched(world.server, { debtorName: 'Jo' }))
    expect(types).toEqual(['UnmatchedPaymentCreateEvent'])
    const body = { state: 'dismissed', reason: 'a test' }
    const dismissed = await toldBy(() => does('PATCH', `${BILLING}/unmatchedPayment/${id}`, body))
    expect(dismissed.types).toEqual(['UnmatchedPaymentStateChangeEvent'])
    expect((await toldBy(() => posted(`${BILLING}/periodClose`, OVER))).types).toEqual(['PeriodCloseCreateEvent'])
    expect((await toldBy(await prepareDunning(world.server))).types).toEqual(DUNNED)
  })

  test('of requests for a bill, of their bills, and of corrections', async () => {
    const [account = ''] = await world.addAccounts(1, CHARGES)
    const [empty = ''] = await world.addAccounts(1, [])
    const { types } = await toldBy(() => untilDone(world.server, { billingAccount: { id: account }, name: 'now' }))
    expect(types).toEqual([
      'CustomerBillOnDemandCreateEvent',
      'CustomerBillCreateEvent',
      'CustomerBillOnDemandStateChangeEvent'
    ])
    await pay(world.server, account, 1)
    const { body } = await ask('GET', `customerBill?billingAccount.id=${account}`)
    const noted = await toldBy(() => correct({ posted, does, ask }, account, body[0].id))
    expect(noted.types).toEqual(expect.arrayContaining(CORRECTED))
    const { id } = await untilDone(world.server, { billingAccount: { id: empty } })
    const renamed = await toldBy(() => does('PATCH', `customerBillOnDemand/${id}`, { name: 'x' }))
    expect(renamed.types).toEqual(['CustomerBillOnDemandAttributeValueChangeEvent'])
    expect((await toldBy(() => does('DELETE', `customerBillOnDemand/${id}`))).types).toEqual([
      'CustomerBillOnDemandDeleteEvent'
    ])
  })

  test('of a run, its bills, their release by request and by patch, and what is discarded', async () => {
    const ids = await world.addAccounts(4, CHARGES)
    await pay(world.server, String(ids[0]), 3)
    const { types, result } = await toldBy(() => runToEnd(world, { billState: 'new' }))
    expect(types.toSorted()).toEqual([
      'BillRunCreateEvent',
      ...['BillRunStateChangeEvent', 'BillRunStateChangeEvent'],
      ...ids.map(() => 'CustomerBillCreateEvent')
    ])
    const { body: bills } = await ask('GET', `customerBill?sort=billingAccount.id&billingAccount.id=${ids.join()}`)
    const [paid, patched, discarded] = bills.map(({ id }: { id: string }) => id)
    const release = { state: 'validated', filter: `id=${paid}` }
    expect((await toldBy(() => does('POST', `${BILLING}/billRun/${result.id}/release`, release))).types).toEqual([
      'CustomerBillStateChangeEvent',
      'CustomerBillStateChangeEvent'
    ])
    expect((await toldBy(() => does('PATCH', `customerBill/${patched}`, { state: 'sent' }))).types).toEqual([
      'CustomerBillStateChangeEvent'
    ])
    expect((await toldBy(() => does('DELETE', `customerBill/${discarded}`))).types).toEqual(['CustomerBillDeleteEvent'])
    expect((await toldBy(() => does('POST', `${BILLING}/billRun/${result.id}/discard`, {}))).types).toEqual([
      'CustomerBillDeleteEvent'
    ])
  })

  test('of a bill that a new account takes over', async () => {
    const [id, due] = ['A-new', { unit: 'EUR', value: 8 }]
    const bill = { billingAccount: { id }, amountDue: due, taxIncludedAmount: due, state: 'sent' }
    expect((await toldBy(() => posted('customerBill', bill))).types).toEqual(['CustomerBillCreateEvent'])
    const account = { id, name: 'Account', customerId: 'C1' }
    expect((await toldBy(() => posted('accounts', account))).types).toEqual(['CustomerBillAttributeValueChangeEvent'])
  })

  test('of a bill that the credit limit pays, and a payment in its place', async () => {
    const [account = ''] = await world.addAccounts(1, CHARGES, { billingType: 'prepaid' })
    await world.server.database.run(sql`UPDATE "billing_account"
      SET "credit_limit" = 50, "credit_limit_unit" = "invoice_currency" WHERE "id" = ${account}`)
    const request = { billingAccount: { id: account } }
    expect((await toldBy(() => untilDone(world.server, request))).types).toEqual([
      'CustomerBillOnDemandCreateEvent',
      ...['CustomerBillCreateEvent', 'CustomerBillStateChangeEvent'],
      'CustomerBillOnDemandStateChangeEvent'
    ])
    expect((await toldBy(() => pay(world.server, account, 5))).types).toEqual([
      'CustomerBillAttributeValueChangeEvent',
      'PaymentCreateEvent'
    ])
  })

  test('of a cycle', async () => {
    const { types, result: id } = await toldBy(() => posted('billCycle', { name: 'May' }))
    expect(types).toEqual(['BillCycleCreateEvent'])
    expect((await toldBy(() => does('PATCH', `billCycle/${id}`, { name: 'June' }))).types).toEqual([
      'BillCycleAttributeValueChangeEvent'
    ])
    expect((await toldBy(() => does('DELETE', `billCycle/${id}`))).types).toEqual(['BillCycleDeleteEvent'])
  })
})

test('each version of a resource is one event, in their order', async () => {
  const versions = Map.groupBy(await allTold(world.server.database), addressOf)
  expect(versions.size).toBeGreaterThan(10)
  for (const [address, told] of versions) {
    const counted = told.map((_, at) => at + 1)
    expect([address, told.map(({ version }) => version)]).toEqual([address, counted])
  }
})

test('every event is as the AsyncAPI document describes it, and every type of event occurs', async () => {
  const all = await allTold(world.server.database)
  const open = '"additionalProperties":true'
  const strict = JSON.stringify(asyncApiDocument()).replaceAll(open, open.replace('true', 'false'))
  const ofOurs = compiler(JSON.parse(strict))
  const ofAll = compiler(asyncApiDocument())
  for (const { type, text } of all) {
    const validate = (text.includes('EnergyBill') ? ofAll : ofOurs)({ $ref: `#/components/schemas/${type}` })
    expect([type, validate(JSON.parse(text)), validate.errors]).toEqual([type, true, null])
  }
  expect(new Set(all.map(({ type }) => type))).toEqual(new Set(EVENT_TYPES.keys()))
})

test('what a run or a request for a bill makes has its id as correlation', async () => {
  const all = await allTold(world.server.database)
  const isMaker = ({ path }: (typeof all)[number]) => ['billRun', 'customerBillOnDemand'].includes(path)
  const makers = new Set(all.filter(isMaker).map(({ id }) => id))
  const ofBills = all.filter(({ type }) => type === 'CustomerBillCreateEvent')
  const made = ofBills.filter(({ correlationId }) => makers.has(String(correlationId)))
  expect([ofBills.length, made.length]).toEqual([16, 6])
  expect(all.filter(({ correlationId }) => correlationId === undefined)).toEqual([])
})
