import pg from 'pg'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addAccount, addBill, pay } from '../billing/ledger-world.ts'
import { runToEnd, startBilling } from '../billing/world.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

/** The ids of bills, and of an unbilled rate. */
export interface GuardedBills {
  /** Issued: by a run, on demand and partly paid, and two of another system. */
  readonly run: string
  readonly demand: string
  readonly foreign: string
  /** Without a number and a remaining amount. */
  readonly bare: string
  /** Not issued: one of the run, and two of another system, with a line and without. */
  readonly draft: string
  readonly open: string
  readonly lone: string
  readonly rate: string
}

export interface GuardedWorld extends TestServer {
  readonly bills: GuardedBills
}

/** Starts a server whose database has every kind of billing data. */
export async function startGuarded(): Promise<GuardedWorld> {
  const billing = await startBilling()
  const { server } = billing
  await billing.addAccounts(2, [{ amount: '10' }, { amount: '2.5' }])
  await runToEnd(billing, { billState: 'new' })
  const [run = '', draft = ''] = (await server.call('GET', 'customerBill')).body.map(({ id }: { id: string }) => id)
  await server.call('PATCH', `customerBill/${run}`, { state: 'sent' })
  const account = await addAccount(server, { tax: 0.19 })
  const demand = await addBill(server, account, { rates: { usageCharge: '10', recurringCharge: '5' } })
  await pay(server, account, 7)
  const foreign = await addForeign(server, true)
  await server.call('PATCH', `customerBill/${foreign}`, { state: 'sent' })
  const bare = await server.call('POST', 'customerBill', { billingAccount: { id: 'X-1' }, state: 'sent' })
  const rate = await server.call('POST', 'appliedCustomerBillingRate', {
    isBilled: false,
    billingAccount: { id: account },
    taxExcludedAmount: { unit: 'EUR', value: 3 }
  })
  const bills = { run, draft, demand, foreign, bare: bare.body.id, rate: rate.body.id }
  const [open, lone] = [await addForeign(server, true), await addForeign(server, false)]
  return { ...server, bills: { ...bills, open, lone }, close: billing.close }
}

/** Posts a new bill of another system. */
async function addForeign(server: TestServer, hasLine: boolean): Promise<string> {
  const due = { unit: 'EUR', value: 20 }
  const document = { billNo: 'X-7', amountDue: due, remainingAmount: due, billingAccount: { id: 'X-1' } }
  const { body } = await server.call('POST', 'customerBill', document)
  const line = { isBilled: true, bill: { id: body.id }, taxExcludedAmount: due }
  if (hasLine) await server.call('POST', 'appliedCustomerBillingRate', line)
  return body.id
}

/** Tries statements in a transaction and rolls back. Returns `done`, or the guard that refused; see `guard`. */
export async function attempt({ database }: TestServer, statements: Sql | readonly Sql[]): Promise<string> {
  const undone = new Error('undone')
  const trying = database.transaction(async (tx) => {
    for (const statement of [statements].flat()) {
      if ((await tx.run(statement)).rowCount === 0) throw new Error('there is nothing to try it on')
    }
    await tx.run(sql`SET CONSTRAINTS ALL IMMEDIATE`)
    throw undone
  })
  return trying.catch((error: unknown) => (error === undone ? 'done' : guard(error)))
}

/** Returns the SQLSTATE of a refusal, and the constraint or else the function that refused. */
export function guard(error: unknown): string {
  if (!(error instanceof pg.DatabaseError)) throw error
  return `${error.code} ${error.constraint ?? /function (\w+)/.exec(error.where ?? '')?.[1]}`
}

export async function lineOf({ database }: TestServer, bill: string): Promise<string> {
  const { rows } = await database.run(sql`SELECT min("id") FROM "applied_customer_billing_rate"
    WHERE "tenant_id" = ${TENANT} AND "bill_id" = ${bill}`)
  return String(rows[0]?.[0])
}

/** Returns an INSERT of a changed copy of a bill. */
export function copyOf(bill: string, columns: Readonly<Record<string, string | number | null>>): Sql {
  return sql`INSERT INTO "customer_bill" SELECT (jsonb_populate_record(b, ${JSON.stringify(columns)}::jsonb)).*
    FROM "customer_bill" b WHERE "id" = ${bill}`
}
