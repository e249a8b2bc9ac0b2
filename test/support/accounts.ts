import { newId } from '../../src/base/ulid.ts'
import type { Queryable } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import { TENANT } from './database.ts'

/** The customer of all accounts that do not name another one. */
const CUSTOMER = 'C1'

export interface TestAccounts {
  readonly currency?: string
  readonly billingType?: string
  readonly termDays?: number
  readonly taxes?: readonly { readonly taxCategory: string; readonly taxRate: number }[]
  readonly specificationId?: string
  readonly partnerId?: string | undefined
  readonly creditLimit?: number | undefined
  readonly language?: string
}

export interface TestRates {
  readonly amount: string
  readonly unit?: string
  readonly kind?: string
  readonly date?: string
  readonly taxes?: readonly object[]
}

const VAT = [{ taxCategory: 'VAT', taxRate: 0.19 }]

/** Adds the customer of the accounts. */
export async function addCustomer(database: Queryable, name = 'Ada', address?: object): Promise<void> {
  await database.run(sql`INSERT INTO "customer" ("tenant_id", "id", "internal_id", "last_update", "name", "address")
    VALUES (${TENANT}, ${CUSTOMER}, ${newId()}, now(), ${name}, ${address && JSON.stringify(address)})`)
}

/** Adds an account with a customer. */
export async function addHeldAccount(database: Queryable, id: string): Promise<void> {
  await addCustomer(database)
  await addAccounts(database, [id])
}

/** Adds accounts that are alike. By default they are postpaid, in euros, with VAT of 19 %, due after 14 days. */
export async function addAccounts(
  database: Queryable,
  ids: readonly string[],
  { currency = 'EUR', billingType = 'postpaid', termDays = 14, taxes = VAT, ...more }: TestAccounts = {}
): Promise<void> {
  const { specificationId, partnerId, creditLimit, language } = more
  await database.run(sql`INSERT INTO "billing_account" ("tenant_id", "id", "internal_id", "partner_id", "last_update",
      "customer_id", "name", "status", "billing_type", "invoice_currency", "net_term_days", "tax_profile",
      "bill_cycle_specification_id", "credit_limit", "credit_limit_unit", "language")
    SELECT ${TENANT}, id, gen_random_uuid(), ${partnerId}, now(), ${CUSTOMER}, 'Account', 'ACTIVE', ${billingType},
      ${currency}, ${termDays}::int, ${JSON.stringify({ rates: taxes })}::jsonb, ${specificationId},
      ${creditLimit}::numeric, ${creditLimit === undefined ? null : currency}, ${language}
    FROM unnest(${ids}::text[]) id`)
}

/** Adds a line to a bill that is not issued. */
export async function addLine(
  database: Queryable,
  bill: string,
  { amount, unit = 'EUR', kind }: TestRates
): Promise<void> {
  await database.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "is_billed", "bill_id",
      "rate_type", "tax_excluded_amount_value", "tax_excluded_amount_unit")
    VALUES (${TENANT}, ${newId()}, true, ${bill}, ${kind}, ${amount}, ${unit})`)
}

/** Adds the same unbilled rate to each of these accounts, by default a recurring charge of 10 March 2026. */
export async function addRates(database: Queryable, accounts: readonly string[], rate: TestRates): Promise<void> {
  const { amount, unit = 'EUR', kind = 'recurringCharge', date = '2026-03-10', taxes } = rate
  await database.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "date", "is_billed",
      "rate_type", "billing_account_id", "tax_excluded_amount_value", "tax_excluded_amount_unit", "applied_tax")
    SELECT ${TENANT}, gen_random_uuid(), ${date}, false, ${kind}, id, ${amount}, ${unit},
      ${taxes?.length ? JSON.stringify(taxes) : null}::jsonb
    FROM unnest(${accounts}::text[]) id`)
}
