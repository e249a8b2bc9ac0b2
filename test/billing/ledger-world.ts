import { newId } from '../../src/base/ulid.ts'
import { draftBills } from '../../src/billing/drafts/draft.ts'
import { importPayments } from '../../src/billing/incoming/import.ts'
import type { IncomingRow } from '../../src/billing/incoming/incoming.ts'
import { issueBills } from '../../src/billing/issuing/issue.ts'
import { useCredit } from '../../src/billing/payments/credit.ts'
import { identifier, type Sql, sql } from '../../src/db/sql.ts'
import { addAccounts, addCustomer, addRates } from '../support/accounts.ts'
import { TENANT, type TestDatabase } from '../support/database.ts'
import { paymentOf } from '../support/payments.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'

export const PAYMENT = '/billing/v1/payment'
export const AUTHOR = { tenantId: TENANT, actor: { type: 'user', id: 'U1', name: 'nora' } } as const

export interface TestBill {
  readonly state?: 'new' | 'validated' | 'sent'
  /** Date of issue and due date. */
  readonly date?: string
  /** Type of rate -> amount. */
  readonly rates: Readonly<Record<string, string>>
}

export async function startLedger(): Promise<TestServer> {
  const server = await startTestServer()
  await addCustomer(server.database)
  return server
}

/** Adds an account with a tax rate and returns its id. */
export async function addAccount(
  { database }: TestDatabase,
  { currency = 'EUR', tax = 0, partnerId }: { currency?: string; tax?: number; partnerId?: string } = {}
): Promise<string> {
  const id = newId()
  const taxes = tax ? [{ taxCategory: 'VAT', taxRate: tax }] : []
  await addAccounts(database, [id], { currency, termDays: 0, taxes, partnerId })
  return id
}

/** Bills rates of an account and pays the bill from its credit. Returns the bill's id. */
export async function addBill({ database }: TestDatabase, account: string, bill: TestBill): Promise<string> {
  const { state = 'validated', date = '2026-04-01T00:00:00.000Z', rates } = bill
  const found = await database.run(sql`SELECT "invoice_currency" FROM "billing_account" WHERE "id" = ${account}`)
  const unit = String(found.rows[0]?.[0])
  return database.transaction(async (tx) => {
    for (const [kind, amount] of Object.entries(rates)) {
      await addRates(tx, [account], { amount, unit, kind, date: '2026-01-01' })
    }
    const accounts = sql`a."id" = ${account}`
    const { ready } = await draftBills(tx, { tenantId: TENANT, accounts, chargeDate: date, taxDate: date })
    const by = { author: AUTHOR, clock: () => date, newId }
    const issue = { ...by, tenantId: TENANT, run: undefined, runType: 'offCycle', state } as const
    const dates = { now: date, billDate: date, paymentDueDate: undefined, nextBillDate: undefined }
    const ids = await issueBills(tx, { ...issue, ...dates, billingPeriod: { endDateTime: date } }, ready)
    await useCredit(tx, by, [...ids.values()])
    return [...ids.values()].join()
  })
}

export function pay(server: TestServer, account: string, value: number, more: object = {}): Promise<Reply> {
  return server.call('POST', PAYMENT, paymentOf(account, value, { method: 'bankTransfer', ...more }))
}

/** Returns a row of imported money that names nobody. */
export function incomingRow(row: Partial<IncomingRow> = {}): IncomingRow {
  return {
    type: 'payment',
    amount: '10',
    currency: undefined,
    method: 'bankTransfer',
    valueDate: '2026-11-27',
    reference: newId(),
    ...{ accountNumber: undefined, billNo: undefined, creditorReference: undefined, text: undefined },
    ...{ debtorName: undefined, debtorAccount: undefined, bankAccount: undefined },
    ...row
  }
}

/** Imports rows in one transaction. */
export function bring({ database }: TestDatabase, ...rows: readonly IncomingRow[]) {
  const { clock } = database
  const context = { author: { ...AUTHOR, requestId: 'import' }, clock, newId }
  return database.transaction((tx) => importPayments(tx, context, { tenantId: TENANT }, rows, { isDry: false }))
}

/** Imports money that names nobody, and returns the id of the unmatched payment. */
export async function bringUnmatched(server: TestDatabase, row: Partial<IncomingRow> = {}): Promise<string> {
  const [result] = await bring(server, incomingRow({ text: 'Danke', ...row }))
  return String(result?.id)
}

/** Returns remaining amount, state and payments of bills. */
export async function paid(server: TestServer, ...bills: readonly string[]): Promise<readonly unknown[]> {
  const replies = await Promise.all(bills.map((id) => server.call('GET', `customerBill/${id}`)))
  return replies.map(({ body: { remainingAmount, state, appliedPayment } }) => {
    const applied = appliedPayment?.map(({ payment, appliedAmount }) => [payment.id, appliedAmount.value])
    return [remainingAmount.value, state, applied ?? []]
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
