import { afterEach, describe, expect, it } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { fill, open, post } from './run-world.ts'
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
afterEach(async () => {
  await cleanUp()
  await store.drop()
})

describe('servers whose clocks differ', () => {
  it('by minutes bill what was sent to any of them before', async () => {
    store = await createTestDatabase()
    const servers = await Promise.all([10 * MINUTES_MS, -10 * MINUTES_MS].map(startShifted))
    const database = open(store.url)
    // Every tenth account has no rates.
    await fill((servers[0] as ServerProcess).root, database, ROUNDS * 10)
    const states: string[] = []
    for (let round = 1; round <= ROUNDS; round++) {
      const billingAccount = { id: `A${String(round * 10).padStart(7, '0')}` }
      const [sender, asker] = [servers[round % 2], servers[(round + 1) % 2]] as [ServerProcess, ServerProcess]
      await post(sender.root, `${BASE}/appliedCustomerBillingRate`, { ...RATE, billingAccount })
      states.push(await billOnDemand(asker, billingAccount))
    }
    expect(new Set(states)).toEqual(new Set(['done']))
    const { rows } = await database.run(sql`SELECT count(*) FROM "audit"
      WHERE abs(extract(epoch FROM now() - "recorded_at")) > 300`)
    expect(rows).toEqual([['0']])
    await database.close()
  })
})

const RATE = { name: 'Usage', type: 'usageCharge', taxExcludedAmount: { unit: 'EUR', value: 10 } }

function startShifted(shiftMs: number): Promise<ServerProcess> {
  return startServer({
    DATABASE_URL: store.url,
    CLOCK_SHIFT_MS: String(shiftMs),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SHIFT)}`
  })
}

async function billOnDemand({ root }: ServerProcess, billingAccount: object): Promise<string> {
  const { id } = await post(root, `${BASE}/customerBillOnDemand`, { billingAccount })
  let state = 'inProgress'
  await until('the request is worked off', async () => {
    const response = await fetch(`${root}${BASE}/customerBillOnDemand/${id}`, { headers: CREDENTIAL })
    const { state: found, stateReason } = (await response.json()) as Record<string, string>
    state = found === 'rejected' ? `${found}: ${stateReason}` : String(found)
    return state !== 'inProgress'
  })
  return state
}
