/**
 * The access a route requires; each declares it in its `config`. Any of the scopes opens the route. `supportsProxy`
 * lets a provider act as one of its partners.
 */
export type Access = 'public' | { readonly scopes: readonly string[]; readonly supportsProxy: boolean }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}
