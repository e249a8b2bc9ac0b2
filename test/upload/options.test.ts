import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { customerBill } from '../../src/resources/customer-bill.ts'
import { documentSql } from '../../src/tmf/document-sql.ts'
import { addAccount, paid, pay } from '../billing/ledger-world.ts'
import { storeRows, told } from './stored.ts'
import { row, startUpload, type UploadWorld } from './upload-world.ts'

let world: UploadWorld
beforeAll(async () => {
  world = await startUpload()
})
afterAll(() => world.close())

const bill = async (id: string) => (await world.call('GET', `customerBill/${id}`)).body
const patch = (id: string, body: object) => world.call('PATCH', `customerBill/${id}`, body)

/** Stores one row and returns the id of its bill. */
async function stored(cells: object, options: Parameters<typeof storeRows>[2]): Promise<string> {
  const { results } = await storeRows(world, [cells], options)
  return results.map((result) => ('id' in result ? result.id : '')).join()
}

const count = async (table: 'ledger' | 'kept' | 'rows') => {
  const counted = {
    ledger: sql`SELECT count(*) FROM "ledger_entry"`,
    kept: sql`SELECT count(*) FROM "customer_bill" WHERE "letterhead_id" IS NOT NULL`,
    rows: sql`SELECT (SELECT count(*) FROM "customer_bill") + (SELECT count(*) FROM "uploaded_bill")
      + (SELECT count(*) FROM "event") + (SELECT count(*) FROM "audit") + (SELECT count(*) FROM "account_balance")
      + (SELECT "last_value" FROM "event_position_seq")`
  }
  return Number((await world.database.run(counted[table])).rows[0]?.[0])
}

const journal = async (id: string) =>
  (
    await world.database.run(sql`SELECT "book", "detail", trim_scale("amount") FROM "ledger_entry"
      WHERE "source_id" = ${id} AND "source_type" = 'bill' ORDER BY "line"`)
  ).rows
const JOURNAL = [
  ['receivable', null, '119'],
  ['revenue', null, '-100'],
  ['tax', 'VAT', '-19']
]
const TAXED = { tax_excluded_amount: 100, tax_category: 'VAT', tax_rate: 0.19 }

describe('the state', () => {
  test('new leaves bills open: nothing is posted or kept until they are issued the usual way', async () => {
    const account = await addAccount(world)
    await pay(world, account, 19)
    const before = [await count('ledger'), await count('kept')]
    const id = await stored(row({ account_number: account, ...TAXED }), { state: 'new' })
    expect(await bill(id)).toMatchObject({ state: 'new', remainingAmount: { value: 119 } })
    expect([await count('ledger'), await count('kept')]).toEqual(before)
    expect((await patch(id, { state: 'sent' })).status).toBe(200)
    expect(await journal(id)).toEqual(JOURNAL)
    expect(await paid(world, id)).toMatchObject([[100, 'partiallyPaid', [[expect.anything(), 19]]]])
    expect(await count('kept')).toBe(Number(before[1]) + 1)
  })

  test.each(['validated', 'sent'] as const)('%s issues them at once', async (state) => {
    const account = await addAccount(world)
    await pay(world, account, 19)
    const id = await stored(row({ account_number: account, ...TAXED }), { state })
    expect(await journal(id)).toEqual(JOURNAL)
    expect(await paid(world, id)).toMatchObject([[100, 'partiallyPaid', [[expect.anything(), 19]]]])
    const { rows } =
      await world.database.run(sql`SELECT "issued_as", "letterhead_id" IS NOT NULL, "recipient"->>'account'
      FROM "customer_bill" WHERE "id" = ${id}`)
    expect(rows).toEqual([[state, 't', expect.any(String)]])
  })

  test('of a duplicate is left as it is', async () => {
    const sent = row()
    const id = await stored(sent, { state: 'new' })
    expect(told(await storeRows(world, [sent]))).toEqual(['duplicate'])
    expect(await bill(id)).toMatchObject({ state: 'new' })
  })
})

test('past=accept takes bills of the past, new or replaced; all else is refused as ever', async () => {
  const old = { due_date: '30-01-2024', period: '01-2024' }
  const one = row(old)
  const usual = told(await storeRows(world, [one]))
  expect(usual.join()).toMatch(/^refused: due_date is before today, .*period is before this month, /)
  const options = { past: 'accept', state: 'new', onConflict: 'replace' } as const
  expect(told(await storeRows(world, [one, row({ ...old, amount: 1.005 })], options))).toEqual([
    'created',
    'refused: amount must have at most 2 decimal places, as EUR has'
  ])
  const other = { ...one, amount: 5 }
  expect(told(await storeRows(world, [other], { ...options, past: 'refuse' })).join()).toMatch(/^refused: due_date /)
  expect(told(await storeRows(world, [other], options))).toEqual(['replaced'])
})

