import type { Resource } from '../tmf/declaration/resource.ts'
import { apiKey } from './api-key.ts'
import { auditEntry } from './audit-entry.ts'
import { client } from './client.ts'
import { partner } from './partner.ts'
import { user } from './user.ts'

/** By path. */
export const adminResources: ReadonlyMap<string, Resource> = new Map(
  [partner, user, client, apiKey, auditEntry].map((resource) => [resource.path, resource])
)
