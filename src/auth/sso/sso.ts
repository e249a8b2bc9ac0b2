import { createHash } from 'node:crypto'
import cookies, { type CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { later } from '../../base/instant.ts'
import { newId } from '../../base/ulid.ts'
import { memberOf, messageOf } from '../../base/unknown.ts'
import { PUBLIC } from '../../http/access.ts'
import { pathOf, rawQuery } from '../../http/address.ts'
import { Problem } from '../../messages/problem.ts'
import { SSO } from '../../messages/sso.ts'
import { requireNoTransaction } from '../../pace/slow.ts'
import { signAccessToken } from '../access/access-token.ts'
import { openGrant } from '../access/grants.ts'
import { newSecret } from '../keys/secret.ts'
import { type Parameters, parseForms } from '../oauth/form.ts'
import type { OauthContext } from '../oauth/request.ts'
import { ACCESS_TOKEN_LIFETIME_S } from '../oauth/token-model.ts'
import type { Subject } from '../sign-in/sign-in.ts'
import { requireKnownScopes, subjectOf } from './claims.ts'
import { verifyIdToken } from './id-token.ts'
import { type Flow, providerFailure, type SsoProvider, ssoProvider } from './provider.ts'
import type { SsoSettings } from './settings.ts'

const LOGIN_PATH = '/sso/login'
const CALLBACK_PATH = '/sso/callback'
const HEADERS = { 'Cache-Control': 'no-store', Pragma: 'no-cache', 'Referrer-Policy': 'no-referrer' }
const SCOPE = ['openid', 'profile', 'email']
const STATE_COOKIE = 'sso-state'
const VERIFIER_COOKIE = 'sso-verifier'
const NONCE_COOKIE = 'sso-nonce'
const SIGN_IN_MAX_S = 600

interface Sso {
  readonly context: OauthContext
  readonly settings: SsoSettings
  readonly cookie: CookieSerializeOptions
  readonly provider: () => Promise<SsoProvider>
}

/**
 * Registers single sign-on by an OpenID Connect provider (Core 1.0, section 3.1): a path that redirects to it, and one
 * that takes its response and issues a token. Throws a StartError for an unknown scope.
 */
export async function registerSso(app: FastifyInstance, context: OauthContext, settings: SsoSettings): Promise<void> {
  requireKnownScopes(settings)
  const cookie = cookieOptions(context)
  const flow: Flow = {
    scope: SCOPE,
    callbackUri: (request) => context.issuerOf(request) + CALLBACK_PATH,
    generateStateFunction: () => newSecret(),
    checkStateFunction: isOwnState,
    cookie,
    pkce: 'S256',
    redirectStateCookieName: STATE_COOKIE,
    verifierCookieName: VERIFIER_COOKIE,
    userAgent: false
  }
  const sso: Sso = { context, settings, cookie, provider: ssoProvider(settings, context.clock, flow) }
  await app.register(async (scope) => {
    await scope.register(cookies)
    scope.addHook('onSend', async (_, reply) => {
      reply.headers(HEADERS)
    })
    scope.get(LOGIN_PATH, PUBLIC, (request, reply) => login(sso, request, reply))
    scope.get(CALLBACK_PATH, PUBLIC, (request, reply) => callback(sso, request, reply))
  })
}

/** Keeps the cookies to the provider's redirect. */
function cookieOptions({ issuer }: OauthContext): CookieSerializeOptions {
  return {
    path: `${pathOf(issuer)}/sso`,
    httpOnly: true,
    sameSite: 'lax',
    secure: issuer?.startsWith('https:') ?? false,
    maxAge: SIGN_IN_MAX_S
  }
}

async function login({ provider, cookie }: Sso, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { client, authorizationEndpoint } = await provider()
  const nonce = newSecret()
  reply.setCookie(NONCE_COOKIE, nonce, cookie)
  const { searchParams } = new URL(await client.generateAuthorizationUri(request, reply))
  // The plugin drops an endpoint's own query.
  const target = new URL(authorizationEndpoint)
  for (const [name, value] of searchParams) target.searchParams.set(name, value)
  target.searchParams.set('nonce', nonceOf(nonce))
  return reply.redirect(target.href)
}

/** Hides the cookie: the request shows only its hash (Core 1.0, section 15.5.2). */
function nonceOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

async function callback(sso: Sso, request: FastifyRequest, reply: FastifyReply): Promise<object> {
  const { context, settings } = sso
  const answer = parseForms(rawQuery(request))
  for (const name of [STATE_COOKIE, VERIFIER_COOKIE, NONCE_COOKIE]) reply.clearCookie(name, sso.cookie)
  requireCode(settings, answer)
  request.query = Object.fromEntries(answer)
  const provider = await sso.provider()
  const idToken = await exchange(provider, request)
  const nonce = nonceOf(request.cookies[NONCE_COOKIE] ?? '')
  const { issuer, clientId } = settings
  const claims = await verifyIdToken(provider.keys, context.clock, idToken, { issuer, clientId, nonce }).catch(
    asProblem
  )
  return issueToken(context, request, await subjectOf(context.database, settings, claims))
}

/** Refuses a failure, or a response from elsewhere (RFC 9207). */
function requireCode({ issuer }: SsoSettings, answer: Parameters): void {
  if (answer.has('error')) {
    const name = /^[a-z_]{1,64}$/.exec(answer.get('error') ?? '')?.[0] ?? 'an error'
    throw SSO.notSignedIn(name)
  }
  if ((answer.get('iss') ?? issuer) !== issuer) throw SSO.otherIssuer()
  if (!answer.has('code')) throw SSO.noCode()
}

/** Checks that the same browser returns; called by the plugin. */
async function isOwnState(request: FastifyRequest): Promise<boolean> {
  const state = memberOf(request.query, 'state')
  const sent = request.cookies[STATE_COOKIE]
  if (sent && sent === state && request.cookies[NONCE_COOKIE]) return true
  throw SSO.notBegunHere(LOGIN_PATH)
}

async function exchange({ client }: SsoProvider, request: FastifyRequest): Promise<string> {
  requireNoTransaction('The identity provider')
  const { token } = await client.getAccessTokenFromAuthorizationCodeFlow(request).catch((error) => {
    throw exchangeFailure(error)
  })
  const { id_token: idToken } = token
  if (typeof idToken !== 'string') throw providerFailure(new Error('its token endpoint gives no ID token'))
  return idToken
}

/** Passes on the message only: the HTTP client's error holds the request with its secrets. */
function exchangeFailure(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (memberOf(memberOf(error, 'output'), 'statusCode') !== 400) return providerFailure(new Error(messageOf(error)))
  return SSO.codeRefused(LOGIN_PATH)
}

function asProblem(error: unknown): never {
  throw error instanceof Problem ? error : providerFailure(error)
}

/** Opens a grant and responds as the token endpoint does (RFC 6749, section 5.1). */
async function issueToken(
  { database, clock, ring, issuerOf }: OauthContext,
  request: FastifyRequest,
  { grantee, scopes }: Subject
): Promise<object> {
  const grantId = newId()
  const lifetimeS = ACCESS_TOKEN_LIFETIME_S
  await database.transaction((tx) => openGrant(tx, grantId, grantee, scopes, later(clock(), lifetimeS)))
  const claims = { ...grantee, grantId, actorType: 'sso', scopes } as const
  const token = await signAccessToken(ring, clock, claims, { issuer: issuerOf(request), lifetimeS })
  return { access_token: token, token_type: 'Bearer', expires_in: lifetimeS, scope: scopes.join(' ') }
}
