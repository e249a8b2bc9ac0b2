import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { bill, COMPARISON, type ComparisonWorld, startComparing } from './comparison-world.ts'

/** Differences of the accounts: from less than a cent to more than a thousand. */
const DIFFERENCES = [0, 0, 0, 0.01, 0.05, -0.05, 12.5, 1_500]
/** More accounts than the report names. */
const MANY = 50

let world: ComparisonWorld
let runId: string
let id: string
beforeAll(async () => {
  world = await startComparing()
  const accounts = await world.addAccounts(DIFFERENCES.length, [{ amount: '2000' }])
  await world.legacy(
    ...accounts.map((account, at) => bill(account, [2_000, 2_380 - Number(DIFFERENCES[at])])),
    bill('<b>X</b>', [1_000, 1_234.56])
  )
  runId = await world.dryRun()
  id = (await world.compare(runId, { tolerance: { EUR: 0.01 } })).id
})
afterAll(() => world.close())
afterEach(() => world.server.database.run(sql`UPDATE "tenant" SET "language" = 'en' WHERE "id" = 'demo'`))

const report = (headers = {}) => world.server.call('GET', `${COMPARISON}/${id}/report`, undefined, headers)
const plain = (text: string) => text.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')

test('the report tells counts, totals and the largest differences, as text only', async () => {
  const { status, text } = await report()
  expect(status).toBe(200)
  const words = plain(text)
  expect(words).toContain('4 of 9 accounts are equal')
  expect(words).toContain('Tolerance EUR 0.01 Compared')
  expect(words).toContain('Equal 4 Different 4 Amount 4 Tax 4 In this service only 0 In the other system only 1')
  expect(words).toContain('as one side does not know it: lines 8')
  expect(words).toContain('EUR 19,040.00 Bills: 8 18,762.05 Bills: 9 277.95')
  expect(words).toContain('A000007 Different, Amount, Tax 2,380.00 880.00 EUR 1,500.00')
  expect(words).toContain('&#60;b&#62;X&#60;/b&#62; In the other system only, Account unknown here – 1,234.56')
})

test('a currency without accounts on both sides has no picture', async () => {
  await world.legacy({ billingAccount: { id: 'X-USD' }, amountDue: { unit: 'USD', value: 5 } })
  const { id: other } = await world.compare(runId)
  const { text } = await world.server.call('GET', `${COMPARISON}/${other}/report`)
  expect([...text.matchAll(/Differences in (\w+)<\/h2>/g)].map(([, currency]) => currency)).toEqual(['EUR'])
  expect(plain(text)).toContain('USD 0.00 Bills: 0 5.00 Bills: 1 -5.00')
})

test('the picture has a bar for each bin with accounts, and says how many', async () => {
  const { text } = await report()
  const bars = [...text.matchAll(/<rect class="(\w+)"[^>]*><title>([^<]*)<\/title>/g)].map(([, ...bar]) => bar)
  expect(bars).toEqual([
    ['bar', '-0.1 to -0.01: 1'],
    ['zero', 'no difference: 3'],
    ['bar', '0 to 0.01: 1'],
    ['bar', '0.01 to 0.1: 1'],
    ['bar', '10 to 100: 1'],
    ['bar', 'above 1,000: 1']
  ])
})

test.each([
  ['de', '4 von 9 Konten sind gleich', '19.040,00', '1.500,00\u00a0EUR'],
  ['fr', '4 comptes sur 9 sont identiques', '19\u202f040,00', '1\u202f500,00\u00a0EUR']
])('the report of a tenant with the language %s is in that language', async (language, verdict, sum, difference) => {
  await world.server.database.run(sql`UPDATE "tenant" SET "language" = ${language} WHERE "id" = 'demo'`)
  const { text } = await report()
  expect(text).toContain(`<html lang="${language}">`)
  for (const part of [verdict, sum, difference]) expect(text).toContain(part)
})

test('a browser takes nothing but the style of the report', async () => {
  const { text, headers } = await report()
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(text) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  expect(headers['content-security-policy']).toContain(`default-src 'none'; style-src 'sha256-${hash}'`)
  expect(text).not.toMatch(/ style=|<script| on\w+=/)
  expect(headers['content-disposition']).toBe(`inline; filename="comparison-${id}.html"`)
})

test('of many accounts the largest differences are named, and the others counted', async () => {
  await world.legacy(...Array.from({ length: MANY }, (_, at) => bill(`X-${at}`, [1, 2])))
  const many = await world.compare(runId)
  const { text } = await world.server.call('GET', `${COMPARISON}/${many.id}/report`)
  expect(plain(text)).toContain('and 7 more accounts')
})

test('the report is HTML only, of a comparison that is done', async () => {
  const other = await report({ accept: 'application/pdf' })
  expect([other.status, other.body.messageCode]).toEqual([406, 'comparison.reportMediaType'])
  const { database } = world.server
  await database.run(sql`UPDATE "comparison" SET "state" = 'failed', "summary" = NULL, "failure" = 'x'
    WHERE "id" = ${id}`)
  const early = await report()
  expect([early.status, early.body.messageCode]).toEqual([409, 'comparison.notDone'])
})
