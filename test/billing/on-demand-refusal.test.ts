import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { postAccount, postCustomer } from '../accounts/accounts.ts'
import type { Answer } from '../support/answer.ts'
import { type BillingWorld, startBilling, untilAnswered } from './world.ts'

let world: BillingWorld
beforeAll(async () => {
  world = await startBilling()
})
afterAll(() => world.close())

/** Adds a customer with one account of a status, which an archived one had not always, and an unbilled rate. */
async function onlyAccount(status: string): Promise<{ readonly customer: string; readonly account: string }> {
  const { server } = world
  const { id: customer } = await postCustomer(server)
  const { id: account } = await postAccount(server, {
    customerId: customer,
    status: status === 'DRAFT' ? status : 'ACTIVE'
  })
  await server.call('POST', 'appliedCustomerBillingRate', {
    billingAccount: { id: account },
    date: '2026-03-20T00:00:00Z',
    taxExcludedAmount: { unit: 'EUR', value: 3 }
  })
  if (status === 'ARCHIVED') expect((await server.call('PATCH', `accounts/${account}`, { status })).status).toBe(200)
  return { customer, account }
}

/** Posts a request and waits until it is done. */
async function request(body: object): Promise<Answer> {
  const posted = await world.server.call('POST', 'customerBillOnDemand', body)
  expect(posted).toMatchObject({ status: 201, body: { state: 'inProgress' } })
  return untilAnswered(world.server, posted.body.id)
}

test.each([
  ['ARCHIVED', 'rejected', 'The billing account is ARCHIVED'],
  ['DRAFT', 'rejected', 'The billing account is DRAFT'],
  ['ACTIVE', 'done', undefined]
])('a request for an account that is %s is %s, by its id or as the only one of its party', async (...row) => {
  const [status, state, stateReason] = row
  const byAccount = await onlyAccount(status)
  const byParty = await onlyAccount(status)
  const answers = [
    await request({ billingAccount: { id: byAccount.account } }),
    await request({ relatedParty: { id: byParty.customer, '@referredType': 'Customer' } })
  ]
  expect(answers.map((answer) => [answer.state, answer.stateReason])).toEqual(answers.map(() => [state, stateReason]))
  const code = stateReason && 'reason.accountInactive'
  expect(answers.map(({ stateReasonCode }) => stateReasonCode)).toEqual([code, code])
  const accounts = [byAccount.account, byParty.account]
  const { rows } = await world.server.database.run(sql`SELECT "is_billed", count(*)
    FROM "applied_customer_billing_rate" WHERE "billing_account_id" = ANY(${accounts}::text[]) GROUP BY 1`)
  expect(rows).toEqual([[state === 'done' ? 't' : 'f', '2']])
  expect(answers.map(({ customerBill }) => customerBill !== undefined)).toEqual(accounts.map(() => state === 'done'))
})
