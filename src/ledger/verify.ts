import { minorDigits } from '../base/money.ts'
import type { Database, Transaction } from '../db/database.ts'
import { computed, computedRow, count, optional, scalars, text } from '../db/row.ts'
import { join, type Sql, sql } from '../db/sql.ts'
import { adjustmentChecks } from './adjustment-checks.ts'
import { billChecks } from './bill-checks.ts'
import { periodCheck } from './closed-periods.ts'
import { IN_LEDGER } from './foreign-bills.ts'
import { foreignChecks } from './foreign-checks.ts'
import { moneyChecks } from './money-checks.ts'
import { noteChecks } from './note-checks.ts'
import { rebillChecks } from './rebill-checks.ts'
import { runChecks } from './run-checks.ts'
import { usageChecks } from './usage-checks.ts'

export interface Verification {
  readonly tenantId: string
  readonly journals: number
  /** Those of the engine, and those of other systems in the ledger. */
  readonly bills: number
  readonly payments: number
  readonly difference: string | undefined
}

/**
 * Recomputes every tenant's ledger from one snapshot: journals, bills with their lines and taxes, balances, payments
 * and bill numbers. The database computes the sums, without a statement limit.
 */
export async function verifyLedger(database: Database): Promise<readonly Verification[]> {
  return database.snapshot(async (tx) => {
    await tx.takeTime()
    const tenants = scalars(await tx.run(sql`SELECT "id" FROM "tenant" ORDER BY "id"`), text)
    const verifications: Verification[] = []
    for (const id of tenants) verifications.push(await verifyLedgerOf(tx, id))
    return verifications
  })
}

/** Recomputes the ledger of one tenant, from the snapshot of the transaction. */
export async function verifyLedgerOf(tx: Transaction, tenantId: string): Promise<Verification> {
  const own = sql`"tenant_id" = ${tenantId}`
  const counts = computedRow({
    journals: computed(count, sql`(SELECT count(DISTINCT "journal_id") FROM "ledger_entry" WHERE ${own})`),
    bills: computed(
      count,
      sql`(SELECT count(*) FROM "customer_bill" b WHERE ${own} AND ("rounding_amount" IS NOT NULL OR ${IN_LEDGER}))`
    ),
    payments: computed(count, sql`(SELECT count(*) FROM "payment" WHERE ${own})`)
  })
  const counted = counts.one(await tx.run(sql`SELECT ${counts.columns}`))
  return { tenantId, ...counted, difference: await firstDifference(tx, tenantId) }
}

async function firstDifference(tx: Transaction, tenantId: string): Promise<string | undefined> {
  const currencies = await currenciesOf(tx, tenantId)
  const checks = [
    ...moneyChecks(tenantId, currencies),
    ...billChecks(tenantId, currencies),
    ...noteChecks(tenantId),
    ...rebillChecks(tenantId),
    ...adjustmentChecks(tenantId),
    ...foreignChecks(tenantId),
    ...runChecks(tenantId),
    ...usageChecks(tenantId),
    periodCheck(tenantId)
  ]
  for (const check of checks) {
    const [difference] = scalars(await tx.run(sql`${check} ORDER BY 1 LIMIT 1`), text)
    if (difference !== undefined) return difference
  }
  return undefined
}

/** Returns a table of two columns: the currencies of a tenant's bills and payments and their minor digits. */
async function currenciesOf(tx: Transaction, tenantId: string): Promise<Sql> {
  const found = await tx.run(sql`SELECT DISTINCT "amount_due_unit" FROM "customer_bill"
    WHERE "tenant_id" = ${tenantId} AND "rounding_amount" IS NOT NULL
    UNION SELECT "currency" FROM "payment" WHERE "tenant_id" = ${tenantId}`)
  const currencies = scalars(found, optional(text)).filter((currency) => currency !== undefined)
  const digits = currencies.map((currency) => sql`(${currency}::text, ${minorDigits(currency)}::int)`)
  return digits.length > 0 ? sql`VALUES ${join(digits)}` : sql`SELECT ''::text, 0 WHERE FALSE`
}

export function reportLedger(verifications: readonly Verification[]): {
  readonly text: string
  readonly isSound: boolean
} {
  return {
    text: verifications.map(lineOf).join('\n'),
    isSound: verifications.every(({ difference }) => difference === undefined)
  }
}

function lineOf({ tenantId, journals, bills, payments, difference }: Verification): string {
  if (difference !== undefined) return `${tenantId}: NOT SOUND: ${difference}`
  return `${tenantId}: sound, ${journals} journals, ${bills} bills, ${payments} payments`
}
