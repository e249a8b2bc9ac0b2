import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { sql } from '../../src/db/sql.ts'
import { placeOf } from '../../src/upload/place.ts'
import { startWorld, type World } from '../access/world.ts'
import { addAccount } from '../billing/ledger-world.ts'
import { addCustomer } from '../support/accounts.ts'
import { parsed } from '../support/answer.ts'
import { secrets, testConfig } from '../support/config.ts'
import { TENANT } from '../support/database.ts'
import { row } from './upload-world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const OWNERS = ['demo', 'other', 'SHARED-1 of demo', 'demo as DEMO-2', 'SHARED-1 of other']
const prefer = { prefer: 'return=representation' }

test('the same row makes one bill for each owner, which none of the others sees or meets', async () => {
  const sent = [row({ external_id: 'R-1' })]
  const owners = world.viewers.filter(({ name }) => OWNERS.includes(name))
  expect(owners).toHaveLength(OWNERS.length)
  const ids = new Set<string>()
  for (const owner of owners) {
    for (const status of ['created', 'duplicate']) {
      const answer = await world.ask(owner, 'POST', '/bills', sent, prefer)
      const [result] = parsed(answer.body)
      expect(result).toMatchObject({ line: 1, status })
      ids.add(result.id)
      const seen = await world.ask(owner, 'GET', new URL(result.href).pathname)
      expect(seen.statusCode).toBe(200)
    }
  }
  expect(ids.size).toBe(owners.length)
  const { rows } = await world.database.run(sql`SELECT b."id" FROM "customer_bill" b JOIN "uploaded_bill" u
    ON u."tenant_id" = b."tenant_id" AND u."bill_id" = b."id" AND u."partner_id" IS NOT DISTINCT FROM b."partner_id"`)
  expect(rows.map(([id]) => String(id)).sort()).toEqual([...ids].sort())
})

test('a conflict tells an owner of its own bill only', async () => {
  const [provider, partner] = ['demo', 'SHARED-1 of demo'].map((name) => world.viewers.find((one) => one.name === name))
  if (!provider || !partner) throw new Error('the world lacks them')
  const sent = row()
  const ask = async (viewer: typeof provider, amount: number) =>
    parsed((await world.ask(viewer, 'POST', '/bills', [{ ...sent, amount }], prefer)).body)[0]
  const own = await ask(provider, 1)
  expect(await ask(partner, 2)).toMatchObject({ status: 'created' })
  expect(await ask(provider, 2)).toMatchObject({ status: 'conflict', id: own.id })
})

test('a partner’s bill of the provider’s account is not in the ledger, one of its own account is', async () => {
  const partner = world.viewers.find(({ name }) => name === 'SHARED-1 of demo')
  if (!partner) throw new Error('the world lacks it')
  await addCustomer(world.database)
  const partnerId = String(partner.partnerId)
  const accounts = [await addAccount(world), await addAccount(world, { partnerId })]
  for (const account_number of accounts) {
    const answer = await world.ask(partner, 'POST', '/bills', [row({ account_number })])
    expect([answer.statusCode, answer.body]).toEqual([200, '{}'])
  }
  const { rows } = await world.database.run(sql`SELECT DISTINCT "billing_account_id" FROM "ledger_entry"`)
  expect(rows).toEqual([[accounts[1]]])
})

test('a file can be sent again after its days: what is there is no later than it was', async () => {
  const sent = [row({ due_date: '21-11-2026', period: '11-2026' })]
  const [viewer] = world.viewers
  if (!viewer) throw new Error('the world lacks them')
  expect((await world.ask(viewer, 'POST', '/bills', sent)).body).toBe('{}')
  const parts = { config: testConfig(), secrets, database: world.database, logger: pino({ level: 'silent' }) }
  const later = await buildApp({ ...parts, clock: () => '2027-01-01T00:00:00.000Z' })
  const post = (payload: object) => later.inject({ method: 'POST', url: '/bills', headers: viewer.headers, payload })
  expect((await post(sent)).body).toBe('{}')
  expect((await post([{ ...sent[0], amount: 1 }])).statusCode).toBe(409)
  expect((await post([{ ...sent[0], external_id: 'R-2' }])).json()).toEqual({
    err: 'row 1: due_date 21-11-2026 is before today, 01-01-2027, period 11-2026 is before this month, 01-2027'
  })
  await later.close()
})

test.each([
  ['UTC', '30-11-2026', '2026-12-14T00:00:00.000Z'],
  ['Europe/Berlin', '01-12-2026', '2026-12-13T23:00:00.000Z'],
  ['America/New_York', '30-11-2026', '2026-12-14T05:00:00.000Z']
])('days are those of the tenant, in %s', async (zone, today, due) => {
  await world.database.run(sql`UPDATE "tenant" SET "time_zone" = ${zone} WHERE "id" = ${TENANT}`)
  const place = await placeOf(world.database, TENANT, '2026-11-30T23:30:00.000Z')
  const day = Date.UTC(2026, 11, 14) / 86_400_000
  const iso = new Date(place.today * 86_400_000).toISOString().slice(0, 10)
  expect([iso.split('-').reverse().join('-'), place.at(day)]).toEqual([today, due])
})
