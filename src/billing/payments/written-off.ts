import type { Instant } from '../../base/instant.ts'
import { negated } from '../../base/money.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, decimal, rowOf, stated, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import type { BalanceKey } from '../../ledger/balance.ts'
import { post } from '../../ledger/post.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { recordCorrections } from '../corrections/events.ts'
import { move } from './allocation.ts'
import { balanceKey, type Incoming } from './receipt.ts'

/** A bill that is written off, or opened again. */
export interface WrittenOff extends BalanceKey {
  /** The id of the write-off. */
  readonly id: string
  readonly billId: string
  readonly amount: string
}

const OPEN = rowOf(
  'correction',
  {
    id: text,
    billId: stated,
    billingAccountId: text,
    currency: text,
    amount: decimal,
    billState: computed(text, sql`c."bill_state"`)
  },
  'c'
)

/** Takes what remains of a bill off it, as bad debt. The balance and the bill are locked. */
export async function writeOffBill(
  tx: Transaction,
  context: ChangeContext,
  { id, billId, amount, ...key }: WrittenOff,
  now: Instant
): Promise<void> {
  await postBadDebt(tx, context, { id, amount, ...key }, now)
  const credit = { billId, currency: key.currency, amount }
  await move(tx, context, [], now, { action: 'writeOff', assignments: sql`"state" = 'settled'`, credit })
}

/** Opens the written-off bills again that payments name, or without names all of their accounts. */
export async function reopenForPayments(
  tx: Transaction,
  context: ChangeContext,
  payments: readonly Incoming[]
): Promise<void> {
  if (payments.length === 0) return
  const named = payments.flatMap(({ receipt }) => receipt.billIds ?? [])
  const keys = payments.map(balanceKey)
  const unnamed = payments.filter(({ receipt }) => !receipt.billIds).map(balanceKey)
  await reopen(tx, context, sql`${isOf(keys)} AND (c."bill_id" = ANY(${named}::text[]) OR ${isOf(unnamed)})`)
}

/** Opens a bill again if it is written off: it is owed as before. Its balance is locked. */
export function reopenBill(tx: Transaction, context: ChangeContext, billId: string): Promise<void> {
  return reopen(tx, context, sql`c."bill_id" = ${billId}`)
}

function isOf(keys: readonly BalanceKey[]): Sql {
  return sql`(c."billing_account_id", c."currency") IN (SELECT * FROM unnest(
    ${keys.map(({ billingAccountId }) => billingAccountId)}::text[], ${keys.map(({ currency }) => currency)}::text[]))`
}

async function reopen(tx: Transaction, context: ChangeContext, those: Sql): Promise<void> {
  const { tenantId } = context.author
  const found = await tx.run(prepared`SELECT ${OPEN.columns} FROM "correction" c
    WHERE c."tenant_id" = ${tenantId} AND c."kind" = 'writeOff' AND c."reopened_at" IS NULL AND ${those}
    ORDER BY c."bill_id" FOR UPDATE`)
  const open = found.rows.map(OPEN.read)
  if (open.length === 0) return
  const now = context.clock()
  for (const { id, billId, amount, billState, ...key } of open) {
    const back = negated(amount)
    await postBadDebt(tx, context, { id, amount: back, ...key }, now)
    // A payment may have been reversed meanwhile: then the bill is open already.
    const assignments = sql`"state" = CASE WHEN b."state" = 'settled' THEN ${billState} ELSE b."state" END`
    const credit = { billId, currency: key.currency, amount: back }
    await move(tx, context, [], now, { action: 'reopen', assignments, credit })
  }
  const ids = open.map(({ id }) => id)
  await tx.run(prepared`UPDATE "correction" SET "reopened_at" = ${now}, "version" = "version" + 1
    WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${ids}::text[])`)
  await recordCorrections(tx, context, 'writeOff', 'stateChanged', ids, now)
}

async function postBadDebt(
  tx: Transaction,
  { author: { tenantId }, newId }: ChangeContext,
  { id, amount, billingAccountId, currency }: Omit<WrittenOff, 'billId'>,
  now: Instant
): Promise<void> {
  const source = { sourceType: 'writeOff', sourceId: id } as const
  await post(tx, { tenantId, journalId: newId(), postedAt: now, billingAccountId, ...source }, [
    { book: 'badDebt', currency, amount },
    { book: 'receivable', currency, amount: negated(amount) }
  ])
}
