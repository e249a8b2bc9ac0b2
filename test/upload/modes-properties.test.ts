import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import type { StoreOptions } from '../../src/upload/kind.ts'
import { addAccount } from '../billing/ledger-world.ts'
import { storeRows } from './stored.ts'
import { row, startUpload, type UploadWorld } from './upload-world.ts'

const RUNS = 30
const KEYS = 3

let world: UploadWorld
beforeAll(async () => {
  world = await startUpload()
})
afterAll(() => world.close())

const drawn = fc.record({ key: fc.nat(KEYS - 1), amount: fc.constantFrom(1, 2, 3, -1) })
type Drawn = typeof drawn extends fc.Arbitrary<infer D> ? D : never

const upload = fc.record({
  rows: fc.array(drawn, { minLength: 1, maxLength: 5 }),
  options: fc.record<StoreOptions>({
    state: fc.constantFrom('new', 'new', 'validated', 'sent'),
    onConflict: fc.constantFrom('replace', 'replace', 'refuse'),
    past: fc.constantFrom('refuse', 'accept'),
    isDry: fc.constantFrom(false, false, true),
    isStrict: fc.constantFrom(false, false, true)
  })
})
const step = fc.oneof(
  { weight: 4, arbitrary: upload.map((one) => ({ upload: one })) },
  { weight: 1, arbitrary: fc.nat(KEYS - 1).map((issue) => ({ issue })) }
)

interface ModelBill {
  readonly amount: number
  readonly isIssued: boolean
}
type Model = Map<number, ModelBill>

/** Returns the status of each row, and changes the model. */
function expected(model: Model, rows: readonly Drawn[], options: StoreOptions): readonly string[] {
  const before = new Map(model)
  const statuses = rows.map(({ key, amount }) => {
    const known = model.get(key)
    if (amount < 0) return 'refused'
    if (known?.amount === amount) return 'duplicate'
    if (known && (known.isIssued || options.onConflict === 'refuse')) return 'conflict'
    model.set(key, { amount, isIssued: known?.isIssued ?? options.state !== 'new' })
    return known ? 'replaced' : 'created'
  })
  const isFailed = options.isStrict && statuses.some((status) => ['refused', 'conflict'].includes(status))
  if (isFailed || options.isDry) {
    model.clear()
    for (const [key, bill] of before) model.set(key, bill)
  }
  if (!isFailed) return statuses
  // Before it stores any row, a strict upload with a fault ends.
  const isFaulty = statuses.includes('refused')
  return statuses.map((status, at) => {
    const isNew = !before.has(rows[at]?.key ?? -1)
    if (status === 'created' || status === 'replaced') return 'notStored'
    return isFaulty && isNew && status !== 'refused' ? 'notStored' : status
  })
}

test('uploads in any mode, and issues between them, do what a model of them does', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 6 })
  await fc.assert(fc.asyncProperty(steps, fc.boolean(), agrees), { numRuns: RUNS })
})

async function agrees(
  steps: readonly (
    | { readonly upload: { rows: readonly Drawn[]; options: StoreOptions } }
    | { readonly issue: number }
  )[],
  isOurs: boolean
): Promise<void> {
  const accounts = await Promise.all(
    Array.from({ length: KEYS }, () => (isOurs ? addAccount(world) : row().account_number))
  )
  const model: Model = new Map()
  for (const one of steps) {
    if ('issue' in one) await issue(model, accounts, one.issue)
    else {
      const { rows, options } = one.upload
      const sent = rows.map(({ key, amount }) => row({ account_number: accounts[key], amount }))
      const { results } = await storeRows(world, sent, options)
      expect(results.map(({ status }) => status)).toEqual(expected(model, rows, options))
    }
  }
  expect(await bills(accounts)).toEqual(
    [...model]
      .map(([key, { amount, isIssued }]) => ({ key, amount, isIssued, journals: isIssued && isOurs ? 1 : 0 }))
      .sort((a, b) => a.key - b.key)
  )
}

async function issue(model: Model, accounts: readonly string[], key: number): Promise<void> {
  const known = model.get(key)
  if (!known || known.isIssued) return
  const { body } = await world.call('GET', `customerBill?billingAccount.id=${accounts[key]}`)
  expect((await world.call('PATCH', `customerBill/${body[0].id}`, { state: 'sent' })).status).toBe(200)
  model.set(key, { ...known, isIssued: true })
}

async function bills(accounts: readonly string[]) {
  const { rows } = await world.database.run(sql`SELECT b."billing_account_id", b."amount_due_value"::float8,
      b."issued_as" IS NOT NULL AND b."recipient" IS NOT NULL, count(DISTINCT l."journal_id"), count(u."bill_id")
    FROM "customer_bill" b LEFT JOIN "uploaded_bill" u ON u."tenant_id" = b."tenant_id" AND u."bill_id" = b."id"
    LEFT JOIN "ledger_entry" l ON l."tenant_id" = b."tenant_id" AND l."journal_id" = b."id" AND l."line" = 1
    WHERE b."billing_account_id" = ANY(${accounts}::text[]) GROUP BY b."id", 1, 2, 3`)
  return rows
    .map(([account, amount, isIssued, journals]) => ({
      key: accounts.indexOf(String(account)),
      amount: Number(amount),
      isIssued: isIssued === 't',
      journals: Number(journals)
    }))
    .sort((a, b) => a.key - b.key)
}
