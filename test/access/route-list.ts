import diagnostics from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Access } from '../../src/http/access.ts'

/** A registered route with its final declaration. */
export interface Route {
  readonly method: string
  readonly url: string
  readonly access: Access | undefined
}

const registered = new WeakMap<object, RouteOptions[]>()

// Published for every app before its plugins.
diagnostics.subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance }
  const routes: RouteOptions[] = []
  registered.set(fastify, routes)
  fastify.addHook('onRoute', (route) => {
    routes.push(route)
  })
})

/** Returns all routes of an app made after the import of this file, with the HEAD of every GET. */
export function routesOf(app: FastifyInstance): readonly Route[] {
  const routes = registered.get(app) ?? []
  return routes.flatMap(({ method, url, config }) =>
    [method].flat().map((name) => ({ method: String(name), url, access: config?.access }))
  )
}

/** Returns the routes that need a credential. */
export function guardedRoutes(app: FastifyInstance): readonly (Route & { readonly access: { scopes: string[] } })[] {
  const isGuarded = (route: Route): route is Route & { access: { scopes: string[]; supportsProxy: boolean } } =>
    route.access !== undefined && route.access !== 'public'
  return routesOf(app).filter(isGuarded)
}

/** Puts `id` in place of the parameters. */
export function pathTo({ url }: Pick<Route, 'url'>, id: string): string {
  return url.replace(/:\w+/g, id)
}
