import pg from 'pg'
import { expect, test } from 'vitest'
import { BUSY, DAYS, fillWithRates } from '../../bench/balance-data.ts'
import { type BalanceResult, balanceGates, balanceTable } from '../../bench/balances.ts'
import { TENANT as BENCH } from '../../bench/database.ts'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { addApiKey } from '../support/database.ts'
import { startTestServer } from '../support/server.ts'

const RATES = 3_000

const met: BalanceResult = { rates: 1, largeMs: 5, smallMs: 3.4, holdsPerSecond: 1, holdsOfOnePerSecond: 1 }

test.each<{ what: string; given: Partial<BalanceResult>; missed: readonly number[] }>([
  { what: 'at all limits', given: {}, missed: [] },
  { what: 'with a slow balance', given: { largeMs: 5.1, smallMs: 5 }, missed: [0] },
  { what: 'with a balance that grows with the rates', given: { largeMs: 4, smallMs: 2 }, missed: [1] }
])('the gates of balances hold $what', ({ given, missed }) => {
  const gates = balanceGates({ ...met, ...given })
  expect(gates.flatMap(({ isMet }, at) => (isMet ? [] : [at]))).toEqual(missed)
  expect(balanceTable(met)).toContain('authorizations/s')
})

test('the rates of the bench came in on the days before today, and the books are sound', async () => {
  const server = await startTestServer()
  const { database } = server
  const client = new pg.Client(server.url)
  await client.connect()
  await fillWithRates(client, RATES)
  await client.end()
  await addApiKey(database, { tenantId: BENCH, key: 'bench' })
  const query = `account_number=${BUSY}&initial_date=2000-01-01&final_date=2999-12-31`
  const { text } = await server.call('GET', `/partner/v1/customerBalance?${query}`, undefined, { token: 'bench' })
  const busy = await database.run(sql`SELECT count(*), sum("tax_excluded_amount_value")::float8
    FROM "applied_customer_billing_rate" WHERE "billing_account_id" = ${BUSY}`)
  expect(busy.rows[0]?.[0]).toBe(String(RATES / 2))
  expect(JSON.parse(text).data.call_charges).toBe(Number(busy.rows[0]?.[1]))
  const days = await database.run(sql`SELECT FROM "usage_total" WHERE "account_id" = ${BUSY}`)
  expect(days.rowCount).toBe(DAYS)
  expect((await verifyLedger(database)).filter(({ difference }) => difference !== undefined)).toEqual([])
  await server.close()
})
