import diagnostics from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Access } from '../../src/http/access.ts'

/** A route as the app registered it, with what it finally declares. */
export interface Route {
  readonly method: string
  readonly url: string
  readonly access: Access | undefined
}

const registered = new WeakMap<object, RouteOptions[]>()

// The framework tells of every app that is made, before anybody registers anything with it.
diagnostics.subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance }
  const routes: RouteOptions[] = []
  registered.set(fastify, routes)
  fastify.addHook('onRoute', (route) => {
    routes.push(route)
  })
})

/** All routes of an app that was made after this file was imported, HEAD of every GET included. */
export function routesOf(app: FastifyInstance): readonly Route[] {
  const routes = registered.get(app) ?? []
  return routes.flatMap(({ method, url, config }) =>
    [method].flat().map((name) => ({ method: String(name), url, access: config?.access }))
  )
}

/** The routes that ask for a credential. */
export function guardedRoutes(app: FastifyInstance): readonly (Route & { readonly access: { scopes: string[] } })[] {
  const isGuarded = (route: Route): route is Route & { access: { scopes: string[]; supportsProxy: boolean } } =>
    route.access !== undefined && route.access !== 'public'
  return routesOf(app).filter(isGuarded)
}

/** The path of a route, with `id` in place of its parameters. */
export function pathTo({ url }: Pick<Route, 'url'>, id: string): string {
  return url.replace(/:\w+/g, id)
}
