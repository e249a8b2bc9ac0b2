import { recordChange } from '../audit/record.ts'
import type { Kind } from '../billing/corrections/list.ts'
import type { Transaction } from '../db/database.ts'
import { boolean, computed, decimal, optional, rowOf, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { aboutName } from '../messages/problem.ts'
import type { WriteContext } from '../tmf/write.ts'
import { recordApproval } from './approval-events.ts'
import { earlier, type Made, type Reasoned } from './known.ts'

/** A correction that is asked for, and the body that asks for it. */
export interface Asked {
  readonly kind: Kind
  readonly wanted: Reasoned
  readonly body: object
  make(tx: Transaction): Promise<Made>
}

/** A correction, or the approval that it waits for. */
export type Submitted = { readonly correction: Made } | { readonly approvalId: string }

/**
 * Makes a correction. One above the limit of the tenant is made, and undone again: so it is checked in full and its
 * amount is known, and then waits for another user, with nothing booked. The same reference with the same content means
 * the earlier correction or approval. Throws what `make` throws, and `conflict` for a reference with other content.
 */
export async function submit(
  tx: Transaction,
  context: WriteContext,
  { kind, wanted, body, make }: Asked
): Promise<Submitted> {
  const { tenantId } = context.author
  const known = await earlier(tx, tenantId, kind, wanted)
  if (known !== undefined) return { correction: { id: known, isNew: false } }
  const asked = await earlierApproval(tx, tenantId, kind, wanted)
  if (asked !== undefined) return { approvalId: asked }
  await tx.run(sql`SAVEPOINT "correction"`)
  const correction = await make(tx)
  const figures = await readFigures(tx, tenantId, correction.id)
  if (figures.isAbove) await tx.run(sql`ROLLBACK TO SAVEPOINT "correction"`)
  await tx.run(sql`RELEASE SAVEPOINT "correction"`)
  return figures.isAbove ? { approvalId: await ask(tx, context, { kind, wanted, body, figures }) } : { correction }
}

const EARLIER = rowOf('correction_approval', { id: text, contentHash: text })

/** `earlier` keeps the reference. */
async function earlierApproval(
  tx: Transaction,
  tenantId: string,
  kind: Kind,
  { reference, contentHash }: Reasoned
): Promise<string | undefined> {
  if (reference === undefined) return undefined
  const { rows } = await tx.run(prepared`SELECT ${EARLIER.columns} FROM "correction_approval"
    WHERE "tenant_id" = ${tenantId} AND "kind" = ${kind} AND "reference" = ${reference}`)
  const [known] = rows.map(EARLIER.read)
  if (known && known.contentHash !== contentHash) throw aboutName(CORRECTIONS.referenceTaken())
  return known?.id
}

const FIGURES = rowOf(
  'correction',
  {
    billingAccountId: text,
    billId: optional(text),
    currency: text,
    amount: decimal,
    isAbove: computed(
      boolean,
      sql`coalesce(abs(c."amount") > "approval_limit"(t."correction_approval_limits", c."currency"), FALSE)`
    )
  },
  'c'
)
type Figures = ReturnType<typeof FIGURES.read>

/** Reads of which account and amount a correction is, and whether that is above the limit. */
export async function readFigures(tx: Transaction, tenantId: string, id: string): Promise<Figures> {
  return FIGURES.one(
    await tx.run(prepared`SELECT ${FIGURES.columns} FROM "correction" c JOIN "tenant" t ON t."id" = c."tenant_id"
      WHERE c."tenant_id" = ${tenantId} AND c."id" = ${id}`)
  )
}

async function ask(
  tx: Transaction,
  context: WriteContext,
  { kind, wanted, body, figures }: Pick<Asked, 'kind' | 'wanted' | 'body'> & { readonly figures: Figures }
): Promise<string> {
  const { tenantId, actor } = context.author
  const { billingAccountId, billId, currency, amount } = figures
  const { reason, reference, contentHash } = wanted
  const [id, now] = [context.newId(), context.clock()]
  await tx.run(sql`INSERT INTO "correction_approval" ("tenant_id", "id", "kind", "state", "created_at",
      "billing_account_id", "bill_id", "currency", "amount", "reason", "reference", "content_hash", "body",
      "requested_by_type", "requested_by_id", "requested_by_name")
    VALUES (${tenantId}, ${id}, ${kind}, 'pendingApproval', ${now}, ${billingAccountId}, ${billId}, ${currency},
      ${amount}, ${reason}, ${reference}, ${contentHash}, ${JSON.stringify(body)}::jsonb, ${actor.type}, ${actor.id},
      ${actor.name})`)
  const about = { correctionType: kind, billingAccount: { id: billingAccountId }, bill: billId && { id: billId } }
  const after = { ...about, amount: { unit: currency, value: amount }, request: body }
  await recordChange(tx, context, { action: 'create', resourceType: 'CorrectionApproval', resourceId: id, after }, now)
  await recordApproval(tx, context, 'created', id, now)
  return id
}
