import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { ATTEMPTS_MAX } from '../../src/jobs/queue.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { until } from '../support/until.ts'
import { breakBills } from './fault-world.ts'
import { type BillingWorld, startBilling, untilAnswered } from './world.ts'

const ON_DEMAND = 'customerBillOnDemand'
const REASON = 'The billing failed; please ask again'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(async () => {
  const verified = await verifyLedger(world.server.database)
  expect(verified.map(({ difference }) => difference)).toEqual([undefined, undefined])
  await world.close()
})

test('a bill that fails whenever it is tried ends the request with an error, which all can see', async () => {
  const { server } = world
  const [id] = await world.addAccounts(1, [{ amount: '10' }])
  const fault = await breakBills(server, sql`true`)
  const { body: asked } = await server.call('POST', ON_DEMAND, { billingAccount: { id } })
  const failed = await untilAnswered(world.server, asked.id, fault.hurry)
  expect(failed).toMatchObject({ state: 'terminatedWithError', stateReason: REASON, stateReasonCode: 'reason.failed' })
  expect(failed).not.toHaveProperty('customerBill')
  expect(await fault.attempts()).toBe(ATTEMPTS_MAX)

  const found = await server.call('GET', `${ON_DEMAND}?state=terminatedWithError`)
  expect(found.body).toMatchObject([{ id: asked.id, stateReason: REASON }])
  const told = await server.database.run(sql`SELECT "event_type", "document"->>'state' FROM "event"
    WHERE "resource_id" = ${asked.id} ORDER BY "id" DESC LIMIT 1`)
  expect(told.rows).toEqual([['CustomerBillOnDemandStateChangeEvent', 'terminatedWithError']])
  const audited = await server.database.run(sql`SELECT "action", "after"::jsonb->>'stateReason' FROM "audit"
    WHERE "resource_id" = ${asked.id} AND "action" = 'bill'`)
  expect(audited.rows).toEqual([['bill', REASON]])
  // Nothing is half billed: a failed request can be repeated.
  expect((await server.call('GET', 'customerBill')).body).toEqual([])
  await fault.mend()
  const { body: again } = await server.call('POST', ON_DEMAND, { billingAccount: { id } })
  expect(await untilAnswered(world.server, again.id)).toMatchObject({ state: 'done' })
  expect((await server.call('GET', `${ON_DEMAND}/${asked.id}`)).body.state).toBe('terminatedWithError')
})

test('a bill that fails and then does not is a bill like any other', async () => {
  const { server } = world
  const [id] = await world.addAccounts(1, [{ amount: '10' }])
  const fault = await breakBills(server, sql`true`)
  const { body: asked } = await server.call('POST', ON_DEMAND, { billingAccount: { id } })
  await until('all attempts but one failed', async () => {
    await fault.hurry()
    return (await fault.attempts()) >= ATTEMPTS_MAX - 1
  })
  await fault.mend()
  expect(await untilAnswered(world.server, asked.id, fault.hurry)).toMatchObject({ state: 'done' })
  expect((await server.call('GET', 'customerBill')).body).toMatchObject([{ amountDue: { unit: 'EUR', value: 11.9 } }])
})
