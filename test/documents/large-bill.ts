import type { Database } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import type { Answer } from '../support/answer.ts'
import { TENANT } from '../support/database.ts'
import { BASE } from '../support/server.ts'

const NAME = 'Call to a number of our own network, at the rate of the evening, '

/** Adds rates of one cent, for some products in turn: lines of a bill, or unbilled rates of an account. */
export async function addRates(
  database: Database,
  lines: number,
  account: string,
  billId?: string,
  after = 0,
  products = 7
): Promise<void> {
  await database.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "date", "is_billed",
      "bill_id", "rate_type", "name", "product_id", "billing_account_id", "tax_excluded_amount_value",
      "tax_excluded_amount_unit")
    SELECT ${TENANT}, concat('R-', ${account}::text, '-', n), timestamptz '2026-09-30' - n * interval '10 seconds',
      ${billId !== undefined}, ${billId}, 'usageCharge', concat(${NAME}::text, n), concat('P-', n % ${products}::int),
      ${account}, 0.01, 'EUR'
    FROM generate_series(${after}::int + 1, ${after}::int + ${lines}::int) n`)
}

/** Posts a bill with that many lines and returns the path of its document. */
export async function addLargeBill(
  database: Database,
  lines: number,
  post: (path: string, body: object) => Promise<Answer>
): Promise<string> {
  const billingAccount = { id: `A-${lines}` }
  const taxExcludedAmount = { unit: 'EUR', value: lines / 100 }
  const { id, billDocument } = await post(`${BASE}/customerBill`, { billingAccount, taxExcludedAmount })
  await addRates(database, lines, billingAccount.id, id)
  return `${BASE}/customerBill/${id}/document/${billDocument[0].id}`
}
