import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type BillingWorld, runToEnd, startBilling } from '../billing/world.ts'
import { post } from '../support/samples.ts'

let world: BillingWorld
beforeEach(async () => {
  world = await startBilling()
})
afterEach(() => world.close())

const REASON = 'Disputed by the customer'
const HELD = { state: 'onHold', holdReason: REASON }

const patch = (id: string, body: object, type = 'application/merge-patch+json') =>
  world.server.call('PATCH', `customerBill/${id}`, JSON.stringify(body), { 'content-type': type })

/** Reads the state of a bill. */
async function standing(id: string) {
  const { state, holdReason } = (await world.server.call('GET', `customerBill/${id}`)).body
  return [state, holdReason]
}

/** Makers of bills: of the engine, and of another system. */
const MAKERS = {
  engine: async (state: 'new' | 'sent') => {
    const [account = ''] = await world.addAccounts(1, [{ amount: '10' }])
    await runToEnd(world, { billState: state })
    return (await world.server.call('GET', `customerBill?billingAccount.id=${account}`)).body[0].id
  },
  foreign: async (state: 'new' | 'sent') => (await post(world.server, 'customerBill', { state })).id
} as const

describe.each(['new', 'sent'] as const)('a bill that is %s', (state) => {
  test.each(['engine', 'foreign'] as const)(
    'of %s is held with a reason, which goes when it goes on',
    async (maker) => {
      const id = await MAKERS[maker](state)
      const held = await patch(id, HELD)
      expect([held.status, held.body.state, held.body.holdReason]).toEqual([200, 'onHold', REASON])
      expect((await patch(id, { holdReason: 'Under review' })).status).toBe(200)
      expect(await standing(id)).toEqual(['onHold', 'Under review'])
      expect((await patch(id, { state: 'sent' })).status).toBe(200)
      expect(await standing(id)).toEqual(['sent', undefined])
    }
  )
})

test('a bill is held without a reason, too, and the reason of a held one can be removed', async () => {
  const { id } = await post(world.server, 'customerBill', HELD)
  expect((await patch(id, { holdReason: null })).status).toBe(200)
  expect(await standing(id)).toEqual(['onHold', undefined])
  expect(
    (await patch(id, [{ op: 'add', path: '/holdReason', value: 'x' }], 'application/json-patch+json')).status
  ).toBe(200)
  expect(await standing(id)).toEqual(['onHold', 'x'])
})

test.each<[string, object]>([
  ['alone', { holdReason: REASON }],
  ['with another state', { state: 'validated', holdReason: REASON }]
])('a bill that is not held gets no reason: %s', async (_, body) => {
  const { id } = await post(world.server, 'customerBill')
  const { status, body: error } = await patch(id, body)
  expect([status, error.code, error.message]).toEqual([400, '24', expect.stringContaining('$.holdReason')])
  const posted = await world.server.call('POST', 'customerBill', { billingAccount: { id: 'X' }, ...body })
  expect([posted.status, posted.body.message]).toEqual([400, error.message])
})

test('a held bill that goes on with another reason is refused and stays', async () => {
  const { id } = await post(world.server, 'customerBill', HELD)
  expect((await patch(id, { state: 'sent', holdReason: 'Settled by phone' })).status).toBe(400)
  expect(await standing(id)).toEqual(['onHold', REASON])
})

test('bills are found by their reasons, and the audit has them', async () => {
  const { id } = await post(world.server, 'customerBill', { state: 'sent' })
  await patch(id, { state: 'onHold', holdReason: 'Ombudsman case 7' })
  for (const query of ['holdReason=Ombudsman%20case%207', 'state=onHold&holdReason.regex=^Ombud']) {
    const { body } = await world.server.call('GET', `customerBill?${query}&fields=holdReason`)
    expect(body).toMatchObject([{ id, holdReason: 'Ombudsman case 7' }])
  }
  const { rows } = await world.server.database.run(sql`SELECT "after"->>'holdReason' FROM "audit"
    WHERE "resource_id" = ${id} AND "action" = 'patch'`)
  expect(rows).toEqual([['Ombudsman case 7']])
})
