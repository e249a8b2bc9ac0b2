import type pg from 'pg'
import { encodeTime } from 'ulid'

/** Bills of an account, and of a customer. */
const BILLS_PER_ACCOUNT = 20
/** Bills spread over these days: the monthly bills of a bit more than one and a half years. */
const FIRST_DAY_MS = Date.UTC(2023, 0, 1)
const DAYS = 600
const DAY_MS = 86_400_000
const CHUNK = 50_000
const CYCLES = ['first of the month', 'eighth of the month', 'fifteenth of the month', 'last of the month'] as const

/**
 * Fills the empty, migrated database of the `clients` with `count` bills of a tenant, the same every time. The clients
 * share the work.
 */
export async function fillWithBills(clients: readonly pg.Client[], tenantId: string, count: number): Promise<void> {
  const [client] = clients
  await client?.query('INSERT INTO tenant (id, name) VALUES ($1, $1) ON CONFLICT DO NOTHING', [tenantId])
  await client?.query(INSERT_CYCLES, [tenantId, CYCLES])
  const accounts = Math.max(1, Math.floor(count / BILLS_PER_ACCOUNT))
  const stepMs = Math.floor((DAYS * DAY_MS) / count)
  const chunks = Array.from({ length: Math.ceil(count / CHUNK) }, (_, at): Work => {
    const last = Math.min((at + 1) * CHUNK, count) - 1
    return (each) => each.query(INSERT_BILLS, [tenantId, at * CHUNK, last, accounts, FIRST_DAY_MS, stepMs])
  })
  await share(clients, chunks)
}

export type Work = (client: pg.Client) => Promise<unknown>

/** Each client takes the next piece of work as it finishes one. */
export async function share(clients: readonly pg.Client[], work: readonly Work[]): Promise<void> {
  const left = [...work]
  const takeOn = async (client: pg.Client) => {
    for (let next = left.shift(); next; next = left.shift()) await next(client)
  }
  await Promise.all(clients.map(takeOn))
}

/** Ids of the fill are older than the server's: later ones are behind this one. */
export const AFTER_FILLED_IDS = encodeTime(FIRST_DAY_MS + DAYS * DAY_MS).padEnd(26, '0')

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Returns SQL for a ULID: ten base-32 digits for the time, then hexadecimal digits, which base 32 includes. */
export function ulid(ms: string, seed: string): string {
  const digits = Array.from({ length: 10 }, (_, at) => `((${ms} >> ${(9 - at) * 5}) & 31)::int`)
  const time = digits.map((digit) => `substr('${ALPHABET}', ${digit} + 1, 1)`).join(' || ')
  return `${time} || ${randomDigits(seed)}`
}

const randomDigits = (seed: string) => `upper(left(md5(${seed}), 16))`

function cycleId(ordinal: string): string {
  return `'${encodeTime(FIRST_DAY_MS)}' || ${randomDigits(`'cycle' || ${ordinal}`)}`
}

/** Joins texts and reads them as jsonb: for a million rows much faster than building objects. */
const json = (...parts: string[]) => `(${parts.join(' || ')})::jsonb`

/** A money value as stored inside jsonb. */
const money = (value: string) => `'{"unit":"' || unit || '","value":' || ${value} || '}'`

