import type { Scope } from './scopes.ts'

/** The sender of a request: a user, a client for itself, an API key, or a person from the identity provider. */
export interface Actor {
  readonly type: 'user' | 'client' | 'apiKey' | 'sso'
  readonly id: string
  readonly name: string
}

export interface PartnerOf {
  readonly id: string
  readonly accountNumber: string
}

/** The identity and the rights of a request. The tenant comes from here and nowhere else. */
export interface Principal {
  readonly tenantId: string
  readonly actor: Actor
  readonly scopes: readonly Scope[]
  /** The partner whose rows are visible and who owns new rows; undefined for the provider. */
  readonly partner: PartnerOf | undefined
  /** The provider acts as this partner, by the header. */
  readonly isProxy: boolean
}
