import type { FastifyRequest } from 'fastify'
import type { CustomerContext, Origin } from '../auth/customers/context.ts'
import { findRealm, type Realm } from '../auth/customers/realm.ts'
import type { CustomerSession } from '../auth/customers/session.ts'
import { LANGUAGES, type Language } from '../base/language.ts'
import { computed, computedRow, oneOf, optional, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { type Issuer, issuerOf } from '../documents/content/issuer.ts'
import { preferred } from '../http/accept.ts'
import { pathOf } from '../http/address.ts'
import { type Html, html } from '../http/html.ts'
import type { Embedded } from '../pages/page.ts'
import { type AskedPage, FORM_TOKEN, type PageAnswer } from '../pages/routes.ts'
import type { PortalWords } from './vocabulary.ts'
import { PORTAL_WORDS } from './words.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The customer of the portal; null for everybody else. */
    customer: CustomerSession | null
  }
}

export const PORTAL_BASE = '/portal'
export const SESSION_COOKIE = 'session'
/** The query of the sign-in page, so that a customer whose session has ended finds it. */
export const REALM_COOKIE = 'realm'

export interface PortalContext extends CustomerContext {
  readonly publicUrl: string | undefined
}

/** A request of the portal: who asks, in which language, and at whose page. */
export interface Visit {
  readonly language: Language
  readonly words: PortalWords
  readonly session: CustomerSession | undefined
  readonly realm: Realm | undefined
  /** The names of the realm, as in links: `tenant=…&partner=…`. */
  readonly realmQuery: string
  readonly issuer: Issuer | undefined
  readonly name: string | undefined
  readonly timeZone: string
}

export async function visitOf(
  context: PortalContext,
  request: FastifyRequest,
  named: ReadonlyMap<string, string>
): Promise<Visit> {
  const [tenant, partner] = [named.get('tenant'), named.get('partner')]
  const realm = tenant === undefined ? request.customer : await findRealm(context.database, tenant, partner)
  if (!realm) return strangerVisit(request)
  const { tenantId, partnerId } = realm
  const session = sessionOf(request, realm)
  const issuer = await issuerOf(context.database, tenantId, partnerId)
  const { language, timeZone, name, account } = await detailsOf(context, realm, session)
  const query = new URLSearchParams({ tenant: tenantId, ...(account !== undefined && { partner: account }) })
  const spoken = session ? language : (preferredLanguage(request) ?? language)
  return { ...wordsIn(spoken), session, realm, realmQuery: String(query), issuer, name, timeZone }
}

/** Returns the session of the realm: one of another realm is of no use at its pages. */
function sessionOf({ customer }: FastifyRequest, { tenantId, partnerId }: Realm): CustomerSession | undefined {
  return customer?.tenantId === tenantId && customer.partnerId === partnerId ? customer : undefined
}

const wordsIn = (language: Language) => ({ language, words: PORTAL_WORDS[language] })
const NOBODY = {
  session: undefined,
  realm: undefined,
  realmQuery: '',
  issuer: undefined,
  name: undefined,
  timeZone: 'UTC'
} as const

/** Returns the visit of somebody at a page of nobody in particular. */
export function strangerVisit(request: FastifyRequest): Visit {
  return { ...wordsIn(preferredLanguage(request) ?? 'en'), ...NOBODY }
}

/** Returns the language of ours that an `Accept-Language` header prefers. */
function preferredLanguage({ headers }: FastifyRequest): Language | undefined {
  const header = headers['accept-language']
  if (header === undefined) return undefined
  // `de-AT` asks for German as well.
  return preferred(header.replace(/\b([a-z]{2})-[\w-]+/gi, '$1'), LANGUAGES)
}

const DETAILS = computedRow({
  language: computed(oneOf(LANGUAGES), sql`coalesce(s."language", a."language", t."language")`),
  timeZone: computed(text, sql`t."time_zone"`),
  name: computed(optional(text), sql`coalesce(c."name", a."name")`),
  account: computed(optional(text), sql`p."account_number"`)
})

