import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addAccount } from '../billing/ledger-world.ts'
import type { Answer } from '../support/answer.ts'
import { RESULTS, row, startUpload, type UploadWorld } from './upload-world.ts'

const RUNS = 25
const KEYS = 4

let world: UploadWorld
beforeAll(async () => {
  world = await startUpload()
})
afterAll(() => world.close())

/** A row by its key and its content, and whether it has a fault. */
const drawn = fc.record({
  key: fc.nat(KEYS - 1),
  amount: fc.constantFrom(1, 2),
  due_date: fc.constantFrom('31-12-2099', '31-12-2099', '31-12-2099', 'never')
})
const upload = fc.record({
  rows: fc.array(drawn, { minLength: 1, maxLength: 6 }),
  prefer: fc.constantFrom(undefined, RESULTS.prefer, `${RESULTS.prefer}, handling=strict`)
})

type Upload = typeof upload extends fc.Arbitrary<infer U> ? U : never

test('whatever is uploaded, in any order, repeated and at once: a key has one bill, the one created', async () => {
  const rounds = fc.array(fc.array(upload, { minLength: 1, maxLength: 4 }), { maxLength: 3 })
  await fc.assert(fc.asyncProperty(rounds, hasOneBillEach), { numRuns: RUNS })
})

async function hasOneBillEach(rounds: readonly (readonly Upload[])[]): Promise<void> {
  const accounts = await Promise.all(Array.from({ length: KEYS }, () => addAccount(world)))
  const created: (readonly [account: string, bill: string])[] = []
  for (const round of rounds) created.push(...(await Promise.all(round.map((one) => send(accounts, one)))).flat())
  const bills = await billsOf(accounts)
  const told = new Map(created)
  expect(told.size).toBe(created.length)
  for (const [account, bill] of told) expect(bills.get(account)).toBe(bill)
}

/** Returns the accounts and bills of rows that are said to be created. */
async function send(
  accounts: readonly string[],
  { rows, prefer }: Upload
): Promise<readonly (readonly [string, string])[]> {
  const sent = rows.map(({ key, ...more }) => row({ account_number: accounts[key], ...more }))
  const { status, body } = await world.upload(sent, prefer ? { prefer } : {})
  expect(prefer ? [200, 422] : [200, 400, 409]).toContain(status)
  const results: readonly Answer[] = Array.isArray(body) ? body : []
  const created = results.filter((result) => result.status === 'created')
  return created.map(({ line, id }) => [String(sent[line - 1]?.account_number), id] as const)
}

/** Returns the bills by account. Each has one key and one journal. */
async function billsOf(accounts: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await world.database.run(sql`SELECT b."billing_account_id", min(b."id"), count(*),
      count(u."bill_id"), count(DISTINCT l."journal_id")
    FROM "customer_bill" b LEFT JOIN "uploaded_bill" u ON u."tenant_id" = b."tenant_id" AND u."bill_id" = b."id"
    LEFT JOIN "ledger_entry" l ON l."tenant_id" = b."tenant_id" AND l."journal_id" = b."id" AND l."line" = 1
    WHERE b."billing_account_id" = ANY(${accounts}::text[]) GROUP BY 1`)
  for (const [, , ...counts] of rows) expect(counts).toEqual(['1', '1', '1'])
  return new Map(rows.map(([account, id]) => [String(account), String(id)]))
}
