import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type BillingWorld, startBilling } from '../billing/world.ts'
import { addPartner, TENANT } from '../support/database.ts'
import {
  billByPatch,
  billByRelease,
  billByRun,
  billOnDemand,
  CHARGES,
  documentsOf,
  dress,
  expectSame,
  FIRST,
  letterheads,
  pageOf,
  patchState,
  SECOND
} from './dressed-world.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

describe('An issued bill keeps its document, whatever becomes of tenant, partner, account and customer', () => {
  test.each([
    ['by a run', () => billByRun(world, 'validated')],
    ['by a release', () => billByRelease(world)],
    ['by a patch', () => billByPatch(world)],
    ['on demand', (account: string) => billOnDemand(world, account)]
  ])('issued %s', async (_, issue) => {
    const { database } = world.server
    const [account = ''] = await world.addAccounts(1, CHARGES)
    const partner = await addPartner(database, TENANT, 'P-1')
    await database.run(sql`UPDATE "billing_account" SET "partner_id" = ${partner}`)
    await dress(world, FIRST)
    const id = await issue(account)
    const before = await documentsOf(world, id)
    for (const text of ['Nordlicht', 'Ada Lovelace', 'Am Kai 1', 'Hamburg', 'Rechnung', '#0b6b5d', 'data:image/png'])
      expect(String(before[1])).toContain(text)
    await dress(world, SECOND)
    await expectSame(world, id, before)
  })

  test('and one that is issued afterwards shows what there is then', async () => {
    const [account = ''] = await world.addAccounts(1, CHARGES)
    await dress(world, FIRST)
    const first = await billOnDemand(world, account)
    const charge = async () => {
      const rate = { billingAccount: { id: account }, date: '2026-03-20T00:00:00Z' }
      await world.server.call('POST', 'appliedCustomerBillingRate', {
        ...rate,
        taxExcludedAmount: { unit: 'EUR', value: 5 }
      })
    }
    await charge()
    const second = await billOnDemand(world, account)
    expect(await letterheads(world)).toEqual([['Nordlicht', 2]])
    const before = await documentsOf(world, first)
    await dress(world, SECOND)
    await charge()
    const third = await billOnDemand(world, account)
    for (const text of ['Südlicht', 'Grace Hopper', 'Paris', 'Facture', '#aa0000', 'sudlicht.example'])
      expect(await pageOf(world, third)).toContain(text)
    expect(await letterheads(world)).toEqual([
      ['Nordlicht', 2],
      ['Südlicht', 1]
    ])
    const after = await documentsOf(world, third)
    await dress(world, FIRST)
    await expectSame(world, third, after)
    await expectSame(world, first, before)
    expect(await pageOf(world, second)).toContain('Nordlicht')
  })
})

test('a bill that is not issued shows what there is now, until it is', async () => {
  await world.addAccounts(1, CHARGES)
  await dress(world, FIRST)
  const id = await billByRun(world, 'new')
  expect(await pageOf(world, id)).toContain('Ada Lovelace')
  await dress(world, SECOND)
  await patchState(world, id, 'onHold')
  for (const text of ['Südlicht', 'Grace Hopper', 'Paris', '28 févr. 2026'])
    expect(await pageOf(world, id)).toContain(text)
  expect(await letterheads(world)).toEqual([])
  await patchState(world, id, 'sent')
  const before = await documentsOf(world, id)
  expect(String(before[1])).toContain('Südlicht')
  await dress(world, FIRST)
  await expectSame(world, id, before)
  expect(await letterheads(world)).toEqual([['Südlicht', 1]])
})

describe('A bill of another system keeps its document from its issue on', () => {
  const party = { '@referredType': 'BillingAccount', name: 'Elsewhere Ltd' }
  const references = [
    ['for an account of ours', (account: string) => ({ billingAccount: { id: account } }), 'Ada Lovelace'],
    ['for an account of another', () => ({ billingAccount: { id: 'X-1', ...party } }), 'Elsewhere Ltd'],
    ['for a financial account', () => ({ financialAccount: { id: 'F-1', name: 'Payer Inc' } }), 'Payer Inc']
  ] as const
  test.each(references)('%s', async (_, reference, name) => {
    const [account = ''] = await world.addAccounts(1, [])
    await dress(world, FIRST)
    for (const state of ['new', 'validated']) {
      const amountDue = { unit: 'EUR', value: 5 }
      const { body } = await world.server.call('POST', 'customerBill', { ...reference(account), state, amountDue })
      if (state === 'new') {
        expect(await letterheads(world)).toEqual([])
        await patchState(world, body.id, 'sent')
      }
      const before = await documentsOf(world, body.id)
      for (const text of ['Nordlicht', name]) expect(String(before[1])).toContain(text)
      await dress(world, SECOND)
      await expectSame(world, body.id, before)
      await dress(world, FIRST)
    }
    expect(await letterheads(world)).toEqual([['Nordlicht', 2]])
  })
})
