import { newId } from '../../src/base/ulid.ts'
import { draftBills } from '../../src/billing/drafts/draft.ts'
import { issueBills } from '../../src/billing/issuing/issue.ts'
import { useCredit } from '../../src/billing/payments/credit.ts'
import { identifier, type Sql, sql } from '../../src/db/sql.ts'
import { TENANT, type TestDatabase } from '../support/database.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'

export const PAYMENT = '/billing/v1/payment'
export const AUTHOR = { tenantId: TENANT, actor: { type: 'user', id: 'U1', name: 'nora' } } as const

export interface TestBill {
  readonly state?: 'validated' | 'sent'
  /** Date of issue and due date. */
  readonly date?: string
  /** Type of rate -> amount. */
  readonly rates: Readonly<Record<string, string>>
}

export async function startLedger(): Promise<TestServer> {
  const server = await startTestServer()
  await server.database.run(sql`INSERT INTO "customer" ("tenant_id", "id", "internal_id", "last_update", "name")
    VALUES (${TENANT}, 'C1', ${newId()}, now(), 'Ada')`)
  return server
}

/** Adds an account with a tax rate and returns its id. */
export async function addAccount(
  { database }: TestDatabase,
  { currency = 'EUR', tax = 0, partnerId }: { currency?: string; tax?: number; partnerId?: string } = {}
): Promise<string> {
  const id = newId()
  const profile = JSON.stringify({ rates: tax ? [{ taxCategory: 'VAT', taxRate: tax }] : [] })
  await database.run(sql`INSERT INTO "billing_account" ("tenant_id", "id", "internal_id", "partner_id", "last_update",
      "customer_id", "name", "status", "billing_type", "invoice_currency", "net_term_days", "tax_profile")
    VALUES (${TENANT}, ${id}, ${newId()}, ${partnerId}, now(), 'C1', 'Account', 'ACTIVE', 'postpaid', ${currency}, 0,
      ${profile})`)
  return id
}

/** Bills rates of an account and pays the bill from its credit. Returns the bill's id. */
export async function addBill({ database }: TestDatabase, account: string, bill: TestBill): Promise<string> {
  const { state = 'validated', date = '2026-04-01T00:00:00.000Z', rates } = bill
  const found = await database.run(sql`SELECT "invoice_currency" FROM "billing_account" WHERE "id" = ${account}`)
  const unit = found.rows[0]?.[0]
  return database.transaction(async (tx) => {
    for (const [kind, amount] of Object.entries(rates)) {
      await tx.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "date", "is_billed", "rate_type",
          "billing_account_id", "tax_excluded_amount_value", "tax_excluded_amount_unit")
        VALUES (${TENANT}, ${newId()}, '2026-01-01', false, ${kind}, ${account}, ${amount}, ${unit})`)
    }
    const accounts = sql`a."id" = ${account}`
    const { ready } = await draftBills(tx, { tenantId: TENANT, accounts, chargeDate: date, taxDate: date })
    const issue = { tenantId: TENANT, run: undefined, runType: 'offCycle', state, newId } as const
    const dates = { now: date, billDate: date, paymentDueDate: undefined, nextBillDate: undefined }
    const ids = await issueBills(tx, { ...issue, ...dates, billingPeriod: { endDateTime: date } }, ready)
    await useCredit(tx, { author: AUTHOR, clock: () => date, newId }, [...ids.values()])
    return [...ids.values()].join()
  })
}

export function pay(server: TestServer, account: string, value: number, more: object = {}): Promise<Reply> {
  const amount = { unit: 'EUR', value }
  const body = { billingAccount: { id: account }, amount, method: 'bankTransfer', reference: newId(), ...more }
  return server.call('POST', PAYMENT, body)
}

/** Returns remaining amount, state and payments of bills. */
export async function paid(server: TestServer, ...bills: readonly string[]): Promise<readonly unknown[]> {
  const replies = await Promise.all(bills.map((id) => server.call('GET', `customerBill/${id}`)))
  return replies.map(({ body: { remainingAmount, state, appliedPayment } }) => {
    const applied = (appliedPayment ?? []) as { payment: { id: string }; appliedAmount: { value: number } }[]
    return [
      remainingAmount.value,
      state,
      applied.map(({ payment, appliedAmount }) => [payment.id, appliedAmount.value])
    ]
  })
}

/** Returns the credits of an account by currency. */
export async function credits({ database }: TestDatabase, account: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await database.run(sql`SELECT "currency", "credit" FROM "account_balance"
    WHERE "account_id" = ${account}`)
  return Object.fromEntries(rows.map(([currency, credit]) => [String(currency), Number(credit)]))
}

/** Changes rows against all guards; fails if there are none. */
export async function tamper({ database }: TestDatabase, statement: Sql): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run(sql`SET LOCAL session_replication_role = replica`)
    if ((await tx.run(statement)).rowCount === 0) throw new Error('there is nothing to tamper with')
  })
}

/** Copies tables. The returned function restores their rows, whatever the triggers say. */
export async function keep({ database }: TestDatabase, ...tables: readonly string[]): Promise<() => Promise<void>> {
  const copy = (table: string) => identifier(`kept_${table}`)
  for (const table of tables) await database.run(sql`CREATE TABLE ${copy(table)} AS TABLE ${identifier(table)}`)
  return () =>
    database.transaction(async (tx) => {
      await tx.run(sql`SET LOCAL session_replication_role = replica`)
      for (const table of tables) {
        await tx.run(sql`DELETE FROM ${identifier(table)}`)
        await tx.run(sql`INSERT INTO ${identifier(table)} SELECT * FROM ${copy(table)}`)
      }
    })
}
