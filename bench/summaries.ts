import type pg from 'pg'
import { migrate } from '../src/db/migrations.ts'
import { fillCredentials } from './credentials.ts'
import { type BenchServer, dropIndexesAndKeys, makeDatabase, TENANT, withClient } from './database.ts'
import { atMost, type Gate } from './gate.ts'
import { median } from './measure.ts'
import { decimal, table, whole } from './table.ts'
import { startOurs, type Target } from './target.ts'

/** The rates of the large bill, and those of all bills together. */
const LARGE_RATES = 100_000
const ALL_RATES = 1_000_000
/** The rates of each other bill. */
const OTHER_RATES = 100
export const LARGE_BILL = '01B1GB1G000000000000000000'
const NAME = 'bench_summaries'
const API = '/customerBillManagement/v4/customerBill'
const WARM_UP = 5
const REQUESTS = 40
const SUMMARY_MAX_MS = 300
const EXPLANATION_MAX_MS = 400

const BILLS = `INSERT INTO customer_bill (tenant_id, id, last_update, bill_document, state, billing_account_id,
    amount_due_value, amount_due_unit)
  SELECT $1, id, '2026-06-01', '[]', 'new', 'SUMMARIES', 1, 'EUR'
  FROM (SELECT '${LARGE_BILL}' AS id UNION ALL SELECT 'B-' || i FROM generate_series(0, $2::int - 1) i) b`
/** Products and types as a business customer has them; the rates of a bill lie as far apart as they came in. */
const RATES = `INSERT INTO applied_customer_billing_rate (tenant_id, id, date, name, is_billed, bill_id, rate_type,
    product_id, product, tax_excluded_amount_value, tax_excluded_amount_unit)
  SELECT $1, upper(lpad(to_hex(i), 26, '0')), '2026-05-01'::timestamptz + i / $4 % 30 * interval '1 day',
    'National call', true, CASE WHEN i % $4 = 0 THEN '${LARGE_BILL}' ELSE 'B-' || i % $3 END,
    (ARRAY['usageCharge', 'recurringCharge', 'oneTimeCharge'])[1 + i / $4 % 3], 'P-' || i / $4 % 40,
    jsonb_build_object('name', 'Line ' || i / $4 % 40), (1 + i % 3600) / 800.0, 'EUR'
  FROM generate_series(1, $2::bigint) i`

export interface SummaryResult {
  readonly rates: number
  /** The median of a summary by type, product and day, in ms. */
  readonly summaryMs: number
  readonly explanationMs: number
}

/** Adds bills with rates, one of them with a share of all rates. */
export async function fillWithBilledRates(client: pg.Client, all: number, large: number): Promise<void> {
  const others = Math.max(1, Math.round((all - large) / OTHER_RATES))
  await client.query(`INSERT INTO tenant (id, name) VALUES ($1, 'Bench') ON CONFLICT DO NOTHING`, [TENANT])
  await client.query(BILLS, [TENANT, others])
  const restore = await dropIndexesAndKeys(client, ['applied_customer_billing_rate'])
  await client.query(RATES, [TENANT, all, others, Math.round(all / large)])
  for (const work of restore) await work(client)
  await client.query('VACUUM (ANALYZE)')
  await client.query('CHECKPOINT')
}

/** Adds up and explains a bill with 100,000 rates, one request at a time. */
export async function measureSummaries(server: BenchServer, fresh: boolean): Promise<SummaryResult> {
  const target = await started(server, fresh)
  try {
    const [summaryMs, explanationMs]: [number[], number[]] = [[], []]
    for (let count = -WARM_UP; count < REQUESTS; count++) {
      const taken = [await timed(target, 'summary?by=type,product,day'), await timed(target, 'explanation')] as const
      if (count < 0) continue
      summaryMs.push(taken[0])
      explanationMs.push(taken[1])
    }
    return { rates: LARGE_RATES, summaryMs: median(summaryMs), explanationMs: median(explanationMs) }
  } finally {
    await target.stop()
  }
}

async function started(server: BenchServer, fresh: boolean): Promise<Target> {
  const known = await withClient(server.url, (client) =>
    client.query('SELECT FROM pg_database WHERE datname = $1', [NAME])
  )
  if (fresh || known.rowCount === 0) {
    console.log(`filling ${NAME} with ${whole(ALL_RATES)} rates`)
    const fill = (client: pg.Client) => fillWithBilledRates(client, ALL_RATES, LARGE_RATES)
    await makeDatabase(server.url, NAME, (url) => withClient(url, fill))
  }
  const url = new URL(server.url)
  url.pathname = `/${NAME}`
  // Migrations may have come since.
  await migrate(url.href)
  await withClient(url.href, (client) => fillCredentials(client, TENANT))
  return startOurs(url.href)
}

async function timed({ origin, headers }: Target, path: string): Promise<number> {
  const began = performance.now()
  const answer = await fetch(`${origin}${API}/${LARGE_BILL}/${path}`, { headers })
  const text = await answer.text()
  const took = performance.now() - began
  if (!text.includes(`"rateCount":`)) throw new Error(`${path} was answered with ${answer.status} ${text}`)
  return took
}

export function summaryGates({ rates, summaryMs, explanationMs }: SummaryResult): readonly Gate[] {
  return [
    atMost(`summary of a bill with ${whole(rates)} rates, p50 in ms`, summaryMs, SUMMARY_MAX_MS),
    atMost(`explanation of a bill with ${whole(rates)} rates, p50 in ms`, explanationMs, EXPLANATION_MAX_MS)
  ]
}

export function summaryTable({ rates, summaryMs, explanationMs }: SummaryResult): string {
  const head = ['one bill', 'summary, p50 ms', 'explanation, p50 ms']
  return table(head, [[`${whole(rates)} rates`, decimal(summaryMs), decimal(explanationMs)]])
}
