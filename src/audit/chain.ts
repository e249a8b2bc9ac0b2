import { createHash } from 'node:crypto'

/** What a seal covers, in this order: every column of a row but its position, which is told apart, and its hash. */
export const SEALED_COLUMNS = [
  'tenant_id',
  'id',
  'recorded_at',
  'actor_type',
  'actor_id',
  'actor_name',
  'on_behalf_of',
  'address',
  'request_id',
  'action',
  'resource_type',
  'resource_id',
  'before',
  'after'
] as const

/** What the first row of a tenant has in the place of the hash of the row before it. */
export function genesis(tenantId: string): string {
  return `genesis:${tenantId}`
}

/**
 * The hash of a row: lower-case hex SHA-256 over the UTF-8 JSON array of its position (as a text), the hash of the
 * row before it and its columns as Postgres prints them (in UTC; null where there is none). JSON quotes every text, so
 * that no two rows have the same array.
 */
export function hashOf(position: number, previousHash: string, columns: readonly (string | null)[]): string {
  return createHash('sha256')
    .update(JSON.stringify([String(position), previousHash, ...columns]))
    .digest('hex')
}
