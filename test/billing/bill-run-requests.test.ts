import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { startRun } from '../../src/billing/runs/bill-run.ts'
import { sql } from '../../src/db/sql.ts'
import { AUTHOR } from './ledger-world.ts'
import { type BillingWorld, startBilling, untilWaiting } from './world.ts'

let world: BillingWorld
beforeAll(async () => {
  world = await startBilling()
  await world.addAccounts(1, [{ amount: '10' }])
})
afterAll(() => world.close())

const RUNS = '/billing/v1/billRun'
const ID = '01M7000000000000000000000X'

describe('a body', () => {
  const billCycle = { id: 'x' }
  test.each([
    [RUNS, undefined, '21', 'The request needs a JSON body'],
    [RUNS, [], '22', 'The body must be a JSON object'],
    [RUNS, {}, '24', '$.billCycle is required'],
    [RUNS, { billCycle: 'x' }, '24', '$.billCycle must be an object with an id'],
    [RUNS, { billCycle: {} }, '24', '$.billCycle.id is required'],
    [RUNS, { billCycle: { id: 7 } }, '24', '$.billCycle.id must be a text'],
    [RUNS, { billCycle: { id: 'x', name: 1 } }, '24', '$.billCycle.name is nothing that can be set here'],
    [RUNS, { billCycle, x: 1 }, '24', '$.x is nothing that can be set here'],
    [RUNS, { billCycle, dryRun: 'yes' }, '24', '$.dryRun must be true or false'],
    [RUNS, { billCycle, billState: 'paid' }, '24', '$.billState must be one of new, validated, sent'],
    [RUNS, { billCycle }, '24', '$.billCycle.id names no billCycle of this service'],
    [`${RUNS}/${ID}/release`, undefined, '21', 'The request needs a JSON body'],
    [`${RUNS}/${ID}/release`, { state: 'paid' }, '24', '$.state must be one of validated, sent'],
    [`${RUNS}/${ID}/release`, { state: 'sent', filter: 1 }, '24', '$.filter must be a text'],
    [`${RUNS}/${ID}/release`, { state: 'sent', x: 1 }, '24', '$.x is nothing that can be set here'],
    [`${RUNS}/${ID}/cancel`, { now: true }, '24', '$.now is nothing that can be set here'],
    ['/billing/v1/preview', { billingAccount: 'x' }, '24', '$.billingAccount must be an object with an id']
  ])('that is wrong, POST %s %j, is told what is, and where', async (path, sent, code, message) => {
    const { status, body } = await world.server.call('POST', path, sent)
    expect({ status, body }).toMatchObject({ status: 400, body: { code, message } })
  })
})

test.each([
  RUNS,
  ...['release', 'cancel', 'resume', 'retry'].map((verb) => `${RUNS}/${ID}/${verb}`),
  '/billing/v1/preview',
  '/billing/v1/payment',
  `/billing/v1/payment/${ID}/reverse`
])('POST %s refuses an Idempotency-Key, as none is kept', async (path) => {
  const { status, body } = await world.server.call('POST', path, {}, { 'idempotency-key': 'k' })
  expect({ status, body }).toMatchObject({
    status: 400,
    body: { code: '26', message: expect.stringContaining('a payment is known by its reference') }
  })
  expect((await world.server.call('POST', path, {})).body.code).not.toBe('26')
})

test('an Idempotency-Key with a GET is none of our business, and a stranger learns nothing by it', async () => {
  const key = { 'idempotency-key': 'k' }
  expect((await world.server.call('GET', RUNS, undefined, key)).status).toBe(200)
  expect((await world.server.call('POST', RUNS, {}, { ...key, authorization: 'Bearer x' })).status).toBe(401)
})

test('a cycle that is run to its end while another asks for it is closed to that one', async () => {
  const { server, cycleId: billCycleId } = world
  const context = { author: AUTHOR, clock: () => '2026-04-02T00:00:00.000Z', newId }
  const second = await server.database.transaction(async (tx) => {
    const id = await startRun(tx, context, { billCycleId, isDry: false, billState: 'new' })
    const asked = server.call('POST', RUNS, { billCycle: { id: billCycleId } })
    await untilWaiting(world.server, 1)
    await tx.run(sql`UPDATE "bill_run" SET "state" = 'done' WHERE "id" = ${id}`)
    return { asked }
  })
  expect(await second.asked).toMatchObject({
    status: 409,
    body: { message: 'This billCycle is closed: it was run to its end' }
  })
  const { rows } = await server.database.run(sql`SELECT "state" FROM "bill_run"`)
  expect(rows).toEqual([['done']])
})
