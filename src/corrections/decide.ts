import { type Author, recordChange } from '../audit/record.ts'
import type { Kind } from '../billing/corrections/list.ts'
import type { Transaction } from '../db/database.ts'
import { prepared, sql } from '../db/sql.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import type { WriteContext } from '../tmf/write.ts'
import { recordApproval } from './approval-events.ts'
import { type Approval, readApproval, readRow } from './approval-list.ts'
import type { Made } from './known.ts'
import { readFigures } from './submit.ts'

/** Makes a correction of a kind from the body that asked for it. */
export type Remake = (tx: Transaction, context: WriteContext, kind: Kind, body: unknown) => Promise<Made>

/** People who may approve; credentials of machines have no eyes. */
const PEOPLE: readonly string[] = ['user', 'sso']

/**
 * Approves a correction: makes it, with all its checks, as the request asked for it. Throws `notFound`, `accessDenied`
 * for who asked for it and for machines, and `conflict` if it is decided already, cannot be made any more, or would be
 * of another amount by now.
 */
export async function approve(tx: Transaction, context: WriteContext, id: string, remake: Remake): Promise<void> {
  const { tenantId } = context.author
  const approval = await lockPending(tx, context, id)
  requireOther(context.author, approval)
  const { id: correctionId } = await remake(tx, context, approval.kind, JSON.parse(approval.body))
  const { currency, amount, billingAccountId } = await readFigures(tx, tenantId, correctionId)
  const isSame = amount === approval.amount && currency === approval.currency
  if (!isSame || billingAccountId !== approval.billingAccountId) {
    throw CORRECTIONS.changedSince(amount, currency, approval.amount)
  }
  await decide(tx, context, id, { state: 'approved', correctionId })
}

/** Rejects a correction; who asked for it may take it back so. Throws `notFound`, and `conflict` if it is decided. */
export async function reject(
  tx: Transaction,
  context: WriteContext,
  id: string,
  comment: string | undefined
): Promise<void> {
  await lockPending(tx, context, id)
  await decide(tx, context, id, { state: 'rejected', comment })
}

async function lockPending(tx: Transaction, { view }: WriteContext, id: string): Promise<Approval> {
  await tx.run(prepared`SELECT FROM "correction_approval" WHERE "tenant_id" = ${view.tenantId} AND "id" = ${id}
    FOR UPDATE`)
  const approval = readRow(await readApproval(tx, view, id))
  if (approval.state !== 'pendingApproval') throw CORRECTIONS.decided(approval.state)
  return approval
}

function requireOther({ actor }: Author, { requestedByType, requestedById }: Approval): void {
  if (!PEOPLE.includes(actor.type)) throw CORRECTIONS.noPerson()
  if (actor.type === requestedByType && actor.id === requestedById) throw CORRECTIONS.ownRequest()
}

interface Decision {
  readonly state: 'approved' | 'rejected'
  readonly correctionId?: string
  readonly comment?: string | undefined
}

const ACTIONS = { approved: 'approve', rejected: 'reject' } as const

async function decide(
  tx: Transaction,
  context: WriteContext,
  id: string,
  { state, correctionId, comment }: Decision
): Promise<void> {
  const { tenantId, actor } = context.author
  const now = context.clock()
  await tx.run(sql`UPDATE "correction_approval" SET "version" = "version" + 1, "state" = ${state},
      "decided_at" = ${now}, "decided_by_type" = ${actor.type}, "decided_by_id" = ${actor.id},
      "decided_by_name" = ${actor.name}, "comment" = ${comment}, "correction_id" = ${correctionId}
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  const change = {
    ...{ action: ACTIONS[state], resourceType: 'CorrectionApproval', resourceId: id },
    before: { state: 'pendingApproval' },
    after: { state, correction: correctionId && { id: correctionId }, comment }
  }
  await recordChange(tx, context, change, now)
  await recordApproval(tx, context, 'stateChanged', id, now)
}
