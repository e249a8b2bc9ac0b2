import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { billingCommands } from '../../src/cli/billing-commands.ts'
import type { Context } from '../../src/cli/command.ts'
import type { Database } from '../../src/db/database.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { TENANT } from '../support/database.ts'
import { pay, tamper } from './ledger-world.ts'
import { type BillingWorld, runToEnd, startBilling, untilDone } from './world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(async () => {
  expect(reportLedger(await verifyLedger(world.server.database))).toMatchObject({ isSound: true })
  await world.close()
})

/** Charges and credits that cancel out, or leave this much. */
const charged = (left = 0) => [{ amount: String(10 + left) }, { amount: '-10', kind: 'appliedBillingCredit' }]
const eur = (value: number) => ({ unit: 'EUR', value })

async function account(left = 0, billingType = 'postpaid'): Promise<string> {
  const [id = ''] = await world.addAccounts(1, charged(left), { billingType, taxRate: 0 })
  return id
}

/** Returns the state of an account's bills. */
async function standing(id: string): Promise<readonly unknown[]> {
  const { body } = await world.server.call('GET', `customerBill?billingAccount.id=${id}&sort=id`)
  return body.map(({ state, remainingAmount }: { state: string; remainingAmount: { value: number } }) => [
    state,
    remainingAmount.value
  ])
}

const billOf = async (id: string): Promise<string> =>
  (await world.server.call('GET', `customerBill?billingAccount.id=${id}`)).body[0].id
const patch = async (id: string, state: string) =>
  expect((await world.server.call('PATCH', `customerBill/${await billOf(id)}`, { state })).status).toBe(200)
const foreign = async (id: string, body: object) =>
  expect((await world.server.call('POST', 'customerBill', { billingAccount: { id }, ...body })).status).toBe(201)
const onDemand = (id: string) => untilDone(world.server, { billingAccount: { id } })
const reverse = (payment: string) => world.server.call('POST', `/billing/v1/payment/${payment}/reverse`)
const SETTLED = [['settled', 0]]

describe('a bill with nothing to pay is settled', () => {
  test.each<[string, (id: string) => Promise<unknown>, string?]>([
    ['of a run that sends it', () => runToEnd(world, { billState: 'sent' })],
    ['of a run that validates it', () => runToEnd(world, { billState: 'validated' })],
    [
      'of a run, released later',
      async () => {
        const { id } = await runToEnd(world)
        await world.server.call('POST', `/billing/v1/billRun/${id}/release`, { state: 'sent' })
      }
    ],
    [
      'that is validated by hand',
      async (id) => {
        await runToEnd(world)
        await patch(id, 'validated')
      }
    ],
    [
      'that goes on after it was held',
      async (id) => {
        await runToEnd(world)
        await patch(id, 'onHold')
        await patch(id, 'sent')
      }
    ],
    ['on demand', onDemand],
    ['on demand, prepaid', onDemand, 'prepaid']
  ])('%s', async (_, issue, billingType) => {
    const id = await account(0, billingType)
    await issue(id)
    expect(await standing(id)).toEqual(SETTLED)
  })

  test.each<[string, object, string?]>([
    ['posted as sent', { amountDue: eur(0), state: 'sent' }],
    ['posted as validated', { amountDue: eur(0), remainingAmount: eur(0), state: 'validated' }],
    ['sent later', { amountDue: eur(0) }, 'sent'],
    ['paid elsewhere', { amountDue: eur(10), remainingAmount: eur(0), state: 'sent' }]
  ])('of another system, %s', async (_, body, next) => {
    const id = await account()
    await foreign(id, body)
    if (next) await patch(id, next)
    expect(await standing(id)).toEqual(SETTLED)
  })

  test('of another system, once its account is ours', async () => {
    const id = newId()
    await foreign(id, { amountDue: eur(0), state: 'sent' })
    expect((await world.server.call('GET', `customerBill?billingAccount.id=${id}`)).body[0].state).toBe('sent')
    await world.server.call('POST', 'accounts', { id, name: 'Late', customerId: 'C1' })
    expect(await standing(id)).toEqual(SETTLED)
  })
})

test('but not one on hold', async () => {
  const id = await account()
  await foreign(id, { amountDue: eur(0), state: 'onHold' })
  expect((await world.server.call('GET', `customerBill?billingAccount.id=${id}`)).body[0].state).toBe('onHold')
})

test('credit that pays exactly the rest settles, and its reversal takes back exactly that', async () => {
  const id = await account(10)
  const early = (await pay(world.server, id, 4)).body.id
  await onDemand(id)
  expect(await standing(id)).toEqual([['partiallyPaid', 6]])
  const late = (await pay(world.server, id, 6)).body.id
  expect(await standing(id)).toEqual(SETTLED)
  await reverse(late)
  expect(await standing(id)).toEqual([['partiallyPaid', 6]])
  await reverse(early)
  expect(await standing(id)).toEqual([['validated', 10]])
  await pay(world.server, id, 10)
  expect(await standing(id)).toEqual(SETTLED)
})

describe('bills that older versions left as they were', () => {
  const settle = async () => {
    const work = billingCommands['bill settle']?.prepare({
      parameters: [],
      assignments: [],
      options: { tenant: TENANT }
    })
    const { database }: { database: Database } = world.server
    const actor = { type: 'command', id: 'cli', name: 'cli' } as const
    return (await work?.({ database, clock: database.clock, newId, actor } as Context))?.text
  }
  const reopened = async (id: string, which: Sql) => {
    await tamper(
      world.server,
      sql`UPDATE "customer_bill" SET "state" = 'sent' WHERE "billing_account_id" = ${id}
      AND ${which}`
    )
  }

  test('are settled by a command, each with its event and a name on it', async () => {
    const [own, theirs, due] = [await account(), await account(), await account(10)]
    for (const id of [own, due]) await onDemand(id)
    await foreign(theirs, { amountDue: eur(0), state: 'sent' })
    await foreign('nobody', { amountDue: eur(0), state: 'sent' })
    for (const id of [own, theirs]) await reopened(id, sql`TRUE`)
    expect([await settle(), await settle()]).toEqual(['2 bills settled', '0 bills settled'])
    expect([await standing(own), await standing(theirs), await standing(due)]).toEqual([
      SETTLED,
      SETTLED,
      [['validated', 10]]
    ])
    const { rows } = await world.server.database.run(sql`SELECT "actor_type", "before"->>'state', "after"->>'state'
      FROM "audit" WHERE "resource_id" = ${await billOf(own)} AND "actor_type" = 'command'`)
    expect(rows).toEqual([['command', 'sent', 'settled']])
  })
})
