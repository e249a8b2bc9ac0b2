/**
 * What a route demands of a request; every route declares it in its `config`. Scopes are those that open the route,
 * any of them; `supportsProxy` says whether a provider may act as one of its partners there.
 */
export type Access = 'public' | { readonly scopes: readonly string[]; readonly supportsProxy: boolean }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}
