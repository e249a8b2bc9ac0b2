import pg from 'pg'
import pino from 'pino'
import { expect } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import type { EngineContext } from '../../src/billing/engine/context.ts'
import { type FurtherJobs, startBillingJobs } from '../../src/billing/jobs.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccounts, addCustomer, addRates, type TestRates } from '../support/accounts.ts'
import type { Answer } from '../support/answer.ts'
import { addCycle } from '../support/cycles.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** A server with a worker, a cycle of March 2026, and accounts. */
export interface BillingWorld {
  readonly server: TestServer
  readonly cycleId: string
  /** Adds accounts with equal rates and returns their ids. */
  addAccounts(count: number, rates: readonly TestRates[], more?: TestAccount): Promise<readonly string[]>
  close(): Promise<void>
}

export interface TestAccount {
  readonly currency?: string
  readonly billingType?: string
  readonly taxRate?: number
}

export async function startBilling(
  chunkAccounts = 10,
  furtherJobs: (context: EngineContext) => readonly FurtherJobs[] = () => []
): Promise<BillingWorld> {
  // The server of the tests must not shed load.
  const server = await startTestServer()
  const { database, url } = server
  const context = { database, clock: database.clock, newId, chunkAccounts }
  const worker = await startBillingJobs(url, context, pino({ level: 'silent' }), furtherJobs(context))
  const specification = await server.call('POST', 'billCycleSpecification', {
    name: 'Monthly',
    frequency: 'month',
    validFor: { startDateTime: '2026-01-01T00:00:00Z' }
  })
  const BillCycleSpecification = { id: specification.body.id }
  const cycleId = await addCycle(server, 3, { name: 'March 2026', BillCycleSpecification })
  await addCustomer(database)
  let accounts = 0
  return {
    server,
    cycleId,
    addAccounts: async (count, rates, { currency = 'EUR', billingType = 'postpaid', taxRate = 0.19 } = {}) => {
      const ids = Array.from({ length: count }, () => `A${String(accounts++).padStart(6, '0')}`)
      const taxes = [{ taxCategory: 'VAT', taxRate }]
      await addAccounts(database, ids, { currency, billingType, taxes, specificationId: specification.body.id })
      for (const rate of rates) await addRates(database, ids, { unit: currency, ...rate })
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
  await until(`${count} wait for a lock`, async () => (await database.run(waiting)).rowCount >= count)
}

/** Asks for a run of the cycle. */
export function startRun({ server, cycleId }: BillingWorld, more: object = {}): Promise<Reply> {
  return server.call('POST', '/billing/v1/billRun', { billCycle: { id: cycleId }, ...more })
}

/** Starts a run and waits for its end. */
export async function runToEnd(world: BillingWorld, more: object = {}): Promise<Answer> {
  const { status, text, body } = await startRun(world, more)
  if (status !== 202) throw new Error(text)
  return untilEnded(world.server, body.id)
}

/** Posts a request for a bill and waits until it is done. */
export async function untilDone(server: TestServer, request: object): Promise<Answer> {
  const posted = await server.call('POST', 'customerBillOnDemand', request)
  return untilAnswered(server, posted.body.id)
}

/** Waits until a request for a bill is worked off, doing something each time that it is not yet. */
export function untilAnswered(
  server: TestServer,
  id: string,
  meanwhile: () => Promise<unknown> = async () => undefined
): Promise<Answer> {
  return until(`the request ${id} is worked off`, async () => {
    const { body } = await server.call('GET', `customerBillOnDemand/${id}`)
    return body.state === 'inProgress' ? void (await meanwhile()) : body
  })
}

/** Waits for the end of a run. */
export function untilEnded(server: TestServer, id: string): Promise<Answer> {
  return until(`the run ${id} ends`, async () => {
    const { status, body } = await server.call('GET', `/billing/v1/billRun/${id}`)
    expect(status).toBe(200)
    return ['queued', 'running'].includes(body.state) ? undefined : body
  })
}
