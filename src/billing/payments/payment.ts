import { createHash } from 'node:crypto'
import type { Account } from '../../accounts/lookup.ts'
import { recordChange } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { boolean, computed, optional, rowOf, text } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { addCredits, type BalanceKey, lockBalances } from '../../ledger/balance.ts'
import { post } from '../../ledger/post.ts'
import { PAYMENTS } from '../../messages/payment.ts'
import { aboutName } from '../../messages/problem.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { allocate, matched, PAYABLE } from './allocation.ts'
import { recordPayment } from './events.ts'
import { fillOverdraft } from './overdraft.ts'

export const METHODS = ['cash', 'card', 'bankTransfer', 'directDebit', 'wallet', 'other'] as const

export interface Receipt {
  readonly amount: { readonly unit: string; readonly value: number }
  readonly method: (typeof METHODS)[number]
  /** Unique to its sender: an equal reference, or one that looks the same, means the same payment. */
  readonly reference: string
  /** The owner of the reference, see own-names.ts. */
  readonly nameSpace: string
  /** The bills to pay, in this order; undefined pays those due first. */
  readonly billIds: readonly string[] | undefined
}

/**
 * Takes a payment and pays bills: the named ones and then those the credit limit paid, or without names the latter and
 * then those due. The rest becomes the account's credit. Returns the id, and false as `isNew` for the same reference
 * with the same content. Throws `conflict` for a reference with other content, an archived account or a bill that
 * cannot be paid, `invalidField` for a bill of another account or currency.
 */
export async function pay(
  tx: Transaction,
  context: ChangeContext,
  account: Pick<Account, 'id' | 'partnerId' | 'status'>,
  receipt: Receipt
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { tenantId } = context.author
  const hash = contentHash(account.id, receipt)
  const key = { billingAccountId: account.id, currency: receipt.amount.unit }
  await lockBalances(tx, tenantId, [key])
  const known = await findRepeated(tx, tenantId, receipt, hash)
  if (known) return { id: known, isNew: false }
  if (account.status === 'ARCHIVED') throw PAYMENTS.accountArchived()
  const bills = await lockBills(tx, tenantId, key, receipt.billIds)
  const now = context.clock()
  const id = context.newId()
  if (!(await insertPayment(tx, { id, now, tenantId, hash }, account, receipt))) {
    // Another account's payment took the reference meanwhile.
    return { id: String(await findRepeated(tx, tenantId, receipt, hash)), isNew: false }
  }
  await postReceipt(tx, { id, now, tenantId }, account.id, receipt)
  const filling = { id, now, ...key }
  if (!receipt.billIds) await fillOverdraft(tx, context, filling)
  const allocations = await matched(tx, tenantId, { payments: sql`p."id" = ${id}`, ...bills })
  const { amount, method, reference } = receipt
  const paid = allocations.map(({ billId, amount: part }) => ({ bill: { id: billId }, amount: part }))
  const after = { billingAccount: { id: account.id }, amount, method, reference, allocations: paid }
  const change = { action: 'create' as const, resourceType: 'Payment', resourceId: id, after }
  await recordChange(tx, context.author, change, { id: context.newId(), now })
  await allocate(tx, context, allocations, now)
  if (receipt.billIds) await fillOverdraft(tx, context, filling)
  await recordPayment(tx, context, 'created', id, now)
  return { id, isNew: true }
}