test('the event of a new bill has the document that its row has', async () => {
  const account = await addAccount(world)
  const texts = { name: 'Zoë "Z" \\ \n Ø', description: '{"a": [1]}', bill_no: 'N"1\\', external_id: 'x\ty' }
  const rows = [row(), row(TAXED), row({ ...TAXED, ...texts }), row({ account_number: account, ...TAXED, ...texts })]
  const more = [
    row({ document_url: 'https://bills.example.com/?a="b"', bill_date: '30-11-2026', currency: 'JPY' }),
    row({ amount: '0.000001', currency: 'USD' }),
    row({ amount: '99999999999.99', tax_excluded_amount: 0, tax_category: 'none', name: 'ÿ\u2028' })
  ]
  for (const state of ['new', 'sent'] as const) {
    const sent = [...rows, ...more].map((cells) => ({ ...cells, description: state }))
    const { results } = await storeRows(
      world,
      sent.map((cells, at) => row({ ...cells, external_id: `${state} ${at}` })),
      { state }
    )
    expect(told({ results, amounts: new Map() }).filter((status) => status === 'created')).toHaveLength(6)
  }
  const { rows: differing } = await world.database.run(sql`SELECT e."document", ${documentSql(customerBill)}
    FROM "event" e JOIN "customer_bill" o ON o."tenant_id" = e."tenant_id" AND o."id" = e."resource_id"
    WHERE e."event_type" = 'CustomerBillCreateEvent' AND o."version" = 1
      AND e."document"::text <> ${documentSql(customerBill)}::text`)
  expect(differing).toEqual([])
})

describe('a dry run', () => {
  const rows = () => {
    const [same, taken] = [row(), row({ account_number: 'TAKEN' })]
    const fault = row({ amount: -1 })
    return [same, same, { ...same, amount: 1 }, fault, row({ due_date: '01-01-2020' }), taken, { ...taken, amount: 2 }]
  }

  test.each([{}, { state: 'new', onConflict: 'replace' }, { onConflict: 'replace' }, { isStrict: true }] as const)(
    'has the results of a real one with %j, and stores nothing',
    async (options) => {
      const sent = rows()
      await storeRows(world, [row({ account_number: 'TAKEN', external_id: 'known' })], { state: 'new' })
      const all = [...sent, row({ account_number: 'TAKEN', external_id: 'known', amount: 5 })]
      const before = await count('rows')
      const dry = await storeRows(world, all, { ...options, isDry: true })
      expect(await count('rows')).toBe(before)
      const real = await storeRows(world, all, options)
      expect(dry.results.map(({ status }) => status)).toEqual(real.results.map(({ status }) => status))
      expect(dry.amounts).toEqual(real.amounts)
    }
  )

  test('makes nobody wait: the same rows are stored beside it', async () => {
    const [account, sent] = [await addAccount(world), rows()]
    const all = [...sent, row({ account_number: account })]
    await storeRows(world, all, { isDry: true }, undefined, async () => {
      expect(told(await storeRows(world, all))[0]).toBe('created')
    })
  })
})

test('a strict upload with one row that is not stored stores none, and says so of the sound ones', async () => {
  const [known, other, open] = [row(), row(), row()]
  await storeRows(world, [known])
  await storeRows(world, [open], { state: 'new' })
  const options = { isStrict: true, onConflict: 'replace' } as const
  const sent = [known, other, { ...open, amount: 1 }, { ...known, amount: 1 }, { ...other, amount: 1 }]
  const before = await count('rows')
  const statuses = async (rows: readonly object[]) =>
    (await storeRows(world, rows, options)).results.map(({ status }) => status)
  expect(await statuses(sent)).toEqual(['duplicate', 'notStored', 'notStored', 'conflict', 'conflict'])
  const bad = row({ amount: -1 })
  expect(await statuses([known, other, { ...open, amount: 1 }, { ...known, amount: 1 }, bad])).toEqual([
    ...['duplicate', 'notStored', 'notStored', 'conflict', 'refused']
  ])
  expect(told(await storeRows(world, [open, other]))).toEqual(['duplicate', 'created'])
  expect(await count('rows')).toBeGreaterThan(before)
})
