import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type BillingWorld, runToEnd, startBilling } from '../billing/world.ts'
import type { Answer } from '../support/answer.ts'
import { addApiKey, TENANT } from '../support/database.ts'

const RUNS = '/billing/v1/billRun'

let world: BillingWorld
beforeAll(async () => {
  world = await startBilling(4)
  await set({ reviewRules: { amountOver: { EUR: 1_000 } } })
})
afterAll(() => world.close())

const set = async (settings: object) =>
  expect((await world.server.call('PATCH', '/admin/v1/tenant/demo', settings)).status).toBe(200)
const post = (path: string, body: object, headers = {}) => world.server.call('POST', `${RUNS}/${path}`, body, headers)
const bills = async (state: string): Promise<Answer> =>
  (await world.server.call('GET', `customerBill?sort=id&state=${state}`)).body

async function differences() {
  const verified = await verifyLedger(world.server.database)
  return verified.map(({ difference }) => difference)
}

describe('A tenant may require', () => {
  let run: Answer

  test('that a run is released later, and is not to be started otherwise', async () => {
    await set({ releaseRequires: ['secondUser'] })
    await world.addAccounts(2, [{ amount: '5000' }])
    await world.addAccounts(2, [{ amount: '50' }])
    const early = await world.server.call('POST', RUNS, { billCycle: { id: world.cycleId }, billState: 'sent' })
    expect([early.status, early.body.messageCode]).toEqual([409, 'run.releasedLater'])
    run = await runToEnd(world)
    expect(run).toMatchObject({ billed: 4, reviewCount: 2 })
  })

  test('a second user, for every way of issuing a bill of the run', async () => {
    const refused = [403, 'A user other than the one who started this billRun must release its bills']
    const [bill] = await bills('new')
    const attempts = [
      await post(`${run.id}/release`, { state: 'sent' }),
      await post(`${run.id}/review/release`, { state: 'sent', reason: 'amountOver' }),
      await world.server.call('PATCH', `customerBill/${bill.id}`, { state: 'validated' })
    ]
    expect(attempts.map(({ status, body }) => [status, body.message])).toEqual(Array(3).fill(refused))
    expect((await bills('sent,validated')).length).toBe(0)
    await addApiKey(world.server.database, { tenantId: TENANT, key: 'second', scopes: ['billing:run'] })
    const second = await post(`${run.id}/release`, { state: 'sent', filter: `id=${bill.id}` }, { token: 'second' })
    expect(second.body).toEqual({ released: 1, skipped: [] })
  })

  test('an empty review', async () => {
    await set({ releaseRequires: ['emptyReview'] })
    const [held] = await bills('onHold')
    const attempts = [
      await post(`${run.id}/release`, { state: 'sent' }),
      await post(`${run.id}/review/release`, { state: 'sent', reason: 'amountOver' }),
      await world.server.call('PATCH', `customerBill/${held.id}`, { state: 'sent' })
    ]
    expect(attempts.map(({ status, body }) => [status, body.messageCode])).toEqual(Array(3).fill([409, 'run.inReview']))
    expect((await post(`${run.id}/review/release`, { bills: [{ id: held.id }] })).body.released).toBe(1)
    expect((await post(`${run.id}/review/discard`, { reason: 'amountOver' })).body.discarded).toBe(1)
    expect((await post(`${run.id}/release`, { state: 'sent' })).body).toMatchObject({ released: 2 })
    expect(await differences()).toEqual([undefined, undefined])
  })

  test.each<[object, number, string]>([
    [{}, 400, 'run.oneSelection'],
    [{ reason: 'zero', bills: [{ id: 'X' }] }, 400, 'run.oneSelection'],
    [{ reason: 'odd' }, 400, 'body.invalidFields'],
    [{ bills: [] }, 400, 'body.invalidFields'],
    [{ reason: 'zero', state: 'settled' }, 400, 'body.invalidFields']
  ])('a selection that makes sense: %j does not', async (body, status, code) => {
    const answer = await post(`${run.id}/review/release`, body)
    expect([answer.status, answer.body.messageCode]).toEqual([status, code])
  })

  test.each(['reason=odd', 'status=', 'limit=x', 'after=x', 'offset=1', 'reason=zero,zero'])(
    'a query that makes sense: %s does not',
    async (query) => {
      expect((await world.server.call('GET', `${RUNS}/${run.id}/review?${query}`)).status).toBe(400)
    }
  )

  test('its own scope and its own runs', async () => {
    await addApiKey(world.server.database, { tenantId: TENANT, key: 'writer', scopes: ['bill:write', 'bill:read'] })
    const body = { reason: 'amountOver' }
    for (const [token, status] of [
      ['writer', 403],
      ['other-key', 404]
    ] as const) {
      const answers = [
        await world.server.call('GET', `${RUNS}/${run.id}/review`, undefined, { token }),
        await post(`${run.id}/review/release`, body, { token }),
        await post(`${run.id}/review/discard`, body, { token })
      ]
      expect(answers.map((answer) => answer.status)).toEqual([status, status, status])
    }
  })
})
