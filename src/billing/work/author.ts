import type { Author } from '../../audit/record.ts'

/** Returns the engine as the author, `system`. */
export function authorIn(tenantId: string): Author {
  return { tenantId, actor: { type: 'system', id: 'billing', name: 'billing' } }
}
