import type { Readable } from 'node:stream'
import cookies from '@fastify/cookie'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hashSecret, newSecret } from '../auth/keys/secret.ts'
import { type Parameters, parseForms, takeForms } from '../auth/oauth/form.ts'
import { PUBLIC } from '../http/access.ts'
import { type Address, addressFrom, pathOf, rawQuery } from '../http/address.ts'
import { isOwnForm } from '../http/own-form.ts'
import { PAGES } from '../messages/page.ts'
import { type CookieJar, cookieJar } from './cookies.ts'
import { type Page, renderPage } from './page.ts'

/** A page that people see: its route and the function that makes it. POST takes the form of a page. */
export interface PageRoute<Context> {
  readonly method: 'GET' | 'POST'
  /** Below the base path, e.g. `/bill/{id}`. */
  readonly path: string
  readonly handle: (asked: AskedPage, context: Context) => Promise<PageAnswer>
}

export interface AskedPage {
  readonly request: FastifyRequest
  readonly params: Readonly<Record<string, string>>
  /** Of the query of a GET, or of the form of a POST. */
  readonly parameters: Parameters
  /** Goes into each form, as the field of this name. */
  readonly formToken: string
  readonly cookies: Readonly<Record<string, string | undefined>>
}

export type PageAnswer = PageHeaders &
  ({ readonly page: Page; readonly status?: number } | { readonly seeOther: string } | { readonly content: Content })

export interface PageHeaders {
  readonly headers?: Readonly<Record<string, string | number>>
  /** Values by name; undefined removes a cookie. */
  readonly cookies?: Readonly<Record<string, string | undefined>>
}

interface Content {
  readonly type: string
  readonly body: Readable | Buffer
}

export interface PageSite<Context> {
  readonly base: string
  readonly pages: readonly PageRoute<Context>[]
  readonly context: Context
  readonly publicUrl: string | undefined
  /** Makes the page of a failure. */
  readonly failure: (error: FastifyError, request: FastifyRequest, context: Context) => Promise<PageAnswer>
}

const BODY_LIMIT_BYTES = 16_384
/** A 303 makes the browser follow with a GET (RFC 9110, section 15.4.4). */
const SEE_OTHER = 303
export const FORM_TOKEN = 'formToken'
const FORM_COOKIE = 'form'
const HEADERS = {
  'Cache-Control': 'no-store',
  // Codes stand in the addresses of pages. With no-referrer, browsers would hide the origin of forms, too.
  'Referrer-Policy': 'strict-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY'
}

/**
 * Registers pages. A form of another site is refused: by the headers that browsers send, and by a token in the form
 * that matches a cookie. An unknown path below the base is a failure, too. `prepare` registers further hooks.
 */
export async function registerPages<Context>(
  app: FastifyInstance,
  site: PageSite<Context>,
  prepare: (scope: FastifyInstance) => void
): Promise<void> {
  const origin: Origin = {
    address: addressFrom(site.publicUrl),
    prefix: pathOf(site.publicUrl),
    jar: cookieJar(site.publicUrl)
  }
  await app.register(async (scope) => {
    takeForms(scope, BODY_LIMIT_BYTES)
    await scope.register(cookies)
    scope.addHook('onRequest', async (_, reply) => {
      reply.headers(HEADERS)
    })
    prepare(scope)
    scope.setErrorHandler<FastifyError>(async (error, request, reply) =>
      answer(origin, reply, await site.failure(error, request, site.context))
    )
    for (const { method, path, handle } of site.pages) {
      const url = site.base + path.replaceAll(/\{(\w+)\}/g, ':$1')
      scope.route<{ Params: Params }>({
        method,
        url,
        ...PUBLIC,
        handler: async (request, reply) => {
          const asked = readAsked(origin, request, reply)
          return answer(origin, reply, await handle(asked, site.context))
        }
      })
    }
    // Before the form of a wrong address is read.
    const refuse = async () => {
      throw PAGES.notFound()
    }
    scope.route({ method: ['GET', 'POST'], url: `${site.base}/*`, ...PUBLIC, onRequest: refuse, handler: refuse })
  })
}

type Params = Readonly<Record<string, string>>
type PageRequest = FastifyRequest<{ Params: Params }>

interface Origin {
  readonly address: Address
  /** The path of the public address. */
  readonly prefix: string
  readonly jar: CookieJar
}

function readAsked({ address, jar }: Origin, request: PageRequest, reply: FastifyReply): AskedPage {
  const isForm = request.method === 'POST'
  const parameters = parseForms(isForm ? String(request.body ?? '') : rawQuery(request))
  const named = jar.read(request)
  const secret = named[FORM_COOKIE] ?? newSecret()
  const formToken = hashSecret(secret)
  if (isForm && (!isOwnForm(request, address(request, '').url) || parameters.get(FORM_TOKEN) !== formToken))
    throw PAGES.foreignForm()
  if (named[FORM_COOKIE] === undefined) jar.set(reply, FORM_COOKIE, secret)
  return { request, params: request.params, parameters, formToken, cookies: named }
}

function answer({ prefix, jar }: Origin, reply: FastifyReply, answered: PageAnswer): FastifyReply {
  reply.headers(answered.headers ?? {})
  for (const [name, value] of Object.entries(answered.cookies ?? {})) jar.set(reply, name, value)
  if ('seeOther' in answered) return reply.redirect(prefix + answered.seeOther, SEE_OTHER)
  if ('content' in answered) {
    const { type, body } = answered.content
    return reply.type(type).send(body)
  }
  const { html, contentSecurityPolicy } = renderPage(answered.page)
  return reply
    .code(answered.status ?? 200)
    .type('text/html; charset=utf-8')
    .header('Content-Security-Policy', contentSecurityPolicy)
    .send(html)
}
