import pg from 'pg'
import pino from 'pino'
import { newId } from '../../src/base/ulid.ts'
import { startBillingWork } from '../../src/billing/work.ts'
import { sql } from '../../src/db/sql.ts'
import { TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** A server with a worker, a cycle of March 2026, and accounts. */
export interface BillingWorld {
  readonly server: TestServer
  readonly cycleId: string
  /** Adds accounts with equal rates and returns their ids. */
  addAccounts(count: number, rates: readonly TestRate[], more?: TestAccount): Promise<readonly string[]>
  close(): Promise<void>
}

export interface TestRate {
  readonly amount: string
  readonly kind?: string
  readonly unit?: string
  readonly date?: string
}

export interface TestAccount {
  readonly currency?: string
  readonly billingType?: string
  readonly taxRate?: number
}

export async function startBilling(chunkAccounts = 10): Promise<BillingWorld> {
  // The server of the tests must not shed load.
  const server = await startTestServer()
  const { database, url } = server
  const context = { database, clock: database.clock, newId, chunkAccounts }
  const worker = await startBillingWork(url, context, pino({ level: 'silent' }))
  const specification = await server.call('POST', 'billCycleSpecification', {
    name: 'Monthly',
    frequency: 'month',
    validFor: { startDateTime: '2026-01-01T00:00:00Z' }
  })
  const cycle = await server.call('POST', 'billCycle', {
    name: 'March 2026',
    billingDate: '2026-04-01T00:00:00Z',
    validFor: { startDateTime: '2026-03-01T00:00:00Z', endDateTime: '2026-04-01T00:00:00Z' },
    BillCycleSpecification: { id: specification.body.id }
  })
  await database.run(sql`INSERT INTO "customer" ("tenant_id", "id", "internal_id", "last_update", "name")
    VALUES (${TENANT}, 'C1', ${newId()}, now(), 'Ada')`)
  let accounts = 0
  return {
    server,
    cycleId: cycle.body.id,
    addAccounts: async (count, rates, { currency = 'EUR', billingType = 'postpaid', taxRate = 0.19 } = {}) => {
      const ids = Array.from({ length: count }, () => `A${String(accounts++).padStart(6, '0')}`)
      const profile = JSON.stringify({ rates: [{ taxCategory: 'VAT', taxRate }] })
      await database.run(sql`INSERT INTO "billing_account" ("tenant_id", "id", "internal_id", "last_update",
          "customer_id", "name", "status", "billing_type", "invoice_currency", "net_term_days", "tax_profile",
          "bill_cycle_specification_id")
        SELECT ${TENANT}, id, id, now(), 'C1', 'Account', 'ACTIVE', ${billingType}, ${currency}, 14, ${profile}::jsonb,
          ${specification.body.id} FROM unnest(${ids}::text[]) id`)
      for (const { amount, kind = 'recurringCharge', unit = currency, date = '2026-03-10' } of rates) {
        await database.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "date", "is_billed",
            "rate_type", "billing_account_id", "tax_excluded_amount_value", "tax_excluded_amount_unit")
          SELECT ${TENANT}, gen_random_uuid(), ${date}, false, ${kind}, id, ${amount}, ${unit}
          FROM unnest(${ids}::text[]) id`)
      }
      return ids
    },
    close: async () => {
      await worker.stop()
      await server.close()
    }
  }
}

/** Holds the locks of a statement until release. */
export async function holding({ url }: TestServer, statement: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`BEGIN; ${statement}`)
  return {
    release: async () => {
      await client.query('COMMIT')
      await client.end()
    }
  }
}

/** Waits until connections wait for a lock. */
export async function untilWaiting({ database }: TestServer, count: number): Promise<void> {
  const waiting = sql`SELECT FROM pg_stat_activity WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`
  while ((await database.run(waiting)).rowCount < count);
}

/** Starts a run and waits for its end. */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts on whatever came.
export async function runToEnd({ server, cycleId }: BillingWorld, more: object = {}): Promise<any> {
  const started = await server.call('POST', '/billing/v1/billRun', { billCycle: { id: cycleId }, ...more })
  if (started.status !== 202) return started
  return untilEnded(server, started.body.id)
}

/** Posts a request for a bill and waits until it is done. */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts on whatever came.
export async function untilDone(server: TestServer, request: object): Promise<any> {
  const posted = await server.call('POST', 'customerBillOnDemand', request)
  for (;;) {
    const { body } = await server.call('GET', `customerBillOnDemand/${posted.body.id}`)
    if (body.state !== 'inProgress') return body
    await new Promise((resolve) => setImmediate(resolve))
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a test asserts on whatever came.
export async function untilEnded(server: TestServer, id: string): Promise<any> {
  for (;;) {
    const { body } = await server.call('GET', `/billing/v1/billRun/${id}`)
    if (!['queued', 'running'].includes(body.state)) return body
    await new Promise((resolve) => setImmediate(resolve))
  }
}
