import type { Author } from '../../audit/record.ts'

export function authorIn(tenantId: string): Author {
  return { tenantId, actor: { type: 'system', id: 'billing', name: 'billing' } }
}
