import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, fill, open, post, untilRunEnds } from './run-world.ts'
import { cleanUp, startServer, until } from './server-process.ts'

/** Just more bills than one transaction discards, with three rates each. */
const ACCOUNTS = 600
const RATES = 3
const LIMIT_MS = 600_000

afterEach(cleanUp)

const serve = (url: string) => startServer({ DATABASE_URL: url, LOG_LEVEL: 'silent' })

/** Locks a row until release, so that its writers wait. */
async function hold(url: string, table: string, id: string): Promise<() => Promise<void>> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`BEGIN; SELECT FROM ${table} WHERE id = '${id}' FOR UPDATE`)
  return async () => client.end()
}

test(
  'a discard that is killed leaves whole bills or none, and goes on when it is asked again',
  async () => {
    const store = await createTestDatabase()
    const database = open(store.url)
    let server = await serve(store.url)
    const cycleId = await fill(server.root, database, ACCOUNTS)
    const run = await post(server.root, '/billing/v1/billRun', { billCycle: { id: cycleId } })
    expect(await untilRunEnds(database, LIMIT_MS)).toBe('done')
    const count = async () => Number(await ask(database, sql`SELECT count(*) FROM "customer_bill"`))
    const bills = await count()
    const left: number[] = []
    for (const bill of [sql`min("id")`, sql`max("id")`]) {
      const rate = sql`SELECT min("id") FROM "applied_customer_billing_rate"
        WHERE "bill_id" = (SELECT ${bill} FROM "customer_bill")`
      const letGo = await hold(store.url, 'applied_customer_billing_rate', await ask(database, rate))
      const asked = post(server.root, `/billing/v1/billRun/${run.id}/discard`, {}).catch(() => undefined)
      const waiting = sql`SELECT count(*) FROM pg_stat_activity
        WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`
      await until('the discard stands still', async () => Number(await ask(database, waiting)) > 0)
      await server.stop('SIGKILL')
      await asked
      await letGo()
      server = await serve(store.url)
      await expectWhole()
      left.push(await count())
    }
    expect([left[0], Number(left[1]) > 0, Number(left[1]) < bills]).toEqual([bills, true, true])
    const last: object = await post(server.root, `/billing/v1/billRun/${run.id}/discard`, {})
    expect(last).toEqual({ discarded: left[1], skipped: 0 })
    await expectWhole()
    expect(await count()).toBe(0)
    await post(server.root, `/billing/v1/billRun/${run.id}/retry`, {})
    expect(await untilRunEnds(database, LIMIT_MS)).toBe('done')
    await expectWhole()
    expect(await count()).toBe(bills)
    await database.close()
    await cleanUp()
    await store.drop()

    /** Every bill has all its rates, every other rate is free, and each removed bill is recorded. */
    async function expectWhole(): Promise<void> {
      const { rows } = await database.run(sql`SELECT
        (SELECT count(*) FROM "applied_customer_billing_rate" WHERE "is_billed" <> ("bill_id" IS NOT NULL)),
        (SELECT count(*) FROM "applied_customer_billing_rate" WHERE "is_billed"),
        (SELECT count(*) FROM "customer_bill"), (SELECT count(*) FROM "audit" WHERE "action" = 'discard'),
        (SELECT count(*) FROM "event" WHERE "event_type" = 'CustomerBillDeleteEvent'),
        (SELECT count(*) FROM "event" WHERE "event_type" = 'CustomerBillCreateEvent')`)
      const [torn, billed, there, audited, removed, created] = (rows[0] ?? []).map(Number)
      expect({ torn, billed, audited }).toEqual({ torn: 0, billed: Number(there) * RATES, audited: removed })
      expect(Number(created) - Number(removed)).toBe(there)
      const verified = await verifyLedger(database)
      expect(verified.map(({ difference }) => difference)).toEqual(verified.map(() => undefined))
    }
  },
  LIMIT_MS
)
