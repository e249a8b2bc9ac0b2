import { setTimeout as delay } from 'node:timers/promises'
import { migrate } from '../src/db/migrations.ts'
import { fillWithBills, share, ulid } from './bills.ts'
import { fillCredentials } from './credentials.ts'
import { type BenchServer, dropIndexesAndKeys, makeDatabase, TENANT, withClient } from './database.ts'
import { CYCLE_ID, DUE_DATE, fillAccounts, MONTH } from './run-data.ts'
import { startOurs, type Target } from './target.ts'

/** The dry run of the data. */
export const RUN_ID = '01K6E4Z4G00000000000000002'
const ROUNDS = 3
const POLL_MS = 50
/** Lines of each bill. */
const LINES = 2
/** One account of so many differs in its amount, and one has no bill of the other system. */
const DIFFERS_EACH = 100
const MISSING_EACH = 1_000
/** Bills of other months. */
const FORMER_BILLS = 1_000

export interface ComparisonResult {
  readonly accounts: number
  /** Median seconds from the request until it is seen to be done. */
  readonly seconds: number
}

/** Compares the bills of a month with those of a dry run. Throws unless it finds the differences that are there. */
export async function measureComparison(
  { url: server }: BenchServer,
  { accounts, fresh }: { readonly accounts: number; readonly fresh: boolean }
): Promise<ComparisonResult> {
  const url = await openComparisonData(server, accounts, fresh)
  console.log(`comparing the bills of ${accounts.toLocaleString('en')} accounts`)
  await using stack = new AsyncDisposableStack()
  const target = stack.adopt(await startOurs(url), (each) => each.stop())
  const seconds: number[] = []
  while (seconds.length < ROUNDS) seconds.push(await compareOnce(target, accounts))
  return { accounts, seconds: seconds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN }
}

interface Comparison {
  readonly id: string
  readonly state: string
  readonly accounts: number
  readonly differs: number
  readonly onlyHere: number
}

async function compareOnce(target: Target, accounts: number): Promise<number> {
  const started = performance.now()
  let found = await ask(target, 'POST', '', { billCycle: { id: CYCLE_ID }, billRun: { id: RUN_ID } })
  while (found.state === 'queued' || found.state === 'running') {
    await delay(POLL_MS)
    found = await ask(target, 'GET', `/${found.id}`)
  }
  const seconds = (performance.now() - started) / 1000
  const each = (number: number) => Math.floor(accounts / number)
  const expected = [accounts, each(DIFFERS_EACH), each(MISSING_EACH)]
  const [all, differs, onlyHere] = [found.accounts, found.differs, found.onlyHere]
  if (`${[all, differs, onlyHere]}` !== `${expected}`) {
    throw new Error(`a comparison found ${JSON.stringify(found)}, not ${expected}`)
  }
  await ask(target, 'DELETE', `/${found.id}`)
  return seconds
}

async function ask({ origin, headers }: Target, method: string, path: string, body?: object): Promise<Comparison> {
  const sent = { ...headers, ...(body && { 'content-type': 'application/json' }) }
  const content = body && { body: JSON.stringify(body) }
  const response = await fetch(`${origin}/billing/v1/comparison${path}`, { method, headers: sent, ...content })
  const text = await response.text()
  if (!response.ok) throw new Error(`a comparison was answered with ${response.status}: ${text}`)
  return JSON.parse(text === '' ? '{}' : text)
}

/** Opens a database with that many bills on both sides; fills it if missing. */
async function openComparisonData(server: string, accounts: number, fresh: boolean): Promise<string> {
  const name = `bench_comparison_${accounts}`
  const url = new URL(server)
  url.pathname = `/${name}`
  const isThere = 'SELECT FROM pg_database WHERE datname = $1'
  const { rowCount } = await withClient(server, (client) => client.query(isThere, [name]))
  if (fresh || rowCount === 0) {
    console.log(`filling ${name} with ${accounts.toLocaleString('en')} bills on both sides`)
    await makeDatabase(server, name, (unfinished) => fillComparisonData(unfinished, accounts))
  } else await migrate(url.href)
  return url.href
}

