import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addPartner, TENANT } from '../support/database.ts'
import { storeRows, told } from './stored.ts'
import { row, startUpload, type UploadWorld } from './upload-world.ts'

let world: UploadWorld
let partnerId: string
beforeAll(async () => {
  world = await startUpload()
  partnerId = await addPartner(world.database, TENANT, 'P-1')
})
afterAll(() => world.close())

const set = async (unknownAccounts: string) => {
  expect((await world.call('PATCH', `/admin/v1/tenant/${TENANT}`, { unknownAccounts })).status).toBe(200)
}
const account = async (id: string) => world.call('GET', `accounts/${encodeURIComponent(id)}`)
const customers = async (id: string) =>
  (await world.database.run(sql`SELECT "name", "partner_id" FROM "customer" WHERE "id" = ${id}`)).rows
const journals = async (id: string) =>
  (
    await world.database.run(sql`SELECT count(DISTINCT "journal_id") FROM "ledger_entry"
      WHERE "billing_account_id" = ${id}`)
  ).rows[0]?.[0]
const creations = async () =>
  (
    await world.database.run(sql`SELECT "resource_type", "after"->>'count' FROM "audit" WHERE "action" = 'createMany'
      ORDER BY "id" DESC LIMIT 3`)
  ).rows

test('an unknown account is accepted unless the tenant says otherwise', async () => {
  expect(told(await storeRows(world, [row({ account_number: 'N-1' })]))).toEqual(['created'])
  expect((await account('N-1')).status).toBe(404)
})

describe('with refuse', () => {
  beforeEach(() => set('refuse'))

  test('a row of an unknown account is refused, but a known row is a duplicate', async () => {
    await set('accept')
    const known = row({ account_number: 'N-2' })
    await storeRows(world, [known])
    await set('refuse')
    const answers = told(await storeRows(world, [known, row({ account_number: 'N-3' })]))
    expect(answers).toEqual(['duplicate', 'refused: account_number is no account of this service'])
  })
})

