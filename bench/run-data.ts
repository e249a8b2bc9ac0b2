import type pg from 'pg'
import { migrate } from '../src/db/migrations.ts'
import { fillWithBills, share, ulid } from './bills.ts'
import { fillCredentials } from './credentials.ts'
import { type BenchServer, connect, dropIndexesAndKeys, makeDatabase, TENANT, withClient } from './database.ts'

/** Bills of former months, read during a run. */
export const OLD_BILLS = 40_000
/** The cycle of the run: July 2026. */
export const CYCLE_ID = '01K6E4Z4G00000000000000001'
export const MONTH = { start: '2026-07-01T00:00:00.000Z', end: '2026-08-01T00:00:00.000Z' } as const
export const DUE_DATE = '2026-08-15T00:00:00.000Z'

const RATES_EACH = 5
/** Accounts without a cycle, with one rate each, for bills on demand. */
export const DEMAND_ACCOUNTS = 300
const SPECIFICATION_ID = '01K6E4Z4G00000000000000000'
const RATE = 'applied_customer_billing_rate'
const FILLERS = 2
const COPY = 'bench_runs_copy'

/** Accounts with unbilled rates, and bills of former months. */
export interface RunData {
  readonly accounts: number
  /** Replaces the last copy by a new one, so that every run finds the same state. Returns its address. */
  copy(): Promise<string>
}

/** Opens the data of a run over that many accounts; fills a database if missing. */
export async function openRunData({ url }: BenchServer, accounts: number, fresh: boolean): Promise<RunData> {
  const name = `bench_runs_${accounts}`
  if (fresh || !(await isFilled(url, name, accounts))) await create(url, name, accounts)
  return { accounts, copy: () => copy(url, name) }
}

export async function dropCopy({ url }: BenchServer): Promise<void> {
  await withClient(url, (client) => client.query(`DROP DATABASE IF EXISTS ${COPY} WITH (FORCE)`))
}

