import pg from 'pg'
import { expect, test } from 'vitest'
import { TENANT as BENCH } from '../../bench/database.ts'
import {
  fillWithBilledRates,
  LARGE_BILL,
  type SummaryResult,
  summaryGates,
  summaryTable
} from '../../bench/summaries.ts'
import { addApiKey } from '../support/database.ts'
import { startTestServer } from '../support/server.ts'

const [RATES, LARGE] = [3_000, 1_000]

const met: SummaryResult = { rates: 1, summaryMs: 300, explanationMs: 400 }

test.each<{ what: string; given: Partial<SummaryResult>; missed: readonly number[] }>([
  { what: 'at all limits', given: {}, missed: [] },
  { what: 'with a slow summary', given: { summaryMs: 300.1 }, missed: [0] },
  { what: 'with a slow explanation', given: { explanationMs: 400.1 }, missed: [1] }
])('the gates of summaries hold $what', ({ given, missed }) => {
  const gates = summaryGates({ ...met, ...given })
  expect(gates.flatMap(({ isMet }, at) => (isMet ? [] : [at]))).toEqual(missed)
  expect(summaryTable(met)).toContain('explanation, p50 ms')
})

test('the large bill of the bench has its share of the rates, of several types, products and days', async () => {
  const server = await startTestServer()
  const client = new pg.Client(server.url)
  await client.connect()
  await fillWithBilledRates(client, RATES, LARGE)
  await client.end()
  await addApiKey(server.database, { tenantId: BENCH, key: 'bench' })
  const path = `customerBill/${LARGE_BILL}/summary?by=type,product,day`
  const { text } = await server.call('GET', path, undefined, { token: 'bench' })
  expect([text, text.split('"day"').length > 10]).toEqual([
    expect.stringContaining(`"totals":[{"rateCount":${LARGE},`),
    true
  ])
  await server.close()
})
