import { furtherJobs } from '../../src/background-jobs.ts'
import { type BillingWorld, runToEnd, startBilling } from '../billing/world.ts'
import type { Reply } from '../support/server.ts'
import { until } from '../support/until.ts'

export const COMPARISON = '/billing/v1/comparison'

interface Money {
  readonly unit: string
  readonly value: number
}

/** A comparison as it is answered. */
export interface Compared {
  readonly id: string
  readonly state: string
  readonly failure?: string
  readonly accounts: number
  readonly equal: number
  readonly differs: number
  readonly onlyHere: number
  readonly onlyThere: number
  readonly reasons: readonly { readonly reason: string; readonly count: number }[]
  readonly notCompared: readonly { readonly part: string; readonly count: number }[]
  readonly billsWithoutAccount: number
  readonly totals: readonly Total[]
  readonly histogram: readonly { readonly currency: string; readonly bins: readonly Bin[] }[]
}

interface Total {
  readonly currency: string
  readonly accounts: number
  readonly here: { readonly bills: number; readonly amount: Money }
  readonly there: { readonly bills: number; readonly amount: Money }
  readonly difference: Money
}

interface Bin {
  readonly from?: number
  readonly to?: number
  readonly accounts: number
}

/** An account of a comparison. */
export interface Account {
  readonly billingAccount: { readonly id: string }
  readonly currency: string
  readonly status: string
  readonly reasons: readonly string[]
  readonly notCompared: readonly string[]
  readonly difference: Money
  readonly here?: Side
  readonly there?: Side
}

interface Side {
  readonly bills: number
  readonly amount: Money
  readonly tax?: Money
  readonly dueDate?: string
}

/** A billing world that works off comparisons, too. */
export interface ComparisonWorld extends BillingWorld {
  /** Runs the cycle dry and returns the run's id. */
  dryRun(): Promise<string>
  /** Posts bills of another system that name the cycle, unless they say otherwise. Returns their ids. */
  legacy(...bills: readonly object[]): Promise<readonly string[]>
  /** Compares the bills of the cycle with a run, and returns the ended comparison. */
  compare(runId: string, more?: object): Promise<Compared>
  /** Returns all accounts of a comparison that match a query. */
  accounts(id: string, query?: string): Promise<readonly Account[]>
}

export async function startComparing(): Promise<ComparisonWorld> {
  const world = await startBilling(10, furtherJobs)
  const { server, cycleId } = world
  return {
    ...world,
    dryRun: async () => (await runToEnd(world, { dryRun: true })).id,
    legacy: async (...bills) => {
      const ids: string[] = []
      for (const bill of bills) {
        const body = { billCycle: { id: cycleId }, ...bill }
        ids.push(requireStatus(201, await server.call('POST', 'customerBill', body)).body.id)
      }
      return ids
    },
    compare: async (runId, more = {}) => {
      const wanted = { billCycle: { id: cycleId }, billRun: { id: runId }, ...more }
      const { body } = requireStatus(202, await server.call('POST', COMPARISON, wanted))
      return untilCompared(world, body.id)
    },
    accounts: async (id, query = 'limit=1000') => {
      const reply = await server.call('GET', `${COMPARISON}/${id}/accounts?${query}`)
      if (reply.status > 206) throw new Error(reply.text)
      return JSON.parse(reply.text)
    }
  }
}

export function untilCompared({ server }: BillingWorld, id: string): Promise<Compared> {
  return until(`the comparison ${id} ends`, async () => {
    const { text } = await server.call('GET', `${COMPARISON}/${id}`)
    const comparison: Compared = JSON.parse(text)
    return ['queued', 'running'].includes(comparison.state) ? undefined : comparison
  })
}

function requireStatus(status: number, reply: Reply): Reply {
  if (reply.status === status) return reply
  throw new Error(`${reply.status} ${reply.text}`)
}

const money = (value: number, unit = 'EUR') => ({ unit, value })

/** A bill of an account with its amounts before and with tax, due on a day of April 2026. */
export function bill(account: string, amounts: readonly [excluded: number, included: number], more: object = {}) {
  const [excluded, included] = amounts
  return {
    billingAccount: { id: account },
    state: 'new',
    amountDue: money(included),
    taxExcludedAmount: money(excluded),
    taxIncludedAmount: money(included),
    paymentDueDate: '2026-04-15T00:00:00Z',
    ...more
  }
}
