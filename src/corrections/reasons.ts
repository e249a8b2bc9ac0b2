import type { Transaction } from '../db/database.ts'
import { scalar, texts } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { CORRECTIONS } from '../messages/correction.ts'

/** Throws `invalidField` for a reason that is none of the tenant's. */
export async function requireReason(tx: Transaction, tenantId: string, reason: string): Promise<void> {
  const found = await tx.run(prepared`SELECT "correction_reasons" FROM "tenant" WHERE "id" = ${tenantId}`)
  const reasons = scalar(found, texts)
  if (!reasons.includes(reason)) throw CORRECTIONS.unknownReason(reasons)
}