/** Fills a migrated database with a dry run, and with the bills of another system, some of which differ. */
export async function fillComparisonData(url: string, accounts: number): Promise<void> {
  await withClient(url, async (client) => {
    await fillWithBills([client], TENANT, FORMER_BILLS)
    await fillCredentials(client, TENANT)
    await fillAccounts(client, accounts)
    const restore = await dropIndexesAndKeys(client, ['customer_bill', 'applied_customer_billing_rate'])
    await client.query(RUN, [TENANT])
    for (const statement of [DRY_BILLS, BILLS, RATES]) await client.query(statement, [TENANT])
    await share([client], restore)
    await client.query('VACUUM (ANALYZE)')
  })
}

const DATES = { start: MONTH.start, end: MONTH.end, billingDate: MONTH.end, paymentDueDate: DUE_DATE }

const RUN = `INSERT INTO bill_run (tenant_id, id, bill_cycle_id, is_dry, bill_state, state, dates, finished_at, author)
  VALUES ($1, '${RUN_ID}', '${CYCLE_ID}', true, 'new', 'done', '${JSON.stringify(DATES)}', '${MONTH.end}', '{}')`

/** The accounts with their ordinals and the amounts of their bills, before and with tax. */
const AMOUNTS = `(SELECT a.*, i, 100 + i % 500 AS excluded, 119 + i % 500 AS included
  FROM billing_account a CROSS JOIN LATERAL (SELECT substr(a.id, 5)::int AS i) o WHERE a.tenant_id = $1) a`

const money = (value: string) => `jsonb_build_object('unit', a.invoice_currency, 'value', ${value})`

const DRY_BILLS = `INSERT INTO bill_run_dry_bill (tenant_id, bill_run_id, billing_account_id, document, lines)
  SELECT $1, '${RUN_ID}', a.id, jsonb_build_object('billingAccount', jsonb_build_object('id', a.id),
      'taxExcludedAmount', ${money('excluded')}, 'taxIncludedAmount', ${money('included')}, 'taxItem', '[]'::jsonb),
    jsonb_build_object('usageCharge', jsonb_build_object('count', ${LINES}, 'amount', excluded))
  FROM ${AMOUNTS}`

const BILLS = `INSERT INTO customer_bill (tenant_id, id, last_update, payment_due_date, amount_due_value,
    amount_due_unit, tax_excluded_amount_value, tax_excluded_amount_unit, tax_included_amount_value,
    tax_included_amount_unit, bill_cycle_id, bill_document, billing_account_id, state)
  SELECT $1, ${ulid(`${Date.parse(MONTH.end)}::bigint`, "'bill' || i")}, '${MONTH.end}', '${DUE_DATE}',
    included - d, a.invoice_currency, excluded - d, a.invoice_currency, included - d, a.invoice_currency, '${CYCLE_ID}',
    '[]', a.id, 'new'
  FROM ${AMOUNTS} CROSS JOIN LATERAL (SELECT CASE i % ${DIFFERS_EACH} WHEN 7 THEN 1 ELSE 0 END AS d) d
  WHERE i % ${MISSING_EACH} <> 11`

const RATES = `INSERT INTO applied_customer_billing_rate (tenant_id, id, is_billed, bill_id, rate_type, date,
    tax_excluded_amount_value, tax_excluded_amount_unit)
  SELECT $1, ${ulid(`${Date.parse(MONTH.end)}::bigint`, "'rate' || n || b.id")}, true, b.id, 'usageCharge',
    '${MONTH.start}', b.tax_excluded_amount_value / ${LINES}, b.tax_excluded_amount_unit
  FROM customer_bill b CROSS JOIN generate_series(1, ${LINES}) n WHERE b.bill_cycle_id = '${CYCLE_ID}'`
