import type pg from 'pg'
import { dropIndexesAndKeys, TENANT } from './database.ts'

/** The account that is asked for, and its share of the rates: at most as many as it has in a month. */
export const BUSY = 'BUSY'
export const BUSY_RATES = 100_000
/** Days before today, each of which has rates of every account. */
export const DAYS = 30
const OTHERS = 10_000
/** Rates of one statement. */
const STEP = 500_000
const CUSTOMER = `INSERT INTO customer (tenant_id, id, internal_id, last_update, name)
  VALUES ($1, 'BALANCES', 'BALANCES', '2026-01-01', 'Balances')`
const ACCOUNTS = `INSERT INTO billing_account (tenant_id, id, internal_id, last_update, customer_id, name, status,
    billing_type, invoice_currency, net_term_days, credit_limit)
  SELECT $1, id, 'B-' || id, '2026-01-01', 'BALANCES', 'Account ' || id, 'ACTIVE', 'prepaid', 'EUR', 14, 100000000
  FROM (SELECT '${BUSY}' AS id UNION ALL SELECT 'B-' || i FROM generate_series(0, ${OTHERS - 1}) i) a`
const RATES = `INSERT INTO applied_customer_billing_rate (tenant_id, id, date, name, is_billed, rate_type,
    billing_account_id, tax_excluded_amount_value, tax_excluded_amount_unit)
  SELECT $1, upper(lpad(to_hex(i), 26, '0')), now(), 'National call', false, 'usageCharge',
    CASE WHEN i % $4 = 0 THEN '${BUSY}' ELSE 'B-' || i % ${OTHERS} END, (1 + i % 3600) / 800.0, 'EUR'
  FROM generate_series($2::bigint, $3::bigint) i`

/** As housekeeping does, at once. */
const FOLD = `INSERT INTO usage_total SELECT tenant_id, account_id, partner_id, currency, day, kind, sum(amount)
  FROM usage_entry GROUP BY 1, 2, 3, 4, 5, 6`

/** Adds accounts and their rates, which came in on the days before today. */
export async function fillWithRates(client: pg.Client, rates: number): Promise<void> {
  await client.query(`INSERT INTO tenant (id, name) VALUES ($1, 'Bench') ON CONFLICT DO NOTHING`, [TENANT])
  await client.query(CUSTOMER, [TENANT])
  await client.query(ACCOUNTS, [TENANT])
  await client.query('ANALYZE')
  const restore = await dropIndexesAndKeys(client, ['applied_customer_billing_rate'])
  const every = Math.ceil(rates / Math.min(BUSY_RATES, rates / 2))
  for (let day = 0; day < DAYS; day++) {
    await client.query(`CREATE OR REPLACE FUNCTION "booking_time"() RETURNS timestamptz LANGUAGE sql VOLATILE
      AS $$ SELECT now() - interval '${DAYS - day} days' $$`)
    const [first, last] = [Math.floor((rates * day) / DAYS), Math.floor((rates * (day + 1)) / DAYS) - 1]
    for (let from = first; from <= last; from += STEP) {
      await client.query(RATES, [TENANT, from, Math.min(from + STEP - 1, last), every])
    }
  }
  await client.query(`CREATE OR REPLACE FUNCTION "booking_time"() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT clock_timestamp() $$`)
  await client.query(FOLD)
  await client.query('TRUNCATE usage_entry')
  for (const work of restore) await work(client)
  await client.query('VACUUM (ANALYZE)')
  await client.query('CHECKPOINT')
}
