import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BillingWorld, holding, startBilling, untilWaiting } from './world.ts'

const RUN = '/billing/v1/billRun'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

test('the release of a run that was cancelled waits for what is under way, and takes its bills along', async () => {
  await world.addAccounts(100, [{ amount: '10' }])
  const { server, cycleId } = world
  const rates = await holding(server, 'SELECT FROM "applied_customer_billing_rate" FOR UPDATE')
  const { body: run } = await server.call('POST', RUN, { billCycle: { id: cycleId } })
  await untilWaiting(server, 2)
  expect((await server.call('POST', `${RUN}/${run.id}/cancel`)).body.state).toBe('cancelled')
  const released = server.call('POST', `${RUN}/${run.id}/release`, { state: 'sent' })
  await untilWaiting(server, 3)
  await rates.release()
  expect(await released).toMatchObject({ status: 200, body: { released: 20, skipped: [] } })
  expect((await server.call('GET', `${RUN}/${run.id}`)).body).toMatchObject({ state: 'cancelled', billed: 20 })
})
