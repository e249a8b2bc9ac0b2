import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { post } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const MONTHLY = { name: 'Monthly', frequency: 'monthly', validFor: { startDateTime: '2025-12-31T23:00:00.000Z' } }

/** Adds a specification as older versions took it. */
async function old(change: Sql): Promise<string> {
  const { id } = await post(server, 'billCycleSpecification', MONTHLY)
  await server.database.run(sql`UPDATE "bill_cycle_specification" SET ${change} WHERE "id" = ${id}`)
  return id
}

test('a specification whose frequency says nothing is refused, and told what would be read', async () => {
  const refused = {
    status: 400,
    body: { message: expect.stringMatching(/^\$\.frequency: .*"string".*month.*2 weeks/) }
  }
  const body = { name: 'Made up', frequency: 'string' }
  expect(await server.call('POST', 'billCycleSpecification', body)).toMatchObject(refused)
  const { id } = await post(server, 'billCycleSpecification', MONTHLY)
  expect(await server.call('PATCH', `billCycleSpecification/${id}`, { frequency: 'string' })).toMatchObject(refused)
  const there = await old(sql`"frequency" = 'string'`)
  expect((await server.call('PATCH', `billCycleSpecification/${there}`, { name: 'Other' })).status).toBe(200)
})

describe('a specification that says how often and not from when', () => {
  const REFUSED = { status: 400, body: { code: '23', message: expect.stringContaining('$.validFor.startDateTime') } }
  const { validFor: _, ...unstarted } = MONTHLY

  test.each<[string, object]>([
    ['no validFor', unstarted],
    ['only its end', { ...unstarted, validFor: { endDateTime: '2030-01-01T00:00:00.000Z' } }]
  ])('is refused: %s', async (_name, body) => {
    expect(await server.call('POST', 'billCycleSpecification', body)).toMatchObject(REFUSED)
  })

  test.each<[string, object, object]>([
    ['loses its start', MONTHLY, { validFor: { startDateTime: null } }],
    ['loses its validFor', MONTHLY, { validFor: null }],
    ['gets a frequency without one', { name: 'Bare' }, { frequency: 'month' }]
  ])('is not what one becomes that %s', async (_name, body, change) => {
    const { id } = await post(server, 'billCycleSpecification', body)
    const place = `billCycleSpecification/${id}`
    expect(await server.call('PATCH', place, change)).toMatchObject(REFUSED)
    expect((await server.call('GET', place)).body).toMatchObject(body)
    expect((await server.call('PATCH', place, { ...change, frequency: null, name: 'Other' })).status).toBe(200)
  })

  test('and that is there of old may be changed otherwise', async () => {
    const there = await old(sql`"valid_for" = NULL`)
    expect((await server.call('PATCH', `billCycleSpecification/${there}`, { name: 'Other' })).status).toBe(200)
  })
})
