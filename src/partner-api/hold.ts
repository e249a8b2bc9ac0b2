import { BILLING_TYPES } from '../accounts/attributes.ts'
import type { Account } from '../accounts/lookup.ts'
import { recordChange } from '../audit/record.ts'
import { type Instant, later } from '../base/instant.ts'
import { compareDecimals, sumDecimals } from '../base/money.ts'
import type { Database, Transaction } from '../db/database.ts'
import { computed, decimal, instant, oneOf, optional, rowOf, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { availableOf } from '../ledger/available.ts'
import { lockBalances } from '../ledger/balance.ts'
import { PARTNERS } from '../messages/partner.ts'
import { aboutName } from '../messages/problem.ts'
import { appliedCustomerBillingRate } from '../resources/applied-customer-billing-rate.ts'
import { idOf } from '../tmf/representation.ts'
import type { View } from '../tmf/view.ts'
import { create, type WriteContext } from '../tmf/write.ts'

const STATES = ['active', 'captured', 'released'] as const
const TYPE = 'BalanceHold'

/** Holds are kept so long after they expired: repetitions get the same answer. */
const KEPT_DAYS = 30
const PURGED_MAX = 10_000

export type Authorization =
  | { readonly isCovered: true; readonly id: string; readonly expiresAt: Instant; readonly available?: string }
  | { readonly isCovered: false; readonly available?: string }

/**
 * Holds a part of a balance for so many seconds, if it is covered: never more than the balance and the limit together,
 * less other holds. Throws `conflict` for an account that is not active.
 */
export async function authorize(
  tx: Transaction,
  context: WriteContext,
  account: Account,
  { amount, ttlS }: { readonly amount: string; readonly ttlS: number }
): Promise<Authorization> {
  if (account.status !== 'ACTIVE') throw PARTNERS.accountInactive(account.status)
  const { tenantId } = context.author
  const key = { billingAccountId: account.id, currency: account.invoiceCurrency }
  await lockBalances(tx, tenantId, [key])
  const now = context.clock()
  const { available } = await availableOf(tx, { tenantId, ...key, limit: limitOf(account) }, now)
  if (available !== undefined && compareDecimals(available, amount) < 0) return { isCovered: false, available }
  const [id, expiresAt] = [context.newId(), later(now, ttlS)]
  await tx.run(prepared`INSERT INTO "balance_hold" ("tenant_id", "id", "account_id", "currency", "amount", "created_at",
        "expires_at", "state")
      VALUES (${tenantId}, ${id}, ${account.id}, ${key.currency}, ${amount}, ${now}, ${expiresAt}, 'active')`)
  const after = { billingAccount: { id: account.id }, amount: { unit: key.currency, value: Number(amount) }, expiresAt }
  const change = { action: 'create' as const, resourceType: TYPE, resourceId: id, after }
  await recordChange(tx, context, change, now)
  return { isCovered: true, id, expiresAt, ...(available && { available: sumDecimals([available, `-${amount}`]) }) }
}

/** Prepaid accounts go no further below zero than their credit limit; others only if they have one. */
export function limitOf({ billingType, creditLimit }: Pick<Account, 'billingType' | 'creditLimit'>) {
  return creditLimit ?? (billingType === 'prepaid' ? '0' : undefined)
}

export interface Capture {
  readonly holdId: string
  readonly amount: string
  /** Members of the rate besides its account and its amount. */
  readonly rate: Readonly<Record<string, unknown>>
}

/**
 * Ends a hold as a rate, created like any other. Beyond the amount of the hold, and after it has expired, the balance
 * must cover it. Returns the id of the rate; the same for the same amount again. Throws `notFound` without such a hold
 * in the view, `conflict` for one that has ended otherwise and for an amount that is not covered.
 */
export async function capture(
  tx: Transaction,
  context: WriteContext,
  { holdId, amount, rate }: Capture
): Promise<string> {
  const { tenantId } = context.author
  const hold = await lockHold(tx, context.view, holdId)
  if (hold.state === 'released') throw PARTNERS.holdEnded(hold.state)
  if (hold.state === 'captured') {
    if (hold.rateId !== undefined && compareDecimals(String(hold.captured), amount) === 0) return hold.rateId
    throw PARTNERS.holdCaptured()
  }
  const { billingAccountId, currency } = hold
  const now = context.clock()
  const isHeld = hold.expiresAt > now && compareDecimals(amount, hold.amount) <= 0
  if (!isHeld) {
    const spendable = { tenantId, billingAccountId, currency, limit: limitOf(hold), without: holdId }
    const { available } = await availableOf(tx, spendable, now)
    if (available !== undefined && compareDecimals(available, amount) < 0) throw PARTNERS.notCovered(available)
  }
  const taxExcludedAmount = { unit: currency, value: Number(amount) }
  const body = { type: 'usageCharge', ...rate, billingAccount: { id: billingAccountId }, taxExcludedAmount }
  const { row } = await create(tx, context, appliedCustomerBillingRate, body)
  const rateId = idOf(row)
  await end(tx, context, hold, { state: 'captured', captured: amount, rateId })
  return rateId
}

/** Ends a hold without a charge; once more changes nothing. Throws `notFound`, and `conflict` for a captured one. */
export async function release(tx: Transaction, context: WriteContext, holdId: string): Promise<void> {
  const hold = await lockHold(tx, context.view, holdId)
  if (hold.state === 'captured') throw PARTNERS.holdEnded(hold.state)
  if (hold.state === 'active') await end(tx, context, hold, { state: 'released' })
}

const HOLD = rowOf(
  'balance_hold',
  {
    id: text,
    billingAccountId: computed(text, sql`h."account_id"`),
    currency: text,
    amount: decimal,
    expiresAt: instant,
    state: oneOf(STATES),
    captured: optional(decimal),
    rateId: optional(text),
    billingType: computed(oneOf(BILLING_TYPES), sql`a."billing_type"`),
    creditLimit: computed(optional(decimal), sql`a."credit_limit"`)
  },
  'h'
)

type Hold = ReturnType<typeof HOLD.read>

/** Locks the balance of a hold, under which it ends, and reads it. */
async function lockHold(tx: Transaction, view: View, id: string): Promise<Hold> {
  const found = await findHold(tx, view, id)
  if (!found) throw aboutName(PARTNERS.unknownHold())
  await lockBalances(tx, view.tenantId, [found])
  return (await findHold(tx, view, id)) ?? found
}

async function findHold(tx: Transaction, { tenantId, partnerId }: View, id: string): Promise<Hold | undefined> {
  const found = await tx.run(prepared`SELECT ${HOLD.columns} FROM "balance_hold" h
      JOIN "billing_account" a ON a."tenant_id" = h."tenant_id" AND a."id" = h."account_id"
      WHERE h."tenant_id" = ${tenantId} AND h."id" = ${id}
        AND (${partnerId}::text IS NULL OR a."partner_id" = ${partnerId})`)
  return found.rows.map(HOLD.read)[0]
}

interface End {
  readonly state: 'captured' | 'released'
  readonly captured?: string
  readonly rateId?: string
}

async function end(tx: Transaction, context: WriteContext, { id }: Hold, ended: End): Promise<void> {
  const { author, clock } = context
  const { state, captured, rateId } = ended
  await tx.run(prepared`UPDATE "balance_hold" SET "state" = ${state}, "captured" = ${captured}, "rate_id" = ${rateId}
      WHERE "tenant_id" = ${author.tenantId} AND "id" = ${id}`)
  const change = {
    action: 'patch' as const,
    resourceType: TYPE,
    resourceId: id,
    before: { state: 'active' },
    after: ended
  }
  await recordChange(tx, context, change, clock())
}

/** Removes holds that expired long ago, the oldest first. */
export async function purgeHolds(database: Database): Promise<void> {
  const before = later(database.clock(), -KEPT_DAYS * 86_400)
  await database.run(sql`DELETE FROM "balance_hold" WHERE ("tenant_id", "id") IN (
    SELECT "tenant_id", "id" FROM "balance_hold" WHERE "expires_at" < ${before}
    ORDER BY "expires_at" LIMIT ${PURGED_MAX} FOR UPDATE SKIP LOCKED)`)
}
