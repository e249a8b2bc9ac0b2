import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { dunningJobs } from '../../src/dunning/tasks.ts'
import { addAccount } from '../billing/ledger-world.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** The events of `dun`. */
export const DUNNED = ['DunningStepCreateEvent', 'PaymentPromiseCreateEvent', 'PaymentPromiseStateChangeEvent']

/** Adds a plan and a bill for it. The returned function does its step, and notes and cancels a promise to pay. */
export async function prepareDunning(server: TestServer): Promise<() => Promise<void>> {
  const { database } = server
  const steps = [{ daysAfterDue: 1, action: 'event' }]
  await server.call('PATCH', '/admin/v1/tenant/demo', { dunningPlan: { steps } })
  const account = await addAccount(server)
  const jobs = dunningJobs({ database, clock: database.clock, newId })
  await jobs.recover()
  const due = { unit: 'EUR', value: 1 }
  const bill = { billingAccount: { id: account }, amountDue: due, taxIncludedAmount: due, state: 'sent' }
  await server.call('POST', 'customerBill', { ...bill, paymentDueDate: '2026-02-01T00:00:00Z' })
  return async () => {
    await database.run(sql`UPDATE "dunning_day" SET "day" = "day" - 1`)
    await jobs.recover()
    const isDone = async () => (await server.call('GET', '/billing/v1/dunningStep')).body.length > 0
    await until('the step is done', isDone)
    const promise = { billingAccount: { id: account }, until: database.clock().slice(0, 10) }
    const { body } = await server.call('POST', '/billing/v1/paymentPromise', promise)
    await server.call('POST', `/billing/v1/paymentPromise/${body.id}/cancel`)
    await server.call('PATCH', '/admin/v1/tenant/demo', { dunningPlan: null })
  }
}
