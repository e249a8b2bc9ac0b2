import { newId } from '../../src/base/ulid.ts'
import { dunningJobs } from '../../src/dunning/tasks.ts'
import { addBill, startLedger } from '../billing/ledger-world.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

const DAY_MS = 86_400_000
/** A morning in the past of the database's clock: no step is done ahead of it. */
const START = Date.parse('2026-06-01T12:00:00Z')

export interface DunningWorld {
  readonly server: TestServer
  /** Does the walks of these days, counted from the start. */
  walk(day: number): Promise<void>
  /** Adds a sent bill that was due so many days before the start. */
  bill(account: string, daysBefore: number, fee?: string): Promise<string>
  /** The steps of a bill as [day, daysAfterDue, action], oldest first. */
  steps(bill: string): Promise<readonly (readonly [number, number, string])[]>
  plan(steps: readonly object[]): Promise<void>
  close(): Promise<void>
}

export async function startDunning(): Promise<DunningWorld> {
  const server = await startLedger()
  let now = START
  const clock = () => new Date(now).toISOString()
  const jobs = dunningJobs({ database: server.database, clock, newId })
  return {
    server,
    walk: async (day) => {
      now = START + day * DAY_MS
      await jobs.recover()
      await jobs.tasks.get('dun')?.({ tenantId: TENANT }, { isLast: false })
    },
    bill: (account, daysBefore, fee = '100') => {
      const date = new Date(START - daysBefore * DAY_MS).toISOString()
      return addBill(server, account, { date, rates: { usageCharge: fee }, state: 'sent' })
    },
    steps: async (bill) => {
      const { body } = await server.call('GET', `/billing/v1/dunningStep?bill.id=${bill}`)
      const dayOf = (day: string) => Math.floor((Date.parse(day) - START) / DAY_MS) + 1
      return body.map(({ day, daysAfterDue, action }) => [dayOf(day), daysAfterDue, action] as const)
    },
    plan: async (steps) => {
      const answer = await server.call('PATCH', `/admin/v1/tenant/${TENANT}`, { dunningPlan: { steps } })
      if (answer.status !== 200) throw new Error(answer.text)
    },
    close: () => server.close()
  }
}
