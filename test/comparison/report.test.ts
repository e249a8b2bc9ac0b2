import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { bill, COMPARISON, type ComparisonWorld, startComparing } from './comparison-world.ts'

let world: ComparisonWorld
let id: string
beforeAll(async () => {
  world = await startComparing()
  const accounts = await world.addAccounts(60, [{ amount: '1000' }])
  const amounts = accounts.map((_, at) => (at < 40 ? 1190 : at < 50 ? 1189.99 : 1190 - 13 ** (at - 52)))
  await world.legacy(
    ...accounts.slice(1).map((account, at) => bill(account, [1000, Math.round(Number(amounts[at + 1]) * 100) / 100])),
    bill('<b>X</b>', [1000, 1234.56])
  )
  id = (await world.compare(await world.dryRun(), { tolerance: { EUR: 0.005 } })).id
})
afterAll(() => world.close())

const report = (headers = {}) => world.server.call('GET', `${COMPARISON}/${id}/report`, undefined, headers)

test('smoke', async () => {
  const { text, headers, status } = await report()
  expect(status).toBe(200)
  console.log(headers)
  writeFileSync('/tmp/report-en.html', text)
  await world.server.database.run(sql`UPDATE "tenant" SET "language" = 'de' WHERE "id" = 'demo'`)
  writeFileSync('/tmp/report-de.html', (await report()).text)
})
