import type pg from 'pg'
import { TENANT, withClient } from './database.ts'

const BILLS = '/customerBillManagement/v4/customerBill'
const RATE = 'applied_customer_billing_rate'
/** Prefix of ids and names of attacks; `clearAttacks` removes their rows. */
export const MARK = 'ATTACK-'

/** The target of an attack, with all rights in the bench's tenant. */
export interface Scene {
  readonly databaseUrl: string
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  /** Lines of a large bill, and rates of an account too large for a preview. */
  readonly lines: number
}

/** Makes a bill with that many lines. Returns the path of its document. */
export async function addBill({ databaseUrl, origin, headers }: Scene, lines: number): Promise<string> {
  const taxExcludedAmount = { unit: 'EUR', value: lines / 100 }
  const body = JSON.stringify({ billingAccount: { id: `${MARK}BILLED` }, taxExcludedAmount })
  const sent = { ...headers, 'content-type': 'application/json' }
  const answer = await fetch(origin + BILLS, { method: 'POST', headers: sent, body })
  if (!answer.ok) throw new Error(`a bill was answered with ${answer.status}: ${await answer.text()}`)
  const bill = (await answer.json()) as {
    readonly id: string
    readonly billDocument: readonly [{ readonly id: string }]
  }
  await withClient(databaseUrl, (client) => addRates(client, lines, `${MARK}BILLED`, bill.id))
  return `${BILLS}/${bill.id}/document/${bill.billDocument[0].id}`
}

/** Makes an account with that many rates, unless it exists. Returns its id. */
export async function addAccount({ databaseUrl }: Scene, rates: number): Promise<string> {
  const id = `${MARK}${rates}`
  await withClient(databaseUrl, async (client) => {
    for (const statement of [CUSTOMER, ACCOUNT]) await client.query(statement, [TENANT, id])
    await addRates(client, rates, id, null)
  })
  return id
}

/** Removes the rows of attacks and undoes their changes; accounts stay, but empty. */
export async function clearAttacks(client: pg.Client): Promise<void> {
  const mark = [TENANT, `${MARK}%`]
  const { rowCount } = await client.query(`DELETE FROM ${RATE} WHERE tenant_id = $1 AND id LIKE $2`, mark)
  await client.query('DELETE FROM oauth_user WHERE tenant_id = $1 AND username LIKE $2', mark)
  await client.query('UPDATE tenant SET branding = NULL WHERE id = $1 AND branding IS NOT NULL', [TENANT])
  if (rowCount !== 0) await client.query(`VACUUM (ANALYZE) ${RATE}`)
}

const CUSTOMER = `INSERT INTO customer (tenant_id, id, internal_id, last_update, name)
  VALUES ($1, $2, $2, now(), 'Attacker') ON CONFLICT DO NOTHING`

const ACCOUNT = `INSERT INTO billing_account (tenant_id, id, internal_id, last_update, customer_id, name, status,
    billing_type, invoice_currency, net_term_days, tax_profile)
  VALUES ($1, $2, $2, now(), $2, 'Attacker', 'ACTIVE', 'postpaid', 'EUR', 14,
    '{"rates":[{"taxCategory":"VAT","taxRate":0.19}]}') ON CONFLICT DO NOTHING`

/** Adds calls of one cent: lines of a bill, or unbilled. */
async function addRates(client: pg.Client, count: number, account: string, bill: string | null): Promise<void> {
  await client.query(
    `INSERT INTO ${RATE} (tenant_id, id, date, is_billed, bill_id, rate_type, name, product_id, billing_account_id,
        tax_excluded_amount_value, tax_excluded_amount_unit)
      SELECT $1, '${MARK}' || coalesce($4, $3) || '-' || i, timestamptz '2026-09-30' - i * interval '10 seconds',
        $4::text IS NOT NULL, $4, 'usageCharge', 'Call to a number of another network ' || i, 'VOICE-' || i % 40, $3,
        0.01, 'EUR'
      FROM generate_series(1, $2::int) i ON CONFLICT DO NOTHING`,
    [TENANT, count, account, bill]
  )
  await client.query(`ANALYZE ${RATE}`)
}
