import type { Served } from '../tmf/declaration/define.ts'
import { apiKey } from './api-key.ts'
import { auditEntry } from './audit-entry.ts'
import { client } from './client.ts'
import { partner } from './partner.ts'
import { user } from './user.ts'

export const adminResources: ReadonlyMap<string, Served> = new Map<string, Served>(
  [partner, user, client, apiKey, auditEntry].map((resource) => [resource.path, resource])
)
