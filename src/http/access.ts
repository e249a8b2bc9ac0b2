/**
 * The access a route requires; each declares it in its `config`. Any of the scopes opens the route. `supportsProxy`
 * lets a provider act as one of its partners. `operatorOnly` keeps out tenants that do not operate the service.
 */
export type Access =
  | 'public'
  | { readonly scopes: readonly string[]; readonly supportsProxy: boolean; readonly operatorOnly?: boolean }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}

export const PUBLIC = { config: { access: 'public' } } as const
