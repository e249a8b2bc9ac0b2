import type pg from 'pg'
import { encodeTime } from 'ulid'

/** How many bills an account has, and how many one customer. */
const BILLS_PER_ACCOUNT = 20
/** The bills spread over so many days from this one on: the monthly bills of a bit more than one and a half years. */
const FIRST_DAY_MS = Date.UTC(2023, 0, 1)
const DAYS = 600
const DAY_MS = 86_400_000
const CHUNK = 50_000
const CYCLES = ['first of the month', 'eighth of the month', 'fifteenth of the month', 'last of the month'] as const

/**
 * Fills the empty, migrated database behind `client` with `count` bills of a tenant, the same ones at every time.
 * `progress` is told how many there are so far.
 */
export async function fillWithBills(
  client: pg.Client,
  tenantId: string,
  count: number,
  progress: (done: number) => void = () => {}
): Promise<void> {
  await client.query('INSERT INTO tenant (id, name) VALUES ($1, $1) ON CONFLICT DO NOTHING', [tenantId])
  await insertCycles(client, tenantId)
  const accounts = Math.max(1, Math.floor(count / BILLS_PER_ACCOUNT))
  const stepMs = Math.floor((DAYS * DAY_MS) / count)
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(from + CHUNK, count)
    await client.query(INSERT_BILLS, [tenantId, from, to - 1, accounts, FIRST_DAY_MS, stepMs])
    progress(to)
  }
}

/** Ids of the fill are older than any that the server gives: what was posted afterwards is behind this one. */
export const AFTER_FILLED_IDS = encodeTime(FIRST_DAY_MS + DAYS * DAY_MS).padEnd(26, '0')

