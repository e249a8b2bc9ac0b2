import { setTimeout as delay } from 'node:timers/promises'
import { demandAccount } from './run-data.ts'
import type { Target } from './target.ts'

/** Requests for a bill, sent at fixed times whether earlier ones are done or not. */
export const DEMANDS = 100
const INTERVAL_MS = 150
const POLL_MS = 10
const PATH = '/customerBillManagement/v4/customerBillOnDemand'

/**
 * Requests bills, each of another unbilled account; `round` picks them. Returns the milliseconds within which 95 of 100
 * are seen to be done. Throws if one fails.
 */
export async function measureDemands(target: Target, round: number): Promise<number> {
  const demands: Promise<number>[] = []
  for (let at = 0; at < DEMANDS; at++) {
    demands.push(demand(target, demandAccount(round * DEMANDS + at)))
    await delay(INTERVAL_MS)
  }
  const times = (await Promise.all(demands)).sort((a, b) => a - b)
  return times[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN
}

interface Demand {
  readonly id: string
  readonly state: string
  readonly stateReason?: string
}

async function demand(target: Target, account: string): Promise<number> {
  const asked = performance.now()
  const body = JSON.stringify({ billingAccount: { id: account } })
  let now = await ask(target, '', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  while (now.state === 'inProgress') {
    await delay(POLL_MS)
    now = await ask(target, `/${now.id}`)
  }
  if (now.state !== 'done') throw new Error(`a bill on demand ended in ${now.state}: ${now.stateReason}`)
  return performance.now() - asked
}

async function ask({ origin, headers }: Target, path: string, request: RequestInit = {}): Promise<Demand> {
  const response = await fetch(`${origin}${PATH}${path}`, { ...request, headers: { ...headers, ...request.headers } })
  if (!response.ok) throw new Error(`a bill on demand was answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Demand
}
