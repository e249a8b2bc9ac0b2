import { expect } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { Problem } from '../../src/messages/problem.ts'
import { addAccounts, addCustomer, addRates } from '../support/accounts.ts'
import { parsed } from '../support/answer.ts'
import { openPlainDatabase, type PlainDatabase, TENANT } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { until } from '../support/until.ts'
import { CREDENTIAL } from './server-process.ts'

/** Every tenth account has no rates, every twenty-fifth one in another currency, every seventh has credit. */
const RATES = 3
const [NO_RATES, FOREIGN_RATES, PAID] = [10, 25, 7]

export function open(url: string): PlainDatabase {
  const settings = { poolSize: 4, connectTimeoutMs: 120_000, statementTimeoutMs: 120_000, applicationName: 'test' }
  return openPlainDatabase({ url, ...settings })
}

/** Adds a cycle of March 2026 with accounts and their rates. Returns the cycle's id. */
export async function fill(root: string, database: Database, accounts: number): Promise<string> {
  const specification = await post(root, `${BASE}/billCycleSpecification`, {
    name: 'Monthly',
    frequency: 'month',
    validFor: { startDateTime: '2026-01-01T00:00:00Z' }
  })
  const cycle = await post(root, `${BASE}/billCycle`, {
    name: 'March 2026',
    billingDate: '2026-04-01T00:00:00Z',
    validFor: { startDateTime: '2026-03-01T00:00:00Z', endDateTime: '2026-04-01T00:00:00Z' },
    BillCycleSpecification: { id: specification.id }
  })
  await addCustomer(database)
  const ids = Array.from({ length: accounts }, (_, at) => `A${String(at + 1).padStart(7, '0')}`)
  await addAccounts(database, ids, { specificationId: specification.id })
  const rated = ids.filter((_, at) => (at + 1) % NO_RATES > 0)
  for (let each = 0; each < RATES; each++) await addRates(database, rated, { amount: '7.123', kind: 'usageCharge' })
  const foreign = ids.filter((_, at) => (at + 1) % FOREIGN_RATES === 0)
  await database.run(sql`UPDATE "applied_customer_billing_rate" SET "tax_excluded_amount_unit" = 'USD'
    WHERE "billing_account_id" = ANY(${foreign}::text[])`)
  await database.run(sql`UPDATE "applied_customer_billing_rate"
    SET "tax_excluded_amount_value" = right("billing_account_id", 2)::int + 0.123`)
  await payInAdvance(database, accounts)
  // As autovacuum does long before an operator starts a run: without figures, each chunk reads all rates.
  await database.run(sql`ANALYZE "billing_account", "applied_customer_billing_rate", "account_balance"`)
  return cycle.id
}

async function payInAdvance(database: Database, accounts: number): Promise<void> {
  await database.run(sql`WITH "paid" AS (
      INSERT INTO "payment" ("tenant_id", "id", "billing_account_id", "amount", "currency", "method", "reference",
        "content_hash")
      SELECT ${TENANT}, concat('P', n), concat('A', lpad(n::text, 7, '0')), 25, 'EUR', 'cash', n, n
      FROM generate_series(${PAID}::int, ${accounts}::int, ${PAID}::int) n
      RETURNING "id", "billing_account_id" AS "account"),
    "balance" AS (INSERT INTO "account_balance" ("tenant_id", "account_id", "currency", "credit")
      SELECT ${TENANT}, "account", 'EUR', 25 FROM "paid"
      ON CONFLICT ("tenant_id", "account_id", "currency") DO UPDATE SET "credit" = excluded."credit")
    INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book", "detail",
      "billing_account_id", "currency", "amount", "source_type", "source_id")
    SELECT ${TENANT}, "id", "line", now(), "book", "detail", "account", 'EUR', "amount", 'payment', "id"
    FROM "paid" CROSS JOIN (VALUES (1, 'cash', 'cash', 25), (2, 'balance', NULL, -25))
      e("line", "book", "detail", "amount")`)
}

