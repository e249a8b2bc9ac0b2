import type { Author } from '../../audit/record.ts'
import type { Clock } from '../../base/clock.ts'
import type { SecretKeys } from '../../base/secret-keys.ts'
import type { Database } from '../../db/database.ts'

export interface CustomerContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly secrets: () => SecretKeys
  /** The public address of the server, with which links begin. */
  readonly root: () => string
}

/** Where a request of a customer comes from. */
export interface Origin {
  readonly address: string
  readonly requestId?: string | undefined
}

/** Returns a customer as the author of a change; `id` is that of the sign-in, or of the account that a link opens. */
export function customerAuthor(tenantId: string, id: string, { address, requestId }: Origin): Author {
  return { tenantId, actor: { type: 'customer', id, name: id }, address, requestId }
}
