import { expect, test } from 'vitest'
import { DEMO, fillDemoCredentials } from '../../sample-data/credentials.ts'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { fillDemoReseller } from '../../sample-data/reseller.ts'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { startTestServer } from '../support/server.ts'

test('the reseller of the demo has three customers with money, once, in sound books', async () => {
  const server = await startTestServer({}, undefined, { token: DEMO.partnerKey })
  const { database } = server
  await fillDemoReseller(database)
  expect((await database.run(sql`SELECT FROM "payment"`)).rowCount).toBe(0)
  await fillWithDemoData(database)
  await Promise.all([fillDemoReseller(database), fillDemoReseller(database)])
  await fillDemoCredentials(database)
  await fillDemoCredentials(database)
  const days = 'initial_date=2026-01-01&final_date=2099-12-31'
  const balance = async (query: string) => (await server.call('GET', `/partner/v1/${query}${days}`)).body.data
  const closing = await Promise.all(
    ['VOIP-1', 'VOIP-2', 'VOIP-3'].map((account) => balance(`customerBalance?account_number=${account}&`))
  )
  expect(closing.map(({ closing_balance }) => closing_balance)).toEqual([-3.625, 24.2929, 19.87655])
  expect(await balance('partnerBalance?')).toMatchObject({ payments: 93, closing_balance: 93 })
  const verified = await verifyLedger(database)
  expect(verified.filter(({ difference }) => difference !== undefined)).toEqual([])
  await server.close()
})
