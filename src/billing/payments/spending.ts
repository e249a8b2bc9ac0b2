import { recordChanges } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { Allocation } from '../../ledger/post.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { allocate, matched } from './allocation.ts'
import { fillOverdraft, overdrawn } from './overdraft.ts'
import { ofAccounts } from './payable.ts'
import { balanceKey, type Incoming } from './receipt.ts'

/** A payment that is stored and posted. */
export interface Taken extends Incoming {
  readonly id: string
}

/** Pays bills from payments, in their order, and records these in the audit. Balances and bills are locked. */
export async function spend(
  tx: Transaction,
  context: ChangeContext,
  payments: readonly Taken[],
  now: Instant
): Promise<void> {
  const { tenantId } = context.author
  const limits = await overdrawn(tx, tenantId, payments.map(balanceKey))
  const fill = async (those: readonly Taken[]) => {
    for (const payment of those) {
      const key = balanceKey(payment)
      if (limits.has(key.billingAccountId)) await fillOverdraft(tx, context, { id: payment.id, now, ...key })
    }
  }
  for (const wave of wavesOf(payments)) {
    const [named, others] = [wave.filter(isNamed), wave.filter((payment) => !isNamed(payment))]
    await fill(others)
    const allocations = [...(await payNamed(tx, tenantId, named)), ...(await payDue(tx, tenantId, others))]
    await record(tx, context, wave, allocations, now)
    await allocate(tx, context, allocations, now)
    await fill(named)
  }
}

async function record(
  tx: Transaction,
  context: ChangeContext,
  payments: readonly Taken[],
  allocations: readonly Allocation[],
  now: Instant
): Promise<void> {
  const byPayment = Map.groupBy(allocations, ({ paymentId }) => paymentId)
  const changes = payments.map(({ id, account, receipt: { amount, method, reference, valueDate, from } }) => {
    const paid = byPayment.get(id) ?? []
    const parts = paid.map(({ billId, amount: part }) => ({ bill: { id: billId }, amount: part }))
    const transfer = from && { giver: { id: from.giverId }, description: from.description }
    const about = { amount, method, reference, valueDate, ...transfer }
    const after = { billingAccount: { id: account.id }, ...about, allocations: parts }
    return { action: 'create' as const, resourceType: 'Payment', resourceId: id, after }
  })
  await recordChanges(tx, context, changes, now)
}

function isNamed({ receipt }: Taken): boolean {
  return receipt.billIds !== undefined
}

async function payNamed(tx: Transaction, tenantId: string, payments: readonly Taken[]): Promise<readonly Allocation[]> {
  if (payments.length === 0) return []
  const bills = sql`${payments.flatMap(({ receipt }) => receipt.billIds ?? [])}::text[]`
  const order = sql`array_position(${bills}, b."id")`
  return matched(tx, tenantId, { payments: these(payments), bills: sql`b."id" = ANY(${bills})`, order, isNamed: true })
}

async function payDue(tx: Transaction, tenantId: string, payments: readonly Taken[]): Promise<readonly Allocation[]> {
  if (payments.length === 0) return []
  const bills = ofAccounts(payments.map(balanceKey))
  return matched(tx, tenantId, { payments: these(payments), bills, order: sql`b."payment_due_date"` })
}

function these(payments: readonly Taken[]) {
  return sql`p."id" = ANY(${payments.map(({ id }) => id)}::text[])`
}

/**
 * Divides payments into waves that can be matched at once: of one balance, either one payment that names bills, or
 * payments without names, which pay first in, first out anyway.
 */
export function wavesOf<P extends Pick<Taken, 'account' | 'receipt'>>(
  payments: readonly P[]
): readonly (readonly P[])[] {
  const waves: P[][] = []
  const last = new Map<string, { readonly wave: number; readonly isNamed: boolean }>()
  for (const payment of payments) {
    const key = JSON.stringify([payment.account.id, payment.receipt.amount.unit])
    const isNamed = payment.receipt.billIds !== undefined
    const before = last.get(key)
    const isNext = before && (before.isNamed || isNamed)
    const wave = before ? before.wave + (isNext ? 1 : 0) : 0
    const one = waves[wave] ?? []
    one.push(payment)
    waves[wave] = one
    last.set(key, { wave, isNamed })
  }
  return waves
}