/** Sends JSON until it is accepted: right after a restart nobody may be listening. */
export async function post(root: string, path: string, body: object): Promise<{ readonly id: string }> {
  const headers = { ...CREDENTIAL, 'Content-Type': 'application/json' }
  const response = await fetch(root + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text}`)
  return JSON.parse(text)
}

/** Returns the only value of a statement; retries while the database is away. */
export async function ask(database: PlainDatabase, statement: Sql): Promise<string> {
  const look = () =>
    database.run(statement).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
      return undefined
    })
  const { rows } = await until('the database answers', look)
  return String(rows[0]?.[0])
}

/** Waits for the end of the only run and returns its state. */
export function untilRunEnds(database: PlainDatabase, limitMs: number): Promise<string> {
  const look = async () => {
    const state = await ask(database, sql`SELECT "state" FROM "bill_run"`)
    return ['queued', 'running'].includes(state) ? undefined : state
  }
  return until('the run ends', look, limitMs)
}

/** Expects a sound run, whatever happened meanwhile. */
export async function expectSound(database: PlainDatabase, root: string, accounts: number): Promise<void> {
  const id = await ask(database, sql`SELECT "id" FROM "bill_run"`)
  const response = await fetch(`${root}/billing/v1/billRun/${id}`, { headers: CREDENTIAL })
  const run = parsed(await response.text())
  const skipped = Math.floor(accounts / NO_RATES)
  const parked = Math.floor(accounts / FOREIGN_RATES) - Math.floor(accounts / (2 * FOREIGN_RATES))
  expect(run).toMatchObject({ state: 'done', eligible: accounts, billed: accounts - skipped - parked })
  expect(run.skipped).toEqual([{ reason: 'nothingToBill', count: skipped }])
  expect(run.parked).toHaveLength(parked)

  const one = async (statement: Sql) => (await database.run(statement)).rows
  expect(
    await one(sql`SELECT count(*), count(DISTINCT "billing_account_id"), count(DISTINCT "bill_no"),
      min("bill_no"), max("bill_no") FROM "customer_bill"`)
  ).toEqual([[run.billed, run.billed, run.billed, numbered(1), numbered(run.billed)].map(String)])
  // A bill's rates are those of its account, marked once; the others are unchanged.
  expect(
    await one(sql`SELECT r."is_billed", r."version", r."bill_id" IS NOT NULL, count(*),
        count(*) FILTER (WHERE b."billing_account_id" = r."billing_account_id")
      FROM "applied_customer_billing_rate" r LEFT JOIN "customer_bill" b ON b."id" = r."bill_id"
      GROUP BY 1, 2, 3 ORDER BY 1`)
  ).toEqual([
    ['f', '1', 'f', String(parked * RATES), '0'],
    ['t', '2', 't', String(run.billed * RATES), String(run.billed * RATES)]
  ])
  // In the order of the accounts within each chunk.
  const disordered = sql`SELECT count(*) FROM (SELECT b."bill_no", lag(b."bill_no") OVER (PARTITION BY c."number"
      ORDER BY b."billing_account_id") AS "before" FROM "customer_bill" b JOIN "bill_run_chunk" c
      ON b."billing_account_id" BETWEEN c."first_account" AND c."last_account") x WHERE "bill_no" < "before"`
  expect(await one(disordered)).toEqual([['0']])
  const unpaid = sql`SELECT count(*) FROM "customer_bill" b JOIN "account_balance" a
    ON a."account_id" = b."billing_account_id" WHERE a."credit" > 0 AND b."remaining_amount_value" > 0`
  expect(await one(unpaid)).toEqual([['0']])
  const verified = await verifyLedger(database)
  expect(verified.map(({ difference }) => difference)).toEqual(verified.map(() => undefined))
}

function numbered(number: number): string {
  return `INV-2026-${String(number).padStart(6, '0')}`
}
