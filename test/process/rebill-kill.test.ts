import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, fill, open, post, untilRunEnds } from './run-world.ts'
import { cleanUp, startServer, until } from './server-process.ts'

const LIMIT_MS = 240_000

afterEach(cleanUp)

const serve = (url: string) => startServer({ DATABASE_URL: url, LOG_LEVEL: 'silent' })

test(
  'a cancellation that is killed before its last step leaves the bill as it was, and is done when it is asked again',
  async () => {
    const store = await createTestDatabase()
    const database = open(store.url)
    let server = await serve(store.url)
    const billCycle = { id: await fill(server.root, database, 2) }
    await post(server.root, '/billing/v1/billRun', { billCycle, billState: 'sent' })
    expect(await untilRunEnds(database, LIMIT_MS)).toBe('done')
    const bill = await ask(database, sql`SELECT min("id") FROM "customer_bill"`)
    const body = { bill: { id: bill }, reason: 'other' }
    const before = await written()
    // The number of the new bill is taken last of all that waits.
    const gate = new pg.Client(store.url)
    await gate.connect()
    await gate.query(`BEGIN; SELECT FROM number_series WHERE series NOT LIKE 'CRN%' FOR UPDATE`)
    const asked = post(server.root, '/billing/v1/cancelAndRebill', body).catch(() => undefined)
    await until('the cancellation stands still', async () => {
      const { rowCount } = await database.run(sql`SELECT FROM pg_stat_activity
        WHERE "datname" = current_database() AND "wait_event_type" = 'Lock' AND "query" LIKE '%number_series%'`)
      return rowCount > 0
    })
    await server.stop('SIGKILL')
    await asked
    await gate.end()
    server = await serve(store.url)
    expect(await written()).toEqual(before)
    await post(server.root, '/billing/v1/cancelAndRebill', body)
    const [bills, rates, corrections, copies] = before
    const after = await written()
    expect(after.slice(0, 3)).toEqual([Number(bills) + 2, Number(rates) + Number(after[3]), Number(corrections) + 2])
    expect([copies, Number(after[3]) > 0]).toEqual([0, true])
    const verified = await verifyLedger(database)
    expect(verified.map(({ difference }) => difference)).toEqual(verified.map(() => undefined))
    await database.close()
    await cleanUp()
    await store.drop()

    /** Counts bills, rates, corrections, copies, numbers, events, and entries of audit and ledger. */
    async function written(): Promise<readonly number[]> {
      const { rows } = await database.run(sql`SELECT (SELECT count(*) FROM "customer_bill"),
        (SELECT count(*) FROM "applied_customer_billing_rate"), (SELECT count(*) FROM "correction"),
        (SELECT count(*) FROM "applied_customer_billing_rate" WHERE "corrects_rate_id" IS NOT NULL),
        (SELECT sum("next") FROM "number_series"), (SELECT count(*) FROM "event"),
        (SELECT count(*) FROM "audit"), (SELECT count(*) FROM "ledger_entry"),
        (SELECT sum("version") FROM "customer_bill")`)
      return (rows[0] ?? []).map(Number)
    }
  },
  LIMIT_MS
)
