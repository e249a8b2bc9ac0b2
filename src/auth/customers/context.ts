import type { Author } from '../../audit/record.ts'
import type { Clock } from '../../base/clock.ts'
import type { SecretKeys } from '../../base/secret-keys.ts'
import type { Database } from '../../db/database.ts'

/** The requests that may come at once; each is allowed again after its share of the time. */
export interface CustomerLimits {
  /** Of a network, within ten minutes. */
  readonly network: number
  /** For an address of mail or an account, within an hour. */
  readonly address: number
  /** Of a partner, within ten minutes. */
  readonly partner: number
}

export interface CustomerContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly secrets: () => SecretKeys
  /** The public address of the server, with which links begin. */
  readonly root: () => string
  readonly limits: CustomerLimits
  /** Where captchas are verified in place of their providers' own addresses. */
  readonly captchaUrl: string | undefined
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
