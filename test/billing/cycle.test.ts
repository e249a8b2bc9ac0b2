import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { openNextCycle } from '../../src/billing/cycles/cycle.ts'
import { sql } from '../../src/db/sql.ts'
import type { WriteContext } from '../../src/tmf/write.ts'
import { addPartner, OTHER_TENANT, TENANT } from '../support/database.ts'
import { post } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { resources } from '../support/standard-resources.ts'

const NOW = '2026-03-29T12:00:00.000Z'
const MONTHLY = { name: 'Monthly', frequency: 'monthly', validFor: { startDateTime: '2025-12-31T23:00:00.000Z' } }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.database.run(sql`UPDATE "tenant" SET "time_zone" = 'Europe/Berlin' WHERE "id" = ${TENANT}`)
})
afterAll(() => server.close())

/** Only rows of older versions have a frequency that cannot be read, or without a first day. */
async function specify({ frequency, validFor, ...more }: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { id } = await post(server, 'billCycleSpecification', {
    ...MONTHLY,
    ...(validFor ? { validFor } : {}),
    ...more
  })
  const old = [
    ...(frequency === undefined ? [] : [sql`"frequency" = ${frequency}`]),
    ...(validFor === null ? [sql`"valid_for" = NULL`] : [])
  ]
  for (const set of old) await server.database.run(sql`UPDATE "bill_cycle_specification" SET ${set} WHERE "id" = ${id}`)
  return id
}
const context = (tenantId = TENANT, partnerId?: string): WriteContext => ({
  view: { tenantId, partnerId },
  author: { tenantId, actor: { type: 'system', id: 'test', name: 'test' } },
  clock: () => NOW,
  newId,
  resources
})
const open = (id: string, within = context()) => server.database.transaction((tx) => openNextCycle(tx, within, id))
const cyclesOf = async (id: string) =>
  (await server.call('GET', `billCycle?BillCycleSpecification.id=${id}&sort=id`)).body

