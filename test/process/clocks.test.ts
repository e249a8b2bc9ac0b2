import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import { addEverybody, BY_PASSWORD, CLIENT, ENCODED_PASSWORD } from '../access/people.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { fill, post } from './run-world.ts'
import { CREDENTIAL, cleanUp, type ServerProcess, startServer, until } from './server-process.ts'

const MINUTES_MS = 60_000
const ROUNDS = 12

/** Shifts the clock of a process before anything else is loaded. */
const SHIFT = `const Right = Date, by = Number(process.env.CLOCK_SHIFT_MS);
  globalThis.Date = class extends Right {
    constructor(...given) { if (given.length > 0) super(...given); else super(Right.now() + by) }
    static now() { return Right.now() + by }
  }`

let store: TestDatabase
let database: Database
/** Ahead by minutes, and behind. */
let servers: readonly [ServerProcess, ServerProcess]
let cycleId: string
beforeAll(async () => {
  store = await createTestDatabase()
  database = store.database
  servers = await Promise.all([startShifted(10 * MINUTES_MS), startShifted(-10 * MINUTES_MS)])
  // Every tenth account has no rates.
  cycleId = await fill(servers[0].root, database, ROUNDS * 10)
  await addEverybody(database)
})
afterAll(async () => {
  await cleanUp()
  await store.drop()
})

describe('servers whose clocks differ by minutes', () => {
  it('bill what was sent to any of them before', async () => {
    const states: string[] = []
    for (let round = 1; round < ROUNDS; round++) {
      const billingAccount = accountWithoutRates(round)
      const [sender, asker] = round % 2 ? servers : servers.toReversed()
      await post(String(sender?.root), `${BASE}/appliedCustomerBillingRate`, { ...RATE, billingAccount })
      states.push(await billOnDemand(String(asker?.root), billingAccount))
    }
    expect(new Set(states)).toEqual(new Set(['done']))
    const { rows } = await database.run(sql`SELECT count(*) FROM "audit"
      WHERE abs(extract(epoch FROM now() - "recorded_at")) > 300`)
    expect(rows).toEqual([['0']])
  })

  it('take the tokens of each other', async () => {
    for (const [issuer, other] of [servers, servers.toReversed()]) {
      const { status, body } = await signIn(String(issuer?.root), ENCODED_PASSWORD)
      expect(status).toBe(200)
      const headers = { authorization: `Bearer ${body.access_token}` }
      expect((await fetch(`${other?.root}${BASE}/billCycle`, { headers })).status).toBe(200)
    }
  })

  it('count guesses together, and slow them down by the same time', async () => {
    for (const { root } of [...servers, ...servers]) expect((await signIn(root, '0'.repeat(64))).status).toBe(400)
    const { rows } = await database.run(sql`SELECT "failures", abs(extract(epoch FROM now() - "last_failure_at")) < 300
      FROM "sign_in_attempt"`)
    expect(rows.length).toBeGreaterThan(0)
    expect(rows).toEqual(rows.map(() => [String(2 * servers.length), 't']))
  })

  it('bill in the run of one what the other took just before', async () => {
    const [ahead, behind] = servers
    const billingAccount = accountWithoutRates(ROUNDS)
    await post(ahead.root, `${BASE}/appliedCustomerBillingRate`, {
      ...RATE,
      date: '2026-03-31T23:00:00Z',
      billingAccount
    })
    await post(behind.root, '/billing/v1/billRun', { billCycle: { id: cycleId }, billState: 'sent' })
    await until('the run ends', async () => {
      const { rows } = await database.run(sql`SELECT FROM "bill_run" WHERE "state" NOT IN ('queued', 'running')`)
      return rows.length
    })
    const { rows } = await database.run(sql`SELECT count(*) FROM "customer_bill"
      WHERE "billing_account_id" = ${billingAccount.id} AND "issued_as" IS NOT NULL`)
    expect(rows).toEqual([['1']])
  })
})

const accountWithoutRates = (round: number) => ({ id: `A${String(round * 10).padStart(7, '0')}` })

async function signIn(root: string, password: string): Promise<{ status: number; body: Answer }> {
  const body = new URLSearchParams({ ...CLIENT, ...BY_PASSWORD, password })
  const answer = await fetch(`${root}/oauth/token`, { method: 'POST', body })
  return { status: answer.status, body: parsed(await answer.text()) }
}

const RATE = { name: 'Usage', type: 'usageCharge', taxExcludedAmount: { unit: 'EUR', value: 10 } }

function startShifted(shiftMs: number): Promise<ServerProcess> {
  return startServer({
    DATABASE_URL: store.url,
    CLOCK_SHIFT_MS: String(shiftMs),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SHIFT)}`
  })
}

async function billOnDemand(root: string, billingAccount: object): Promise<string> {
  const { id } = await post(root, `${BASE}/customerBillOnDemand`, { billingAccount })
  let state = 'inProgress'
  await until('the request is worked off', async () => {
    const response = await fetch(`${root}${BASE}/customerBillOnDemand/${id}`, { headers: CREDENTIAL })
    const { state: found, stateReason } = parsed(await response.text())
    state = found === 'rejected' ? `${found}: ${stateReason}` : String(found)
    return state !== 'inProgress'
  })
  return state
}
