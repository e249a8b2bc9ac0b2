import { type Account, findAccount } from '../accounts/lookup.ts'
import { recordChange } from '../audit/record.ts'
import { canonicalDecimal, compareDecimals } from '../base/money.ts'
import { recordCorrections } from '../billing/corrections/events.ts'
import { giveFrom, giveOf } from '../billing/payments/given.ts'
import type { Transaction } from '../db/database.ts'
import { computed, decimal, rowOf, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { availableOf } from '../ledger/available.ts'
import { addCredits, type BalanceKey, lockBalances } from '../ledger/balance.ts'
import { post } from '../ledger/post.ts'
import { BODIES } from '../messages/body.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { aboutName } from '../messages/problem.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { earlier, type Made, type Reasoned } from './known.ts'
import { requireReason } from './reasons.ts'

export interface NewRefund extends Reasoned {
  readonly amount: { readonly unit: string; readonly value: number }
  readonly method: string
  /** Credit of an account, or of one payment of it. */
  readonly of: { readonly account: string } | { readonly paymentId: string }
}

const PAYMENT = rowOf(
  'payment',
  {
    billingAccountId: text,
    left: computed(
      decimal,
      sql`CASE WHEN p."reversed_at" IS NULL THEN p."amount" - p."given" - coalesce((SELECT sum(a."amount")
        FROM "payment_allocation" a WHERE a."tenant_id" = p."tenant_id" AND a."payment_id" = p."id"), 0) ELSE 0 END`
    ),
    currency: text
  },
  'p'
)

/**
 * Pays credit of an account out, never more than there is: of a payment its unused part, of a prepaid account what its
 * usage and its holds leave. Throws `invalidField` and `conflict`. Locks the balance.
 */
export async function createRefund(tx: Transaction, context: ChangeContext, wanted: NewRefund): Promise<Made> {
  const { tenantId } = context.author
  const { reason, description, reference, contentHash, method, of } = wanted
  const known = await earlier(tx, tenantId, 'refund', wanted)
  if (known !== undefined) return { id: known, isNew: false }
  await requireReason(tx, tenantId, reason)
  const account = await accountOf(tx, tenantId, of)
  const { unit: currency, value } = wanted.amount
  const key = { billingAccountId: account.id, currency }
  const amount = String(canonicalDecimal(String(value)))
  const [balance] = await lockBalances(tx, tenantId, [key])
  const paymentId = 'paymentId' in of ? of.paymentId : undefined
  const most = await leftOf(tx, context, account, key, paymentId, balance?.credit ?? '0')
  if (compareDecimals(amount, most) > 0) throw CORRECTIONS.moreThanCredit(amount, currency, most)
  const [id, now] = [context.newId(), context.clock()]
  await tx.run(sql`INSERT INTO "correction" ("tenant_id", "id", "partner_id", "kind", "created_at",
      "billing_account_id", "currency", "amount", "credited", "reason", "description", "reference", "content_hash",
      "method", "payment_id")
    VALUES (${tenantId}, ${id}, ${account.partnerId}, 'refund', ${now}, ${account.id}, ${currency}, ${amount}, 0,
      ${reason}, ${description}, ${reference}, ${contentHash}, ${method}, ${paymentId})`)
  const source = { sourceType: 'refund', sourceId: id, billingAccountId: account.id } as const
  await post(tx, { tenantId, journalId: context.newId(), postedAt: now, ...source }, [
    { book: 'cash', detail: method, currency, amount: `-${amount}` },
    { book: 'balance', currency, amount }
  ])
  if (paymentId === undefined) await giveFrom(tx, tenantId, key, { amount })
  else await giveOf(tx, tenantId, paymentId, amount)
  await addCredits(tx, tenantId, [{ ...key, credit: `-${amount}` }])
  const about = { billingAccount: { id: account.id }, payment: paymentId && { id: paymentId } }
  const after = { ...about, amount: { unit: currency, value: amount }, method, reason, description, reference }
  await recordChange(tx, context, { action: 'create', resourceType: 'Refund', resourceId: id, after }, now)
  await recordCorrections(tx, context, 'refund', 'created', [id], now)
  return { id, isNew: true }
}

async function accountOf(tx: Transaction, tenantId: string, of: NewRefund['of']): Promise<Account> {
  const paid = 'paymentId' in of ? await paymentOf(tx, tenantId, of.paymentId) : undefined
  const account = await findAccount(tx, { tenantId }, 'account' in of ? of.account : String(paid?.billingAccountId))
  if (account) return account
  throw aboutName(BODIES.unknownReference('$.billingAccount.id', 'billing account'))
}

async function paymentOf(tx: Transaction, tenantId: string, id: string) {
  const { rows } = await tx.run(prepared`SELECT ${PAYMENT.columns} FROM "payment" p
    WHERE p."tenant_id" = ${tenantId} AND p."id" = ${id}`)
  const [payment] = rows.map(PAYMENT.read)
  if (payment) return payment
  throw aboutName(BODIES.unknownReference('$.payment.id', 'payment'))
}

/** Returns the most that can be paid out; the balance is locked. */
async function leftOf(
  tx: Transaction,
  context: ChangeContext,
  { billingType }: Account,
  key: BalanceKey,
  paymentId: string | undefined,
  credit: string
): Promise<string> {
  const { tenantId } = context.author
  const paid = paymentId === undefined ? undefined : await paymentOf(tx, tenantId, paymentId)
  if (paid && paid.currency !== key.currency) throw CORRECTIONS.currency('$.amount', paid.currency)
  const { available } =
    billingType === 'prepaid' ? await availableOf(tx, { tenantId, ...key, limit: '0' }, context.clock()) : {}
  const limits = [credit, paid?.left, available].filter((limit) => limit !== undefined)
  const least = limits.reduce((one, other) => (compareDecimals(one, other) < 0 ? one : other))
  return compareDecimals(least, 0) < 0 ? '0' : least
}