describe('with create', () => {
  beforeEach(() => set('create'))

  test('a customer and an account are made, and the bills are in its ledger', async () => {
    const rows = [
      row({ account_number: 'N-10', name: 'Radhaus', currency: 'CHF' }),
      row({ account_number: 'N-10', name: 'Other', external_id: '2', currency: 'EUR' }),
      row({ account_number: 'N-11', name: 'Bäckerei' })
    ]
    expect(told(await storeRows(world, rows))).toEqual(['created', 'created', 'created'])
    expect(await creations()).toEqual([
      ['CustomerBill', '3'],
      ['BillingAccount', '2'],
      ['Customer', '2']
    ])
    expect((await account('N-10')).body).toMatchObject({
      id: 'N-10',
      name: 'Radhaus',
      invoiceCurrency: 'CHF',
      language: 'en',
      status: 'ACTIVE',
      customerId: 'N-10',
      customer: { id: 'N-10', name: 'Radhaus' }
    })
    expect((await account('N-11')).body).toMatchObject({ invoiceCurrency: 'EUR' })
    expect(await customers('N-10')).toEqual([['Radhaus', null]])
    expect([await journals('N-10'), await journals('N-11')]).toEqual(['2', '1'])
    const { body } = await world.call('GET', 'customerBill?billingAccount.id=N-11')
    expect(body[0].billingAccount).toMatchObject({ id: 'N-11', name: 'Bäckerei', href: expect.stringMatching(/N-11$/) })
    expect((await account('N-10')).body).toEqual((await account('N-10')).body)
  })

  test('is no other than one that is posted', async () => {
    await storeRows(world, [row({ account_number: 'N-12', name: 'Same' })])
    const customer = { id: 'N-13', name: 'Same' }
    await world.call('POST', 'customers', customer)
    await world.call('POST', 'accounts', { ...customer, customerId: 'N-13' })
    const [made, posted] = await Promise.all(['N-12', 'N-13'].map(async (id) => (await account(id)).text))
    const plain = (text = '') =>
      JSON.parse(text.replaceAll(/N-1[23]/g, 'N').replaceAll(/"(internalId|lastUpdate)": ?"[^"]*"/g, '"$1":""'))
    expect(plain(made)).toEqual(plain(posted))
  })

  test('the account takes over what was issued to its number before', async () => {
    await set('accept')
    await storeRows(world, [row({ account_number: 'N-20', name: 'Early' })])
    expect(await journals('N-20')).toBe('0')
    await set('create')
    await storeRows(world, [row({ account_number: 'N-20', name: 'Early', external_id: '2' })])
    expect(await journals('N-20')).toBe('2')
  })

  test('a row that cannot make an account is refused, and so is one that names a customer', async () => {
    await world.call('POST', 'customers', { id: 'N-30', name: 'Somebody' })
    const rows = [
      row({ account_number: 'N-30', name: 'Somebody' }),
      row({ account_number: 'N-31' }),
      row({ account_number: 'N 32', name: 'Blank' }),
      row({ account_number: 'N-33', name: 'x' }),
      row({ account_number: `${partnerId}:N-34`, name: 'Like a partner' }),
      row({ account_number: 'N-35', name: 'Past', due_date: '01-01-2020' })
    ]
    const results = await storeRows(world, rows)
    expect(told(results)).toEqual([
      'refused: account_number is a customer that exists, but has no account of this number',
      'refused: name is required',
      expect.stringMatching(/^refused: account_number /),
      expect.stringMatching(/^refused: name /),
      expect.stringMatching(/^refused: account_number /),
      expect.stringMatching(/^refused: due_date /)
    ])
    expect(told(await storeRows(world, rows, { isDry: true }))).toEqual(told(results))
    expect((await account('N-35')).status).toBe(404)
  })

  test('a dry run makes none', async () => {
    expect(told(await storeRows(world, [row({ account_number: 'N-40', name: 'Dry' })], { isDry: true }))).toEqual([
      'created'
    ])
    expect((await account('N-40')).status).toBe(404)
  })

  test('a partner’s rows make accounts of the partner, whatever others have', async () => {
    await storeRows(world, [row({ account_number: 'N-50', name: 'Provider' })])
    const sent = row({ account_number: 'N-50', name: 'Partner' })
    expect(told(await storeRows(world, [sent], {}, partnerId))).toEqual(['created'])
    const id = `${partnerId}:N-50`
    expect((await account(id)).body).toMatchObject({ id, name: 'Partner', customerId: id, partner: { id: partnerId } })
    expect(await customers(id)).toEqual([['Partner', partnerId]])
    expect([await journals('N-50'), await journals(id)]).toEqual(['1', '1'])
    expect(told(await storeRows(world, [{ ...sent, external_id: '2' }], {}, partnerId))).toEqual(['created'])
    expect(await journals(id)).toBe('2')
  })

  test('uploads at once make one', async () => {
    const numbers = Array.from({ length: 8 }, (_, at) => `N-6${at}`)
    const uploads = Array.from({ length: 4 }, (_, upload) =>
      storeRows(
        world,
        (upload % 2 === 0 ? numbers : numbers.toReversed()).map((account_number) =>
          row({ account_number, name: 'Once', external_id: String(upload) })
        )
      )
    )
    for (const result of await Promise.all(uploads)) expect(new Set(told(result))).toEqual(new Set(['created']))
    for (const number of numbers) expect(await journals(number)).toBe('4')
  })

  test('uploads and accounts that are posted at once get along', async () => {
    const numbers = Array.from({ length: 6 }, (_, at) => `N-7${at}`)
    await world.call('POST', 'customers', { id: 'C-7', name: 'Both' })
    const posts = numbers.map((id) => world.call('POST', 'accounts', { id, name: 'Both', customerId: 'C-7' }))
    const answers = told(
      await storeRows(
        world,
        numbers.map((account_number) => row({ account_number, name: 'Both' }))
      )
    )
    expect(answers).toEqual(numbers.map(() => 'created'))
    for (const reply of await Promise.all(posts)) expect([201, 409]).toContain(reply.status)
    for (const number of numbers) expect(await journals(number)).toBe('1')
  })
})
