import type { Author } from '../../audit/record.ts'

/** What the engine does by itself, it does in its own name. */
export function authorIn(tenantId: string): Author {
  return { tenantId, actor: { type: 'system', id: 'billing', name: 'billing' } }
}
