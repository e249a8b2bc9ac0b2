import type pg from 'pg'
import { TENANT, withClient } from './database.ts'
import type { Target } from './target.ts'

/** Rows of an upload, as the documented API of the field takes them. */
const ROWS = 500
const WARM_UP = 5
const ROUNDS = 20
const PATH = '/bills'
const CUSTOMER_ID = 'UPLOADED'
const CUSTOMER = `INSERT INTO customer (tenant_id, id, internal_id, last_update, name)
  VALUES ($1, '${CUSTOMER_ID}', '${CUSTOMER_ID}', '2026-01-01', 'Uploaded') ON CONFLICT DO NOTHING`
const ACCOUNTS = `INSERT INTO billing_account (tenant_id, id, internal_id, last_update, customer_id, name, status,
    billing_type, invoice_currency, net_term_days)
  SELECT $1, 'UPLOADED-' || i, 'UPLOADED-' || i, '2026-01-01', '${CUSTOMER_ID}', 'Account ' || i, 'ACTIVE', 'postpaid',
    'EUR', 14
  FROM generate_series(0, ${ROWS - 1}) i ON CONFLICT DO NOTHING`

/** Bills of another system uploaded on one connection: the median time of an upload in ms, and of its repetition. */
export interface UploadResult {
  readonly ms: number
  readonly againMs: number
}

/** Uploads bills of accounts of this service, which go into its ledger, and each of the files again. */
export async function measureUploads(target: Target, databaseUrl: string): Promise<UploadResult> {
  console.log(`uploading ${ROUNDS} times ${ROWS} bills`)
  const run = `${process.hrtime.bigint()}`
  await withClient(databaseUrl, async (client) => {
    await client.query(CUSTOMER, [TENANT])
    await client.query(ACCOUNTS, [TENANT])
    await client.query('ANALYZE customer, billing_account, account_alias')
  })
  const [first, again]: [number[], number[]] = [[], []]
  try {
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const body = JSON.stringify(Array.from({ length: ROWS }, (_, at) => row(at, `${run}-${round}`)))
      first.push(await upload(target, body))
      again.push(await upload(target, body))
    }
  } finally {
    await withClient(databaseUrl, removeUploads)
  }
  return { ms: median(first.slice(WARM_UP)), againMs: median(again.slice(WARM_UP)) }
}

function row(at: number, externalId: string): object {
  const account_number = `UPLOADED-${at}`
  return { account_number, amount: 119 + at / 100, due_date: '14-12-2099', period: '12-2099', external_id: externalId }
}

async function upload({ origin, headers }: Target, body: string): Promise<number> {
  const sent = { ...headers, 'content-type': 'application/json' }
  const started = performance.now()
  const response = await fetch(`${origin}${PATH}`, { method: 'POST', headers: sent, body })
  const text = await response.text()
  if (text !== '{}') throw new Error(`an upload was answered with ${response.status} ${text}`)
  return performance.now() - started
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}

/** Issued bills and the ledger are immutable; only the owner of the tables may remove them. */
async function removeUploads(client: pg.Client): Promise<void> {
  const own = `tenant_id = $1 AND billing_account_id LIKE 'UPLOADED-%'`
  const uploaded = [
    ['ledger_entry', own],
    ['uploaded_bill', `tenant_id = $1 AND account_number LIKE 'UPLOADED-%'`],
    ['customer_bill', own]
  ] as const
  for (const [table, rows] of uploaded) {
    await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`)
    await client.query(`DELETE FROM ${table} WHERE ${rows}`, [TENANT])
    await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`)
  }
  await client.query(`DELETE FROM account_balance WHERE tenant_id = $1 AND account_id LIKE 'UPLOADED-%'`, [TENANT])
  await client.query('DELETE FROM billing_account WHERE tenant_id = $1 AND customer_id = $2', [TENANT, CUSTOMER_ID])
  await client.query('DELETE FROM customer WHERE tenant_id = $1 AND id = $2', [TENANT, CUSTOMER_ID])
  await client.query('VACUUM (ANALYZE) customer_bill, ledger_entry, uploaded_bill')
}