/** Flushes the copy, so that its writes do not count for the run. */
async function copy(url: string, name: string): Promise<string> {
  await withClient(url, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${COPY} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${COPY} TEMPLATE ${name} STRATEGY file_copy`)
    await client.query('CHECKPOINT')
  })
  return inDatabase(url, COPY)
}

function inDatabase(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function isFilled(server: string, name: string, accounts: number): Promise<boolean> {
  const known = await withClient(server, (client) => client.query('SELECT FROM pg_database WHERE datname = $1', [name]))
  if (known.rowCount === 0) return false
  const url = inDatabase(server, name)
  await migrate(url)
  const count = `SELECT count(*)::int AS rates FROM ${RATE} WHERE NOT is_billed`
  const { rows } = await withClient(url, (client) => client.query<{ rates: number }>(count))
  return rows[0]?.rates === accounts * RATES_EACH + DEMAND_ACCOUNTS
}

async function create(server: string, name: string, accounts: number): Promise<void> {
  console.log(`filling ${name} with ${accounts.toLocaleString('en')} accounts of ${RATES_EACH} rates`)
  await makeDatabase(server, name, (url) => fillRunData(url, accounts, OLD_BILLS))
}

/** Fills a migrated database with accounts with unbilled rates, and bills of former months. */
export async function fillRunData(url: string, accounts: number, oldBills: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: FILLERS }, () => connect(url)))
  await fillWithBills(clients, TENANT, oldBills)
  await withClient(url, async (client) => {
    await fillCredentials(client, TENANT)
    const restore = await dropIndexesAndKeys(client, [RATE])
    await fillAccounts(client, accounts)
    await client.query(RATES, [TENANT, accounts])
    for (const statement of [DEMAND_HOLDERS, DEMAND_RATES]) await client.query(statement, [TENANT, DEMAND_ACCOUNTS])
    await share(clients, restore)
    await client.query('VACUUM (ANALYZE)')
  })
  await Promise.all(clients.map((client) => client.end()))
}

/** Adds the cycle and its accounts. */
export async function fillAccounts(client: pg.Client, accounts: number): Promise<void> {
  await client.query(SPECIFICATION, [TENANT])
  await client.query(CYCLE, [TENANT])
  for (const statement of [CUSTOMERS, ACCOUNTS]) await client.query(statement, [TENANT, accounts])
}

const SPECIFICATION = `INSERT INTO bill_cycle_specification (tenant_id, id, name, frequency, valid_for)
  VALUES ($1, '${SPECIFICATION_ID}', 'Monthly', 'month', '{"startDateTime":"2026-01-01T00:00:00.000Z"}')`

const CYCLE = `INSERT INTO bill_cycle (tenant_id, id, name, billing_date, charge_date, credit_date, mailing_date,
    payment_due_date, bill_cycle_specification_id, valid_for)
  VALUES ($1, '${CYCLE_ID}', 'July 2026', '${MONTH.end}', '${MONTH.end}', '${MONTH.end}', '${MONTH.end}', '${DUE_DATE}',
    '${SPECIFICATION_ID}', '{"startDateTime":"${MONTH.start}","endDateTime":"${MONTH.end}"}')`

const number = (ordinal: string) => `lpad((${ordinal})::text, 8, '0')`
const unit = (ordinal: string) => `CASE ${ordinal} % 10 WHEN 8 THEN 'JPY' WHEN 9 THEN 'KWD' ELSE 'EUR' END`

const CUSTOMERS = `INSERT INTO customer (tenant_id, id, internal_id, last_update, name, primary_email)
  SELECT $1, 'CUS-' || ${number('i')}, 'CUS-' || i, '${MONTH.start}', 'Customer ' || i, 'bills-' || i || '@example.com'
  FROM generate_series(0, $2::int - 1) i`

const ACCOUNTS = `INSERT INTO billing_account (tenant_id, id, internal_id, last_update, customer_id, name, status,
    billing_type, invoice_currency, net_term_days, tax_profile, bill_cycle_specification_id)
  SELECT $1, 'ACC-' || ${number('i')}, 'ACC-' || i, '${MONTH.start}', 'CUS-' || ${number('i')}, 'Account ' || i,
    'ACTIVE',
    'postpaid', ${unit('i')}, 14, '{"rates":[{"taxCategory":"VAT","taxRate":0.19}]}', '${SPECIFICATION_ID}'
  FROM generate_series(0, $2::int - 1) i`

/** Takes an ordinal from 0 up to the number of accounts. */
export function demandAccount(ordinal: number): string {
  return `DEMAND-${ordinal}`
}

const DEMAND_HOLDERS = `INSERT INTO billing_account (tenant_id, id, internal_id, last_update, customer_id, name, status,
    billing_type, invoice_currency, net_term_days, tax_profile)
  SELECT $1, 'DEMAND-' || i, 'DEMAND-' || i, '${MONTH.start}', 'CUS-' || ${number('0')}, 'On demand ' || i, 'ACTIVE',
    'postpaid', 'EUR', 14, '{"rates":[{"taxCategory":"VAT","taxRate":0.19}]}'
  FROM generate_series(0, $2::int - 1) i`

const DEMAND_RATES = `INSERT INTO ${RATE} (tenant_id, id, date, is_billed, name, rate_type, billing_account_id,
    tax_excluded_amount_value, tax_excluded_amount_unit)
  SELECT $1, ${ulid(`${Date.parse(MONTH.start)}::bigint`, "'demand' || i")}, '${MONTH.start}', false, 'Top-up pack',
    'oneTimeCharge', 'DEMAND-' || i, 10, 'EUR'
  FROM generate_series(0, $2::int - 1) i`

/** In the order of the month: the rates of an account lie far apart, and so do neighbours'. */
const STRIDE = 7_919

/** A monthly charge, and calls with more digits than the currency. */
const RATES = `INSERT INTO ${RATE} (tenant_id, id, date, is_billed, name, description, rate_type, billing_account_id,
    product_id, product, period_coverage, characteristic, tax_excluded_amount_value, tax_excluded_amount_unit)
  SELECT $1, ${ulid('ms', "'rate' || i")}, to_timestamp(ms / 1000), false, name, name || ' of account ' || account,
    type,
    'ACC-' || ${number('account')}, product, ('{"name":"' || name || '"}')::jsonb,
    '{"startDateTime":"${MONTH.start}","endDateTime":"${MONTH.end}"}',
    ('[{"name":"seconds","valueType":"number","value":' || i % 3600 || '}]')::jsonb, amount, ${unit('account')}
  FROM generate_series(0, $2::int * ${RATES_EACH} - 1) i
  CROSS JOIN LATERAL (SELECT (i::bigint * ${STRIDE}) % $2::int AS account, i < $2::int AS is_monthly,
    ${Date.parse(MONTH.start)}::bigint + i::bigint * ${Date.parse(MONTH.end) - Date.parse(MONTH.start)} / ($2::int *
      ${RATES_EACH}) AS ms) x
  CROSS JOIN LATERAL (SELECT CASE WHEN is_monthly THEN 'Monthly charge' ELSE 'National call' END AS name,
    CASE WHEN is_monthly THEN 'recurringCharge' ELSE 'usageCharge' END AS type,
    CASE WHEN is_monthly THEN 'PLAN-' || account % 10 ELSE 'VOICE-' || i % 40 END AS product,
    CASE WHEN is_monthly THEN 9.99 + account % 40 ELSE (1 + i % 3600) * 0.00125 END AS amount) y`
