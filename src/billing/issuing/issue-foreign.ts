import Big from 'big.js'
import { recordChanges } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import { minorDigits } from '../../base/money.ts'
import type { Transaction } from '../../db/database.ts'
import { rowOf, stated, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { type Balance, lockBalances } from '../../ledger/balance.ts'
import { IN_LEDGER, postForeignBills } from '../../ledger/foreign-bills.ts'
import { BILLS } from '../../messages/bill.ts'
import type { Problem } from '../../messages/problem.ts'
import { type Bill, customerBill } from '../../resources/customer-bill.ts'
import type { ChangeContext, Stored, Written } from '../../tmf/declaration/resource.ts'
import { recordEvents } from '../../tmf/event.ts'
import { readStored } from '../../tmf/representation.ts'
import { useCredit } from '../payments/credit.ts'
import { BILL_COLUMNS } from './bill-moves.ts'
import { keepDocuments } from './keep-letterhead.ts'
import { settleWithNothingLeft } from './settle.ts'

/**
 * Issues a bill of another system that was written in an issued state: posts it to the ledger if its account is of this
 * service, pays it from the account's credit, and keeps the content of its document.
 */
export async function issueForeign(
  tx: Transaction,
  context: ChangeContext,
  { id, document }: Written<Bill>,
  before?: Stored<Bill>
): Promise<void> {
  const { billingAccount: account } = document
  const isPosted = account !== undefined && (await issueTo(tx, context, [account.id], sql`b."id" = ${id}`))
  if (isPosted) requireSoundAmounts(document, before !== undefined)
  await keepDocuments(tx, context.author.tenantId, sql`b."id" = ${id}`, context.clock())
}

/**
 * Posts new bills, issued to accounts of this service with the same owner, and pays them from credit. All of their
 * amounts remain, and have the digits of the currency. Their balances are locked.
 */
export async function postNewForeign(
  tx: Transaction,
  context: ChangeContext,
  ids: readonly string[],
  balances: readonly Balance[]
): Promise<void> {
  const now = context.clock()
  const bills = sql`b."id" = ANY(${ids}::text[])`
  await postForeignBills(tx, context.author.tenantId, { bills, chargedAt: sql`${now}`, paidAt: sql`${now}` })
  if (balances.some(({ credit }) => Number(credit) > 0)) await useCredit(tx, context, ids)
}

/**
 * Keeps others from creating accounts with these ids until the transaction ends: they then take over the bills that it
 * issues to them. `exclusive` also keeps others from issuing such bills, for a transaction that creates the accounts.
 */
export function holdOffAccounts(
  tx: Transaction,
  tenantId: string,
  ids: readonly string[],
  mode: keyof typeof LOCKS
): Promise<void> {
  return lockAccounts(tx, tenantId, ids, mode)
}

/**
 * Checks that a bill can be paid: its amounts have the digits of the currency, and the remaining amount is at most the
 * amount due.
 */
function requireSoundAmounts({ amountDue, remainingAmount }: Bill, isStored: boolean): void {
  if (!amountDue) throw new Error('a bill that says nothing of what is due is in the ledger')
  const { unit, value: due } = amountDue
  const digits = minorDigits(unit)
  const remaining = remainingAmount?.value ?? due
  for (const [name, value] of Object.entries({ amountDue: due, remainingAmount: remaining })) {
    if (!new Big(value).round(digits).eq(value)) throw refusal(BILLS.tooManyDecimals(name, digits, unit), isStored)
  }
  if (new Big(remaining).times(due).lt(0) || new Big(remaining).abs().gt(new Big(due).abs())) {
    throw refusal(BILLS.remainingOutside(), isStored)
  }
}

/** Returns a fault of what is stored as a conflict. */
function refusal(fault: Problem, isStored: boolean): Problem {
  return isStored ? BILLS.stateByAmounts(fault.message, '') : fault
}

// IN_LEDGER requires both.
const FOREIGN = rowOf('customer_bill', { id: text, billingAccountId: stated, amountDueUnit: stated }, 'b')

/**
 * Posts those of the bills that belong in the ledger, and pays them from credit. Returns whether there are any. Locks
 * the rows before the balances: nobody else can pay the bills yet.
 */
async function issueTo(
  tx: Transaction,
  context: ChangeContext,
  accountIds: readonly string[],
  own: Sql
): Promise<boolean> {
  const { tenantId } = context.author
  await lockAccounts(tx, tenantId, accountIds, 'shared')
  const { rows } = await tx.run(prepared`SELECT ${FOREIGN.columns} FROM "customer_bill" b
      WHERE b."tenant_id" = ${tenantId} AND ${IN_LEDGER} AND ${own}`)
  const bills = rows.map(FOREIGN.read).map(({ amountDueUnit: currency, ...bill }) => ({ ...bill, currency }))
  if (bills.length === 0) return false
  const balances = await lockBalances(tx, tenantId, bills)
  await post(tx, context, own)
  if (balances.some(({ credit }) => Number(credit) > 0)) {
    await useCredit(
      tx,
      context,
      bills.map(({ id }) => id)
    )
  }
  return true
}

/**
 * Posts bills that other systems issued to accounts before these were created, as of now. A new account has no credit
 * to pay them.
 */
export async function takeOverBills(tx: Transaction, context: ChangeContext, ids: readonly string[]): Promise<void> {
  await lockAccounts(tx, context.author.tenantId, ids, 'exclusive')
  await post(tx, context, sql`b."billing_account_id" = ANY(${ids}::text[])`)
}

const LOCKS = {
  shared: sql`pg_advisory_xact_lock_shared`,
  exclusive: sql`pg_advisory_xact_lock`
} as const

/** Accounts share locks, so that many bills do not fill the database's table of locks. */
const LOCKS_MAX = 256

/** An account and bills to its id lock each other out; else neither might see the other. */
async function lockAccounts(
  tx: Transaction,
  tenantId: string,
  ids: readonly string[],
  mode: keyof typeof LOCKS
): Promise<void> {
  await tx.run(prepared`SELECT ${LOCKS[mode]}(l."key") FROM (
      SELECT hashtextextended(concat('bills of ', s."share", ' of ', ${tenantId}::text), 0) AS "key"
      FROM (SELECT DISTINCT abs(hashtext(a."id") % ${LOCKS_MAX}::int) AS "share" FROM unnest(${ids}::text[]) a("id")) s
      ORDER BY 1) l`)
}

async function post(tx: Transaction, context: ChangeContext, bills: Sql): Promise<void> {
  const now = context.clock()
  await sayWhatRemains(tx, context, bills, now)
  await postForeignBills(tx, context.author.tenantId, { bills, chargedAt: sql`${now}`, paidAt: sql`${now}` })
  await settleWithNothingLeft(tx, context, bills)
}

/** Fills in the remaining amount, which payments need: all of the amount due, or nothing of a settled bill. */
async function sayWhatRemains(tx: Transaction, context: ChangeContext, bills: Sql, now: Instant): Promise<void> {
  const { author } = context
  const { rows } =
    await tx.run(prepared`UPDATE "customer_bill" b SET "version" = b."version" + 1, "last_update" = ${now},
        "remaining_amount_value" = CASE b."state" WHEN 'settled' THEN 0 ELSE b."amount_due_value" END,
        "remaining_amount_unit" = b."amount_due_unit"
      WHERE b."tenant_id" = ${author.tenantId} AND ${IN_LEDGER} AND b."remaining_amount_value" IS NULL AND ${bills}
      RETURNING ${BILL_COLUMNS}`)
  const changes = rows.map((row) => {
    const { id, document } = readStored(customerBill, row)
    const after = { remainingAmount: document.remainingAmount }
    return { action: 'issue' as const, resourceType: customerBill.type, resourceId: id, before: {}, after }
  })
  if (changes.length === 0) return
  await recordChanges(tx, context, changes, now)
  const ids = changes.map(({ resourceId }) => resourceId)
  await recordEvents(tx, context, customerBill, 'attributeValueChanged', ids, now)
}