describe('opening the next cycle', () => {
  test('begins with the period of this moment and goes on from there', async () => {
    const id = await specify({ mailingDateOffset: 2 })
    const { cycle, isNew } = await open(id)
    expect(isNew).toBe(true)
    await open(id)
    const [march, april] = await cyclesOf(id)
    expect(march).toEqual({
      id: cycle.id,
      href: expect.any(String),
      name: 'Monthly: March 2026',
      billingPeriod: 'March 2026',
      billingDate: '2026-03-31T22:00:00.000Z',
      chargeDate: '2026-03-31T22:00:00.000Z',
      creditDate: '2026-03-31T22:00:00.000Z',
      mailingDate: '2026-04-02T22:00:00.000Z',
      BillCycleSpecification: { id, href: expect.any(String), name: 'Monthly' },
      validFor: { startDateTime: '2026-02-28T23:00:00.000Z', endDateTime: '2026-03-31T22:00:00.000Z' }
    })
    expect(april).toMatchObject({
      name: 'Monthly: April 2026',
      validFor: { startDateTime: '2026-03-31T22:00:00.000Z', endDateTime: '2026-04-30T22:00:00.000Z' }
    })
  })

  test('follows one that ended within a period by the rest of it', async () => {
    const id = await specify()
    const validFor = { startDateTime: '2026-02-28T23:00:00.000Z', endDateTime: '2026-04-14T21:59:59.000Z' }
    await post(server, 'billCycle', { name: 'Long', BillCycleSpecification: { id }, validFor })
    const { cycle } = await open(id)
    expect(cycle.document).toMatchObject({
      billingPeriod: '15 April 2026 to 30 April 2026',
      validFor: { startDateTime: '2026-04-14T22:00:00.000Z', endDateTime: '2026-04-30T22:00:00.000Z' }
    })
  })

  test('makes one, however many ask at the same time', async () => {
    const id = await specify()
    // All have looked for the latest cycle before the first may go on.
    const opened = await server.database.transaction(async (tx) => {
      await tx.run(sql`SELECT FROM "bill_cycle_specification" WHERE "id" = ${id} FOR UPDATE`)
      const pending = [open(id), open(id), open(id)]
      await expect.poll(waiting).toBe(3)
      return pending
    })
    const results = await Promise.all(opened)
    expect(new Set(results.map(({ cycle }) => cycle.id)).size).toBe(1)
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(await cyclesOf(id)).toHaveLength(1)
  })

  async function waiting(): Promise<number> {
    const locks = sql`SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
    return Number((await server.database.run(locks)).rows[0]?.[0])
  }

  test("makes a partner's cycle of a partner's specification", async () => {
    const partnerId = await addPartner(server.database, TENANT, 'PARTNER-9')
    const id = await specify()
    await server.database.run(sql`UPDATE "bill_cycle_specification" SET "partner_id" = ${partnerId} WHERE "id" = ${id}`)
    const { cycle } = await open(id)
    const { rows } = await server.database.run(sql`SELECT "partner_id" FROM "bill_cycle" WHERE "id" = ${cycle.id}`)
    expect(rows).toEqual([[partnerId]])
  })

  test('is refused once the specification no longer holds', async () => {
    const id = await specify({ validFor: { ...MONTHLY.validFor, endDateTime: '2026-03-31T22:00:00.000Z' } })
    await open(id)
    await expect(open(id)).rejects.toThrow('The specification holds until 2026-03-31T22:00:00.000Z')
    expect(await cyclesOf(id)).toHaveLength(1)
  })

  test.each([
    ['has no frequency', { frequency: null }],
    ['must be one of day', { frequency: 'now and then' }],
    ['has no validFor.startDateTime', { validFor: null }]
  ])('is refused by a specification that %s', async (message, more) => {
    const id = await specify(more)
    await expect(open(id)).rejects.toMatchObject({ kind: 'unprocessable', message: expect.stringContaining(message) })
  })

  test('is for who sees the specification', async () => {
    const id = await specify()
    const partnerId = await addPartner(server.database, TENANT, 'PARTNER-8')
    await expect(open(id, context(OTHER_TENANT))).rejects.toMatchObject({ kind: 'notFound' })
    await expect(open(id, context(TENANT, partnerId))).rejects.toMatchObject({ kind: 'notFound' })
  })
})

describe('a posted cycle', () => {
  test('gets the dates it leaves out from its specification, in the time zone of the tenant', async () => {
    const id = await specify({ paymentDueDateOffset: 14 })
    const chargeDate = '2026-03-28T00:00:00.000Z'
    const validFor = { startDateTime: '2026-02-28T23:00:00.000Z' }
    const cycle = await post(server, 'billCycle', { BillCycleSpecification: { id }, validFor, chargeDate })
    expect(cycle).toMatchObject({
      validFor: { ...validFor, endDateTime: '2026-03-31T22:00:00.000Z' },
      billingDate: '2026-03-31T22:00:00.000Z',
      chargeDate,
      paymentDueDate: '2026-04-14T22:00:00.000Z'
    })
    expect((await server.call('GET', `billCycle/${cycle.id}`)).body).toEqual(cycle)
  })

  test('gets its period from its billing date', async () => {
    const id = await specify()
    const cycle = await post(server, 'billCycle', {
      BillCycleSpecification: { id },
      billingDate: '2026-04-02T10:00:00.000Z'
    })
    expect(cycle).toMatchObject({
      validFor: { startDateTime: '2026-02-28T23:00:00.000Z', endDateTime: '2026-03-31T22:00:00.000Z' },
      billingDate: '2026-04-02T10:00:00.000Z'
    })
  })

  test.each([
    ['without a specification', () => undefined],
    ['whose specification does not tell how often', () => specify({ frequency: null })],
    ['whose specification does not tell from when', () => specify({ validFor: null })]
  ])('%s stays as it is', async (_, specification) => {
    const id = await specification()
    const validFor = { startDateTime: '2026-02-28T23:00:00.000Z' }
    const cycle = await post(server, 'billCycle', { validFor, ...(id && { BillCycleSpecification: { id } }) })
    expect(cycle).toMatchObject({ validFor })
    expect(cycle.billingDate).toBeUndefined()
  })

  test('of an unknown specification is refused', async () => {
    const reply = await server.call('POST', 'billCycle', { BillCycleSpecification: { id: newId() } })
    expect(reply.body.message).toBe('$.BillCycleSpecification.id names no billCycleSpecification of this service')
  })

  test('is changed as the change says, and keeps its other dates', async () => {
    const validFor = { startDateTime: '2026-02-28T23:00:00.000Z' }
    const {
      id,
      mailingDate: _,
      ...cycle
    } = await post(server, 'billCycle', {
      BillCycleSpecification: { id: await specify() },
      validFor
    })
    const change = { mailingDate: null, billingDate: '2026-04-05T00:00:00.000Z' }
    const { body } = await server.call('PATCH', `billCycle/${id}`, change)
    expect(body).toEqual({ ...cycle, id, billingDate: change.billingDate })
  })

  test('whose period ends before it begins is refused, also by a change', async () => {
    const BillCycleSpecification = { id: await specify() }
    const refused = { status: 400, body: { message: '$.validFor.endDateTime must not be before startDateTime' } }
    const validFor = { startDateTime: '2026-02-28T23:00:00.000Z', endDateTime: '2026-01-01T00:00:00.000Z' }
    for (const more of [{ BillCycleSpecification }, {}]) {
      expect(await server.call('POST', 'billCycle', { name: 'M', ...more, validFor })).toMatchObject(refused)
    }
    const { startDateTime, endDateTime } = validFor
    const { id } = await post(server, 'billCycle', { BillCycleSpecification, validFor: { startDateTime } })
    const change = { validFor: { endDateTime } }
    expect(await server.call('PATCH', `billCycle/${id}`, change)).toMatchObject(refused)
  })

  test.each([
    ['of an unknown frequency', { frequency: 'biweekly' }, {}],
    ['before the first period', {}, { startDateTime: '2025-01-01T00:00:00.000Z' }]
  ])('%s is refused', async (_, specification, period) => {
    const id = await specify(specification)
    const validFor = { startDateTime: '2026-02-28T23:00:00.000Z', ...period }
    const reply = await server.call('POST', 'billCycle', { BillCycleSpecification: { id }, validFor })
    expect(reply).toMatchObject({ status: 422, body: { code: '2', reason: 'Unprocessable entity' } })
  })
})
