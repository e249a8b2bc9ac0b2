import type { FastifyInstance } from 'fastify'
import { type CustomerSession, readSession } from '../auth/customers/session.ts'
import { cookieJar } from '../pages/cookies.ts'
import type { AskedPage, PageAnswer } from '../pages/routes.ts'
import { type PortalContext, REALM_COOKIE, SESSION_COOKIE } from './visit.ts'

/** Reads the session of each request before its handler. */
export function readCustomers(scope: FastifyInstance, context: PortalContext): void {
  const jar = cookieJar(context.publicUrl)
  scope.addHook('onRequest', async (request) => {
    const cookie = jar.read(request)[SESSION_COOKIE]
    if (cookie !== undefined) request.customer = (await readSession(context, cookie)) ?? null
  })
}

/** Returns the session of a customer, or the way to the page to sign in. */
export function requireCustomer({
  request,
  cookies
}: AskedPage): CustomerSession | Extract<PageAnswer, { seeOther: string }> {
  if (request.customer) return request.customer
  return { seeOther: signInPath(cookies[REALM_COOKIE]) }
}

/** Returns the path of the page to sign in, at the realm of the last time. */
export function signInPath(realmQuery: string | undefined): string {
  const query = new URLSearchParams(realmQuery)
  return `/portal/sign-in${query.size > 0 ? `?${query}` : ''}`
}