function contentHash(accountId: string, { amount, method, billIds }: Receipt): string {
  const content = [accountId, amount.unit, amount.value, method, billIds ?? null]
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

const KNOWN = rowOf('payment', { id: text, contentHash: text })

/**
 * Returns the id of an earlier payment with this reference and the same content. Provider and partner share payments
 * taken before references had owners. Among several that look the same, prefers the identical one.
 */
async function findRepeated(
  tx: Transaction,
  tenantId: string,
  { reference, nameSpace }: Receipt,
  hash: string
): Promise<string | undefined> {
  const { rows } = await tx.run(
    sql`SELECT ${KNOWN.columns} FROM "payment" WHERE "tenant_id" = ${tenantId}
      AND "reference_key" = plain_text(${reference})
      AND ("name_space" = ${nameSpace}
        OR "name_space" IS NULL AND (${nameSpace} = '' OR "partner_id" = ${nameSpace}))
      ORDER BY "name_space", "reference" = ${reference} DESC, "reference_twin" LIMIT 1`,
    { prepared: true }
  )
  const [known] = rows.map(KNOWN.read)
  if (known && known.contentHash !== hash) throw aboutName(PAYMENTS.referenceTaken())
  return known?.id
}

async function lockBills(
  tx: Transaction,
  tenantId: string,
  { billingAccountId, currency }: BalanceKey,
  billIds: readonly string[] | undefined
): Promise<{ readonly bills: Sql; readonly order: Sql }> {
  const own = sql`b."billing_account_id" = ${billingAccountId} AND b."remaining_amount_unit" = ${currency}`
  const named = sql`${billIds ?? []}::text[]`
  const bills = billIds ? sql`${own} AND b."id" = ANY(${named})` : own
  await tx.run(sql`SELECT FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND ${PAYABLE} AND ${bills}
    ORDER BY b."id" FOR UPDATE`)
  if (billIds) await requirePayable(tx, tenantId, { billingAccountId, currency }, billIds)
  return { bills, order: billIds ? sql`array_position(${named}, b."id")` : sql`b."payment_due_date"` }
}

const NAMED = rowOf(
  'customer_bill',
  { id: text, remainingAmountUnit: optional(text), state: text, isPayable: computed(optional(boolean), PAYABLE) },
  'b'
)

async function requirePayable(
  tx: Transaction,
  tenantId: string,
  { billingAccountId, currency }: BalanceKey,
  billIds: readonly string[]
): Promise<void> {
  const { rows } = await tx.run(sql`SELECT ${NAMED.columns}
    FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND b."billing_account_id" = ${billingAccountId}
      AND b."id" = ANY(${billIds}::text[])`)
  const found = new Map(rows.map(NAMED.read).map((bill) => [bill.id, bill]))
  for (const [at, id] of billIds.entries()) {
    const bill = found.get(id)
    const path = `$.bills[${at}].id`
    if (!bill) throw PAYMENTS.unknownBill(path)
    const { remainingAmountUnit: unit, state, isPayable } = bill
    if (!isPayable) throw PAYMENTS.billNotPayable(path, state)
    if (unit !== currency) throw PAYMENTS.billCurrency(path, String(unit), currency)
  }
}

interface Taken {
  readonly id: string
  readonly now: Instant
  readonly tenantId: string
}

/** Returns false for a known reference; waits for a concurrent payment with the same one. */
async function insertPayment(
  tx: Transaction,
  { id, now, tenantId, hash }: Taken & { readonly hash: string },
  account: Pick<Account, 'id' | 'partnerId'>,
  { amount, method, reference, nameSpace }: Receipt
): Promise<boolean> {
  const { rowCount } = await tx.run(
    sql`INSERT INTO "payment" ("tenant_id", "id", "partner_id", "created_at", "billing_account_id", "amount",
        "currency", "method", "reference", "name_space", "content_hash")
      VALUES (${tenantId}, ${id}, ${account.partnerId}, ${now}, ${account.id}, ${amount.value}, ${amount.unit},
        ${method}, ${reference}, ${nameSpace}, ${hash})
      ON CONFLICT ("tenant_id", "name_space", "reference_key", "reference_twin") DO NOTHING`,
    { prepared: true }
  )
  return rowCount === 1
}

async function postReceipt(
  tx: Transaction,
  { id, now, tenantId }: Taken,
  billingAccountId: string,
  { amount: { unit: currency, value }, method }: Receipt
): Promise<void> {
  const amount = String(value)
  await post(tx, { tenantId, journalId: id, postedAt: now, billingAccountId, sourceType: 'payment', sourceId: id }, [
    { book: 'cash', detail: method, currency, amount },
    { book: 'balance', currency, amount: `-${amount}` }
  ])
  await addCredits(tx, tenantId, [{ billingAccountId, currency, credit: amount }])
}
