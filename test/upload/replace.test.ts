import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addAccount } from '../billing/ledger-world.ts'
import { storeRows, told } from './stored.ts'
import { row, startUpload, type UploadWorld } from './upload-world.ts'

let world: UploadWorld
beforeAll(async () => {
  world = await startUpload()
})
afterAll(() => world.close())

const REPLACE = { onConflict: 'replace' } as const
const bill = async (id: string) => (await world.call('GET', `customerBill/${id}`)).body

/** Stores one row as a new bill and returns its id. */
async function open(cells: object): Promise<string> {
  const { results } = await storeRows(world, [cells], { state: 'new' })
  return results.map((result) => ('id' in result ? result.id : '')).join()
}

async function changesOf(id: string): Promise<readonly (readonly (string | null)[])[]> {
  const { rows } = await world.database.run(sql`SELECT "action", "before", "after" FROM "audit"
    WHERE "resource_id" = ${id} AND "action" <> 'createMany' ORDER BY "id"`)
  return rows
}

describe('with onConflict=replace a bill that is not issued', () => {
  test('gets the content of the row, as if it were patched', async () => {
    const account = await addAccount(world)
    const [first, second] = [row({ name: 'A', bill_no: 'N-1' }), { account_number: account, bill_no: 'N-1' }]
    const sent = row({ ...first, account_number: account })
    const id = await open(sent)
    const before = await bill(id)
    const other = row({
      ...sent,
      ...second,
      amount: 80,
      tax_excluded_amount: 70,
      tax_category: 'VAT',
      due_date: '30-12-2099'
    })
    expect(told(await storeRows(world, [other], REPLACE))).toEqual(['replaced'])
    const after = await bill(id)
    expect(after).toMatchObject({
      state: 'new',
      billNo: 'N-1',
      amountDue: { unit: 'EUR', value: 80 },
      remainingAmount: { unit: 'EUR', value: 80 },
      taxItem: [{ taxCategory: 'VAT', taxAmount: { value: 10 } }],
      paymentDueDate: '2099-12-30T00:00:00.000Z',
      billingAccount: { id: account }
    })
    expect(Date.parse(after.lastUpdate)).toBeGreaterThanOrEqual(Date.parse(before.lastUpdate))
    const { rows: events } = await world.database.run(sql`SELECT "event_type", "resource_version",
      "document" = jsonb_build_object('x', 1), "document"#>>'{amountDue,value}' FROM "event"
      WHERE "resource_id" = ${id} ORDER BY "position"`)
    expect(events).toEqual([
      ['CustomerBillCreateEvent', '1', 'f', '119'],
      ['CustomerBillAttributeValueChangeEvent', '2', 'f', '80']
    ])
    const [change = []] = await changesOf(id)
    expect(change[0]).toBe('patch')
    expect(JSON.parse(String(change[1]))).toMatchObject({ amountDue: { value: 119 } })
    expect(JSON.parse(String(change[1]))).not.toHaveProperty('state')
    expect(JSON.parse(String(change[2]))).toMatchObject({ amountDue: { value: 80 }, taxIncludedAmount: { value: 80 } })
  })

  test('is known by its new content', async () => {
    const [first, second] = [row(), {}]
    Object.assign(second, first, { amount: 7 })
    const id = await open(first)
    expect(told(await storeRows(world, [second], REPLACE))).toEqual(['replaced'])
    expect(told(await storeRows(world, [second]))).toEqual(['duplicate'])
    expect(told(await storeRows(world, [first]))).toEqual([
      `conflict:  has other content than the bill ${id}, which was uploaded before`.replace('  ', ' ')
    ])
  })

  test('follows its rows one after the other', async () => {
    const sent = row()
    const of = (amount: number) => ({ ...sent, amount })
    const rows = [of(1), of(2), of(2), of(1), of(3), of(3)]
    const results = await storeRows(world, rows, { ...REPLACE, state: 'new' })
    expect(told(results)).toEqual(['created', 'replaced', 'duplicate', 'replaced', 'replaced', 'duplicate'])
    const [first] = results.results
    const id = first && 'id' in first ? first.id : ''
    expect(await bill(id)).toMatchObject({ amountDue: { value: 3 } })
    expect(told(await storeRows(world, [of(3)]))).toEqual(['duplicate'])
  })

  test('keeps its state, also on hold', async () => {
    const sent = row()
    const id = await open(sent)
    await world.call('PATCH', `customerBill/${id}`, { state: 'onHold', holdReason: 'check' })
    expect(told(await storeRows(world, [{ ...sent, amount: 1 }], REPLACE))).toEqual(['replaced'])
    expect(await bill(id)).toMatchObject({ state: 'onHold', holdReason: 'check', amountDue: { value: 1 } })
  })

  test('refuses a row that is late', async () => {
    const sent = row()
    const id = await open(sent)
    const late = { ...sent, amount: 1, due_date: '01-01-2020' }
    expect(told(await storeRows(world, [late], REPLACE))).toMatchObject([expect.stringMatching(/^refused: due_date/)])
    expect(await bill(id)).toMatchObject({ amountDue: { value: 119 } })
  })

  test('is replaced by one of two rows at once, and by the other after it', async () => {
    const sent = row()
    const id = await open(sent)
    const uploads = [1, 2, 3, 4].map((amount) => storeRows(world, [{ ...sent, amount }], REPLACE))
    for (const result of await Promise.all(uploads)) expect(told(result)).toEqual(['replaced'])
    const { amountDue } = await bill(id)
    expect(told(await storeRows(world, [{ ...sent, amount: amountDue.value }]))).toEqual(['duplicate'])
    expect(await changesOf(id)).toHaveLength(4)
  })
})

test('an issued bill stays as it is: other content is a conflict', async () => {
  const sent = row()
  const [stored] = (await storeRows(world, [sent])).results
  const id = stored && 'id' in stored ? stored.id : ''
  const [answer = ''] = told(await storeRows(world, [{ ...sent, amount: 1 }], REPLACE))
  expect(answer).toMatch(/^conflict/)
  expect(await bill(id)).toMatchObject({ amountDue: { value: 119 } })
  expect(await changesOf(id)).toEqual([])
})

test('a bill is issued or replaced, whichever comes first', async () => {
  const accounts = await Promise.all([1, 2, 3, 4].map(() => addAccount(world)))
  for (const account_number of accounts) {
    const sent = row({ account_number })
    const id = await open(sent)
    const issue = world.call('PATCH', `customerBill/${id}`, { state: 'sent' })
    const [status = ''] = told(await storeRows(world, [{ ...sent, amount: 7 }], REPLACE))
    expect((await issue).status).toBe(200)
    const { amountDue, state } = await bill(id)
    expect([amountDue.value, state]).toEqual([status === 'replaced' ? 7 : 119, 'sent'])
  }
})