export function insertCycles(client: pg.Client, tenantId: string): Promise<unknown> {
  const cycle = `INSERT INTO bill_cycle (tenant_id, id, name, billing_period)
    SELECT $1, ${cycleId('at')}, name, 'month' FROM unnest($2::text[]) WITH ORDINALITY AS cycle(name, ordinal),
    LATERAL (SELECT ordinal::int - 1 AS at) AS position`
  return client.query(cycle, [tenantId, CYCLES])
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A ULID in SQL: ten digits to the base of 32 for the time, then hexadecimal ones, which are digits of that base too. */
function ulid(ms: string, seed: string): string {
  const digits = Array.from({ length: 10 }, (_, at) => `((${ms} >> ${(9 - at) * 5}) & 31)::int`)
  const time = digits.map((digit) => `substr('${ALPHABET}', ${digit} + 1, 1)`).join(' || ')
  return `${time} || ${randomDigits(seed)}`
}

const randomDigits = (seed: string) => `upper(left(md5(${seed}), 16))`

function cycleId(ordinal: string): string {
  return `'${encodeTime(FIRST_DAY_MS)}' || ${randomDigits(`'cycle' || ${ordinal}`)}`
}

/** A money value as the API keeps it inside a jsonb column. */
const money = (value: string) => `jsonb_build_object('unit', unit, 'value', ${value})`

/** A jsonb instant in the form of the API. */
const instant = (at: string) => `to_char(${at}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** Columns of a bill, each with its expression over the row's `i` and what SOURCE derives from it. */
const COLUMNS: Readonly<Record<string, string>> = {
  tenant_id: '$1',
  id: ulid('ms', 'i::text'),
  bill_no: `'B' || lpad(i::text, 10, '0')`,
  bill_date: 'day',
  category: `CASE WHEN draw % 50 = 0 THEN 'interim' ELSE 'normal' END`,
  last_update: `day + interval '3 days'`,
  next_bill_date: `day + interval '30 days'`,
  payment_due_date: `day + interval '14 days'`,
  run_type: `CASE WHEN draw % 50 = 0 THEN 'offCycle' ELSE 'onCycle' END`,
  amount_due_value: 'net + tax',
  amount_due_unit: 'unit',
  remaining_amount_value: 'remaining',
  remaining_amount_unit: 'unit',
  tax_excluded_amount_value: 'net',
  tax_excluded_amount_unit: 'unit',
  tax_included_amount_value: 'net + tax',
  tax_included_amount_unit: 'unit',
  applied_payment: `CASE WHEN remaining < net + tax THEN jsonb_build_array(jsonb_build_object(
    'appliedAmount', ${money('net + tax - remaining')},
    'payment', jsonb_build_object('id', 'PAY-' || i, 'name', 'SEPA credit transfer'))) END`,
  bill_cycle_id: cycleId('(account % 4)'),
  bill_cycle: `jsonb_build_object('name', ('{${CYCLES.join(',')}}'::text[])[account % 4 + 1])`,
  bill_document: `jsonb_build_array(jsonb_build_object('id', 'DOC-' || i, 'name', 'bill-' || i || '.pdf',
    'attachmentType', 'customerBill', 'mimeType', 'application/pdf',
    'url', 'https://documents.example.com/bills/' || i || '.pdf'))`,
  billing_account_id: `'ACC-' || lpad(account::text, 8, '0')`,
  billing_account: `jsonb_build_object('name', 'Account ' || account, '@referredType', 'BillingAccount')`,
  billing_period: `jsonb_build_object('startDateTime', ${instant(`day - interval '30 days'`)},
    'endDateTime', ${instant('day')})`,
  financial_account_id: `CASE WHEN account % 4 = 0 THEN 'FIN-' || lpad((account / 4)::text, 8, '0') END`,
  financial_account: `CASE WHEN account % 4 = 0 THEN jsonb_build_object('name', 'Ledger ' || account / 4) END`,
  payment_method_id: `'MANDATE-' || account`,
  payment_method: `jsonb_build_object('name', 'Direct debit', '@referredType', 'BankAccountDebit')`,
  related_party: `jsonb_build_array(jsonb_build_object('id', 'PTY-' || lpad(account::text, 8, '0'), 'role', 'customer',
    'name', 'Customer ' || account, '@referredType', 'Individual')) || CASE WHEN account % 5 > 0 THEN '[]'
    ELSE jsonb_build_array(jsonb_build_object('id', 'ORG-' || lpad(account::text, 8, '0'), 'role', 'payer',
      'name', 'Company ' || account, '@referredType', 'Organization')) END`,
  state: 'state',
  tax_item: `jsonb_build_array(jsonb_build_object('taxCategory', 'VAT', 'taxRate', 0.19, 'taxAmount', ${money('tax')}))`,
  issued_as: `CASE WHEN state IN ('validated', 'sent', 'partiallyPaid', 'settled') THEN 'validated' END`
}

/** Accounts take turns, so that the bills of one lie as far apart as months of bill runs put them. */
const SOURCE = `generate_series($2::int, $3::int) AS i
  CROSS JOIN LATERAL (SELECT i % $4::int AS account, $5::bigint + i * $6::bigint AS ms,
    hashint4(i) & 1048575 AS draw OFFSET 0) AS bill
  CROSS JOIN LATERAL (SELECT date_trunc('day', to_timestamp(ms / 1000), 'UTC') AS day,
    CASE WHEN account % 10 = 8 THEN 'JPY' WHEN account % 10 = 9 THEN 'KWD' ELSE 'EUR' END AS unit,
    CASE WHEN draw % 20 < 11 THEN 'settled' WHEN draw % 20 < 15 THEN 'sent' WHEN draw % 20 < 16 THEN 'partiallyPaid'
      WHEN draw % 20 < 17 THEN 'validated' WHEN draw % 20 < 19 THEN 'new' ELSE 'onHold' END AS state OFFSET 0) AS dated
  CROSS JOIN LATERAL (SELECT CASE unit WHEN 'JPY' THEN 500 + draw % 20000 WHEN 'KWD' THEN (draw % 50000 + 1000) / 1000.0
    ELSE (draw % 20000 + 500) / 100.0 END AS charges, CASE unit WHEN 'JPY' THEN 0 WHEN 'KWD' THEN 3 ELSE 2 END AS digits
    OFFSET 0) AS charged
  CROSS JOIN LATERAL (SELECT round(charges, digits) AS net, round(charges * 0.19, digits) AS tax OFFSET 0) AS taxed
  CROSS JOIN LATERAL (SELECT CASE state WHEN 'settled' THEN 0 WHEN 'partiallyPaid' THEN round((net + tax) / 2, digits)
    ELSE net + tax END AS remaining OFFSET 0) AS paid`

export const SELECTB = `SELECT ${Object.values(COLUMNS).join(', ')} FROM ${SOURCE}`
export const INSERT_BILLS = `INSERT INTO customer_bill (${Object.keys(COLUMNS).join(', ')})
  SELECT ${Object.values(COLUMNS).join(', ')} FROM ${SOURCE}`
