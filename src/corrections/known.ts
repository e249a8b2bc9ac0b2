import { createHash } from 'node:crypto'
import type { Transaction } from '../db/database.ts'
import { rowOf, text } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { aboutName } from '../messages/problem.ts'

/** The name of a correction, and a hash that tells a repetition from another one. */
export interface Named {
  /** The sender's own name for it: sent again, it is done once. */
  readonly reference: string | undefined
  readonly contentHash: string
}

/** A correction with its reason, one of the tenant's. */
export interface Reasoned extends Named {
  readonly reason: string
  readonly description: string | undefined
}

/** The id of a correction, or that of the earlier one of the same reference. */
export interface Made {
  readonly id: string
  readonly isNew: boolean
}

const EARLIER = rowOf('correction', { id: text, contentHash: text })

export function namedAs(reference: string | undefined, content: readonly unknown[]): Named {
  return { reference, contentHash: createHash('sha256').update(JSON.stringify(content)).digest('hex') }
}

/**
 * Returns the id of the earlier correction of the same reference and content. Throws `conflict` for one of other
 * content. Nobody else takes the reference until the transaction ends.
 */
export async function earlier(
  tx: Transaction,
  tenantId: string,
  kind: string,
  { reference, contentHash }: Named
): Promise<string | undefined> {
  if (reference === undefined) return undefined
  const name = JSON.stringify(['correction', tenantId, kind, reference])
  await tx.run(prepared`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`)
  const { rows } = await tx.run(prepared`SELECT ${EARLIER.columns} FROM "correction"
    WHERE "tenant_id" = ${tenantId} AND "kind" = ${kind} AND "reference" = ${reference}`)
  const [known] = rows.map(EARLIER.read)
  if (known && known.contentHash !== contentHash) throw aboutName(CORRECTIONS.referenceTaken())
  return known?.id
}
