import { migrate } from '../src/db/migrations.ts'
import { BUSY, DAYS, fillWithRates } from './balance-data.ts'
import { fillCredentials } from './credentials.ts'
import { type BenchServer, makeDatabase, TENANT, withClient } from './database.ts'
import { atMost, type Gate } from './gate.ts'
import { median } from './measure.ts'
import { decimal, table, whole } from './table.ts'
import { startOurs, type Target } from './target.ts'

/** The database that the large one is compared with. */
const SMALL = 10_000
const WARM_UP = 200
const REQUESTS = 1_000
const HOLDERS = 8
const HOLDING_MS = 5_000
const DAY_MS = 86_400_000
const P50_MAX_MS = 5
const SCALING_MAX = 1.5

export interface BalanceResult {
  readonly rates: number
  /** The median of a balance over a month, in ms, with all rates and with 10,000. */
  readonly largeMs: number
  readonly smallMs: number
  /** Authorizations per second of 8 connections, for accounts in turn and for one. */
  readonly holdsPerSecond: number
  readonly holdsOfOnePerSecond: number
}

/** Reads the balance of an account with many rates, one request at a time, on both databases in turn. */
export async function measureBalances(server: BenchServer, rates: number, fresh: boolean): Promise<BalanceResult> {
  const [large, small] = [await started(server, rates, fresh), await started(server, SMALL, fresh)]
  try {
    const [largeMs, smallMs]: [number[], number[]] = [[], []]
    for (let count = -WARM_UP; count < REQUESTS; count++) {
      const taken = [await timed(large), await timed(small)] as const
      if (count < 0) continue
      largeMs.push(taken[0])
      smallMs.push(taken[1])
    }
    return {
      rates,
      largeMs: median(largeMs),
      smallMs: median(smallMs),
      holdsPerSecond: await hold(large, (at) => `B-${at % 1_000}`),
      holdsOfOnePerSecond: await hold(large, () => BUSY)
    }
  } finally {
    await Promise.all([large.stop(), small.stop()])
  }
}

async function started(server: BenchServer, rates: number, fresh: boolean): Promise<Target> {
  const name = `bench_balances_${rates}`
  const known = await withClient(server.url, (client) =>
    client.query('SELECT FROM pg_database WHERE datname = $1', [name])
  )
  if (fresh || known.rowCount === 0) {
    console.log(`filling ${name} with ${rates.toLocaleString('en')} rates`)
    await makeDatabase(server.url, name, (url) => withClient(url, (client) => fillWithRates(client, rates)))
  }
  const url = new URL(server.url)
  url.pathname = `/${name}`
  // Migrations may have come since.
  await migrate(url.href)
  await withClient(url.href, (client) => fillCredentials(client, TENANT))
  return startOurs(url.href)
}

async function timed(target: Target): Promise<number> {
  const day = (before: number) => new Date(Date.now() - before * DAY_MS).toISOString().slice(0, 10)
  const query = `account_number=${BUSY}&initial_date=${day(DAYS)}&final_date=${day(0)}`
  const began = performance.now()
  const answer = await fetch(`${target.origin}/partner/v1/customerBalance?${query}`, { headers: target.headers })
  const text = await answer.text()
  const took = performance.now() - began
  if (!/"call_charges":\d/.test(text)) throw new Error(`a balance was answered with ${answer.status} ${text}`)
  return took
}

/** Returns the authorizations per second, each of which is covered. */
async function hold({ origin, headers }: Target, account: (at: number) => string): Promise<number> {
  const end = performance.now() + HOLDING_MS
  let done = 0
  const holder = async () => {
    while (performance.now() < end) {
      const body = JSON.stringify({ account_number: account(done), amount: 0.01, ttl: 60 })
      const sent = { ...headers, 'content-type': 'application/json' }
      const answer = await fetch(`${origin}/partner/v1/authorize`, { method: 'POST', headers: sent, body })
      const text = await answer.text()
      if (!text.includes('"covered":true')) throw new Error(`a hold was answered with ${answer.status} ${text}`)
      done++
    }
  }
  await Promise.all(Array.from({ length: HOLDERS }, holder))
  return (done * 1_000) / HOLDING_MS
}

export function balanceGates({ largeMs, smallMs }: BalanceResult): readonly Gate[] {
  return [
    atMost('balance of an account with 100,000 rates, p50 in ms', largeMs, P50_MAX_MS),
    atMost('the same, all rates / 10,000 rates', largeMs / smallMs, SCALING_MAX)
  ]
}

export function balanceTable({ rates, largeMs, smallMs, ...holds }: BalanceResult): string {
  const head = ['balances', 'p50 ms', 'authorizations/s', 'of one account']
  return table(head, [
    [`${whole(rates)} rates`, decimal(largeMs), whole(holds.holdsPerSecond), whole(holds.holdsOfOnePerSecond)],
    [`${whole(SMALL)} rates`, decimal(smallMs), '', '']
  ])
}