/** Columns of a bill, each with its expression over the row's `i` and SOURCE. */
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
  applied_payment: `CASE WHEN remaining < net + tax THEN ${json(
    `'[{"appliedAmount":'`,
    money('(net + tax - remaining)'),
    `',"payment":{"id":"PAY-' || i || '","name":"SEPA credit transfer"}}]'`
  )} END`,
  bill_cycle_id: cycleId('(account % 4)'),
  bill_cycle: `('{"name":"' || ('{${CYCLES.join(',')}}'::text[])[account % 4 + 1] || '"}')::jsonb`,
  bill_document: json(
    `'[{"id":"DOC-' || i || '","name":"bill-' || i || '.pdf","attachmentType":"customerBill"'`,
    `',"mimeType":"application/pdf","url":"https://documents.example.com/bills/' || i || '.pdf"}]'`
  ),
  billing_account_id: `'ACC-' || lpad(account::text, 8, '0')`,
  billing_account: `('{"name":"Account ' || account || '","@referredType":"BillingAccount"}')::jsonb`,
  billing_period: json(
    `'{"startDateTime":"' || (day - interval '30 days')::date || 'T00:00:00.000Z'`,
    `'","endDateTime":"' || day::date || 'T00:00:00.000Z"}'`
  ),
  financial_account_id: `CASE WHEN account % 4 = 0 THEN 'FIN-' || lpad((account / 4)::text, 8, '0') END`,
  financial_account: `CASE WHEN account % 4 = 0 THEN ('{"name":"Ledger ' || account / 4 || '"}')::jsonb END`,
  payment_method_id: `'MANDATE-' || account`,
  payment_method: `'{"name":"Direct debit","@referredType":"BankAccountDebit"}'`,
  related_party: json(
    `'[{"id":"PTY-' || lpad(account::text, 8, '0') || '","role":"customer","name":"Customer ' || account`,
    `'","@referredType":"Individual"}' || CASE WHEN account % 5 = 0 THEN ',{"id":"ORG-' || lpad(account::text, 8, '0')
      || '","role":"payer","name":"Company ' || account || '","@referredType":"Organization"}' ELSE '' END || ']'`
  ),
  state: 'state',
  tax_item: json(`'[{"taxCategory":"VAT","taxRate":0.19,"taxAmount":'`, money('tax'), `'}]'`),
  issued_as: `CASE WHEN state IN ('validated', 'sent', 'partiallyPaid', 'settled') THEN 'validated' END`
}

/** Accounts take turns, so that the bills of one lie as far apart as after months of runs. */
const SOURCE = `generate_series($2::int, $3::int) AS i
  CROSS JOIN LATERAL (SELECT i % $4::int AS account, $5::bigint + i * $6::bigint AS ms,
    hashint4(i) & 1048575 AS draw) AS bill
  CROSS JOIN LATERAL (SELECT date_trunc('day', to_timestamp(ms / 1000), 'UTC') AS day,
    CASE WHEN account % 10 = 8 THEN 'JPY' WHEN account % 10 = 9 THEN 'KWD' ELSE 'EUR' END AS unit,
    CASE WHEN draw % 20 < 11 THEN 'settled' WHEN draw % 20 < 15 THEN 'sent' WHEN draw % 20 < 16 THEN 'partiallyPaid'
      WHEN draw % 20 < 17 THEN 'validated' WHEN draw % 20 < 19 THEN 'new' ELSE 'onHold' END AS state) AS dated
  CROSS JOIN LATERAL (SELECT CASE unit WHEN 'JPY' THEN 500 + draw % 20000 WHEN 'KWD' THEN (draw % 50000 + 1000) / 1000.0
    ELSE (draw % 20000 + 500) / 100.0 END AS charges, CASE unit WHEN 'JPY' THEN 0 WHEN 'KWD' THEN 3 ELSE 2 END AS digits
   ) AS charged
  CROSS JOIN LATERAL (SELECT round(charges, digits) AS net, round(charges * 0.19, digits) AS tax) AS taxed
  CROSS JOIN LATERAL (SELECT CASE state WHEN 'settled' THEN 0 WHEN 'partiallyPaid' THEN round((net + tax) / 2, digits)
    ELSE net + tax END AS remaining) AS paid`

const INSERT_BILLS = `INSERT INTO customer_bill (${Object.keys(COLUMNS).join(', ')})
  SELECT ${Object.values(COLUMNS).join(', ')} FROM ${SOURCE}`

const INSERT_CYCLES = `INSERT INTO bill_cycle (tenant_id, id, name, billing_period)
  SELECT $1, ${cycleId('(ordinal - 1)')}, name, 'month' FROM unnest($2::text[]) WITH ORDINALITY AS cycle(name, ordinal)`
