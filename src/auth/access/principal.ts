import type { Scope } from './scopes.ts'

/** Who is behind a request: a user, a client for itself, an API key, or a person whom the identity provider knows. */
export interface Actor {
  readonly type: 'user' | 'client' | 'apiKey' | 'sso'
  readonly id: string
  readonly name: string
}

/** A partner as a principal knows it. */
export interface PartnerOf {
  readonly id: string
  readonly accountNumber: string
}

/** Who asks and what they may, as one request sees it. The tenant comes from here and nowhere else. */
export interface Principal {
  readonly tenantId: string
  readonly actor: Actor
  readonly scopes: readonly Scope[]
  /** The partner whose rows alone are seen, and who owns what is created; none for the provider itself. */
  readonly partner: PartnerOf | undefined
  /** A provider's principal that acts as the partner, by the header; false for the partner's own. */
  readonly isProxy: boolean
}