async function detailsOf(
  { database }: CustomerContext,
  { tenantId, partnerId }: Realm,
  session: CustomerSession | undefined
) {
  const found = await database.run(prepared`SELECT ${DETAILS.columns} FROM "tenant" t
      LEFT JOIN "partner" p ON p."tenant_id" = t."id" AND p."id" = ${partnerId}
      LEFT JOIN "customer_sign_in" s ON s."tenant_id" = t."id" AND s."id" = ${session?.userId}
      LEFT JOIN "customer" c ON c."tenant_id" = t."id" AND c."id" = ${session?.customerId}
      LEFT JOIN "billing_account" a ON a."tenant_id" = t."id" AND a."id" = ${session?.accountIds[0]}
      WHERE t."id" = ${tenantId}`)
  return DETAILS.one(found)
}

export function originOf({ ip, id }: FastifyRequest): Origin {
  return { address: ip, requestId: id }
}

/** Returns the address of a page of the portal, as a browser sees it; a proxy may add a prefix. */
export function pathTo({ publicUrl }: Pick<PortalContext, 'publicUrl'>, path: string): string {
  return `${pathOf(publicUrl)}${PORTAL_BASE}${path}`
}

interface Shown {
  readonly title: string
  readonly content: Html
  readonly status?: number
  readonly isNarrow?: boolean
  /** The page among those of the navigation. */
  readonly at?: string
  readonly embedded?: Embedded | undefined
}

/** Shows a page in the frame of the visit. */
export function show(
  context: PortalContext,
  { formToken }: Pick<AskedPage, 'formToken'>,
  visit: Visit,
  { title, content, status = 200, isNarrow = true, at, embedded }: Shown
): PageAnswer {
  const { language, issuer, session } = visit
  const nav = session && navigation(context, formToken, visit, at)
  return { page: { language, title, issuer, isNarrow, nav, content, embedded }, status }
}

function navigation(context: PortalContext, formToken: string, { words, session }: Visit, at: string | undefined) {
  const link = (path: string, label: string) =>
    path === at
      ? html`<a href="${pathTo(context, path)}" aria-current="page">${label}</a>\n`
      : html`<a href="${pathTo(context, path)}">${label}</a>\n`
  return html`<nav>
${link('', words.start)}${session?.userId !== undefined && link('/password', words.passwordButton)}
<form method="post" action="${pathTo(context, '/sign-out')}">${hidden(FORM_TOKEN, formToken)}
<button type="submit">${words.signOut}</button></form>
</nav>`
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`
}

export interface Field {
  readonly name: string
  readonly label: string
  readonly type?: 'email' | 'password'
  readonly value?: string | undefined
  readonly autocomplete: string
  readonly hint?: string
}

/** Returns a form of labelled fields with the names of the realm and the token. */
export function form(
  context: PortalContext,
  { formToken }: Pick<AskedPage, 'formToken'>,
  { realmQuery }: Pick<Visit, 'realmQuery'>,
  { path, fields, button, extra = [], captcha }: FormOf
): Html {
  const carried = [...new URLSearchParams(realmQuery), [FORM_TOKEN, formToken] as const, ...extra]
  return html`<form method="post" action="${pathTo(context, path)}">
${carried.map(([name, value]) => hidden(name, value))}
${fields.map(fieldOf)}${captcha}
<button type="submit">${button}</button>
</form>`
}

interface FormOf {
  readonly path: string
  readonly fields: readonly Field[]
  readonly button: string
  readonly extra?: readonly (readonly [string, string])[]
  readonly captcha?: Html | undefined
}

function fieldOf({ name, label, type, value = '', autocomplete, hint }: Field): Html {
  const described = hint !== undefined && html` aria-describedby="${name}-hint"`
  return html`<label for="${name}">${label}</label>
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
<input id="${name}" name="${name}" type="${type ?? 'text'}" value="${value}" autocomplete="${autocomplete}"${described}
  autocapitalize="none" spellcheck="false" required>
`
}

export function alert(message: string | undefined): Html | undefined {
  return message === undefined ? undefined : html`<p class="alert" role="alert">${message}</p>`
}

export function done(message: string): Html {
  return html`<p class="done" role="status">${message}</p>`
}
