import type { Clock } from '../base/clock.ts'
import type { Note } from '../db/secrets.ts'
import { type Author, recordChange } from './record.ts'

/** Adds a row to the audit of each tenant whose secrets are sealed again. It names them and reveals nothing. */
export function sealingNote({
  actor,
  clock,
  newId
}: {
  readonly actor: Author['actor']
  readonly clock: Clock
  readonly newId: () => string
}): Note {
  return async (tx, tenantId, ids, { table }) => {
    const after = { sealedAnew: ids.length, in: table, ids }
    const change = { action: 'rotate' as const, resourceType: 'SealedSecrets', resourceId: tenantId, after }
    await recordChange(tx, { author: { tenantId, actor }, newId }, change, clock())
  }
}
