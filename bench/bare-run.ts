import type pg from 'pg'
import { share, type Work } from './bills.ts'
import { connect, TENANT } from './database.ts'
import { CYCLE_ID, DUE_DATE, MONTH } from './run-data.ts'

/** The server's defaults for concurrent transactions and accounts in each. */
const CONNECTIONS = 2
const CHUNK_ACCOUNTS = 500

/**
 * Runs the baseline of a run: the same bills in the same chunks without numbers, taxes and journals, by handwritten SQL
 * and without triggers. Returns the seconds.
 */
export async function runBare(url: string, accounts: number): Promise<number> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(url)))
  try {
    for (const table of ['applied_customer_billing_rate', 'customer_bill']) {
      await clients[0]?.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`)
    }
    const started = performance.now()
    const chunks = Array.from({ length: Math.ceil(accounts / CHUNK_ACCOUNTS) }, (_, at): Work => {
      const first = at * CHUNK_ACCOUNTS
      return (client) => billChunk(client, first, Math.min(first + CHUNK_ACCOUNTS, accounts) - 1)
    })
    await share(clients, chunks)
    const seconds = (performance.now() - started) / 1000
    const { rows } = (await clients[0]?.query<{ bills: number }>(COUNT, [CYCLE_ID])) ?? { rows: [] }
    if (rows[0]?.bills !== accounts) throw new Error(`the bare SQL made ${rows[0]?.bills} bills of ${accounts}`)
    return seconds
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

async function billChunk(client: pg.Client, first: number, last: number): Promise<void> {
  const accounts = [first, last].map((ordinal) => `ACC-${String(ordinal).padStart(8, '0')}`)
  await client.query('BEGIN')
  await client.query(INSERT_BILLS, [TENANT, ...accounts, CYCLE_ID])
  await client.query(MARK_RATES, [TENANT, ...accounts])
  await client.query('COMMIT')
}

const UNBILLED = `r.tenant_id = $1 AND r.billing_account_id BETWEEN $2 AND $3 AND NOT r.is_billed
  AND r.date < '${MONTH.end}'`

const INSERT_BILLS = `INSERT INTO customer_bill (tenant_id, id, bill_date, category, last_update, payment_due_date,
    next_bill_date, run_type, amount_due_value, amount_due_unit, remaining_amount_value, remaining_amount_unit,
    tax_excluded_amount_value, tax_excluded_amount_unit, tax_included_amount_value, tax_included_amount_unit,
    bill_cycle_id, bill_document, billing_account_id, billing_account, billing_period, related_party, state)
  SELECT $1, 'BILL-' || a.id, '${MONTH.end}', 'normal', now(), '${DUE_DATE}', '${MONTH.end}', 'onCycle', s.amount,
    a.invoice_currency, s.amount, a.invoice_currency, s.amount, a.invoice_currency, s.amount, a.invoice_currency, $4,
    jsonb_build_array(jsonb_build_object('id', 'DOC-' || a.id, 'name', 'bill-' || a.id, 'attachmentType',
      'customerBill', 'mimeType', 'application/pdf')),
    a.id, jsonb_build_object('href', '~/accounts', 'name', a.name, '@referredType', 'BillingAccount'),
    '{"startDateTime":"${MONTH.start}","endDateTime":"${MONTH.end}"}',
    jsonb_build_array(jsonb_build_object('id', c.id, 'name', c.name, 'role', 'customer', '@referredType', 'Customer')),
    'validated'
  FROM (SELECT r.billing_account_id, round(sum(r.tax_excluded_amount_value), 2) AS amount
    FROM applied_customer_billing_rate r WHERE ${UNBILLED} GROUP BY r.billing_account_id) s
  JOIN billing_account a ON a.tenant_id = $1 AND a.id = s.billing_account_id
  JOIN customer c ON c.tenant_id = a.tenant_id AND c.id = a.customer_id`

/** A bill has the id of its account, so that nothing is joined. */
const MARK_RATES = `UPDATE applied_customer_billing_rate r
  SET is_billed = true, bill_id = 'BILL-' || r.billing_account_id, version = r.version + 1
  WHERE ${UNBILLED}`

const COUNT = 'SELECT count(*)::int AS bills FROM customer_bill WHERE bill_cycle_id = $1'
