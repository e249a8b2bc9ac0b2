import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { identifier, sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, KEYS, OTHER_TENANT, TENANT } from '../support/database.ts'
import { bill, COMPARISON, type ComparisonWorld, startComparing } from './comparison-world.ts'

let world: ComparisonWorld
let account: string
let runId: string
beforeAll(async () => {
  world = await startComparing()
  account = String((await world.addAccounts(1, [{ amount: '100' }]))[0])
  await world.legacy(bill(account, [100, 119]))
  runId = await world.dryRun()
})
afterAll(() => world.close())

test('bills of another tenant for an account of the same name and a cycle of the same id count nowhere', async () => {
  const { database } = world.server
  const other = JSON.stringify({ tenant_id: OTHER_TENANT, bill_cycle_specification_id: null })
  for (const table of ['bill_cycle', 'customer_bill'].map(identifier)) {
    await database.run(sql`INSERT INTO ${table} SELECT (jsonb_populate_record(x, ${other}::jsonb)).* FROM ${table} x`)
  }
  const { accounts, equal, totals } = await world.compare(runId)
  expect([accounts, equal, totals[0]?.there.bills]).toEqual([1, 1, 1])
})

test('another tenant finds neither the run nor the comparison', async () => {
  const { id } = await world.compare(runId)
  const asOther = { token: KEYS[OTHER_TENANT] }
  const wanted = { billCycle: { id: world.cycleId }, billRun: { id: runId } }
  const answers = [
    await world.server.call('GET', `${COMPARISON}/${id}`, undefined, asOther),
    await world.server.call('GET', `${COMPARISON}/${id}/accounts`, undefined, asOther),
    await world.server.call('DELETE', `${COMPARISON}/${id}`, undefined, asOther),
    await world.server.call('POST', COMPARISON, wanted, asOther)
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 400])
  expect((await world.server.call('GET', COMPARISON, undefined, asOther)).text).toBe('[]')
})

test('a partner compares nothing: runs are those of the provider', async () => {
  const { database } = world.server
  const partnerId = await addPartner(database, TENANT, 'P-1')
  const key = newId()
  await addApiKey(database, { tenantId: TENANT, key, partnerId })
  for (const path of [COMPARISON, `${COMPARISON}/${newId()}`, `${COMPARISON}/${newId()}/accounts`]) {
    expect(await world.server.call('GET', path, undefined, { token: key })).toMatchObject({ status: 403 })
  }
})
