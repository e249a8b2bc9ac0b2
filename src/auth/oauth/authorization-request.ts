import OAuth2Server from '@node-oauth/oauth2-server'
import type { Database } from '../../db/database.ts'
import { OAUTH } from '../../messages/oauth.ts'
import { findReturningClient, type OauthClient } from '../access/clients.ts'
import { covers, isScope } from '../access/scopes.ts'
import type { Parameters } from './form.ts'

/** RFC 6749, section 4.1.1, and RFC 7636, section 4.3. */
export const REQUEST_PARAMETERS = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method'
] as const

export interface AnswerTarget {
  readonly client: OauthClient
  readonly redirectUri: string
  readonly state: string | undefined
}

/** Visible ASCII, as RFC 3986 writes a URI; anything else has no place in a header. */
const VISIBLE = /^[\x21-\x7e]+$/
/** Schemes that a browser would run or show instead of following them. */
const NOT_FOLLOWED = /^(javascript|data|vbscript|blob|file|about):/i
/** A base64url SHA-256 (RFC 7636, section 4.2). */
const S256_CHALLENGE = /^[\w-]{43}$/

/**
 * Returns the client of a request and its redirect URI, which must equal a registered one. Throws `badRequest`: until
 * both are known, nothing may be redirected (RFC 6749, section 4.1.2.1).
 */
export async function answerTarget(database: Database, parameters: Parameters): Promise<AnswerTarget> {
  const clientId = parameters.get('client_id')
  if (clientId === undefined) throw OAUTH.noClient()
  const redirectUri = parameters.get('redirect_uri')
  const client = await findReturningClient(database, clientId, redirectUri ?? '')
  if (!client) throw OAUTH.unknownClient()
  if (redirectUri === undefined) throw OAUTH.noReturn()
  if (!client.redirectUris.includes(redirectUri) || !isFollowed(redirectUri)) {
    throw OAUTH.unknownReturn()
  }
  return { client, redirectUri, state: parameters.get('state') }
}

/** Rejects URIs that were registered by mistake. */
function isFollowed(redirectUri: string): boolean {
  const isUri = VISIBLE.test(redirectUri) && URL.canParse(redirectUri)
  return isUri && !redirectUri.includes('#') && !NOT_FOLLOWED.test(redirectUri)
}

/**
 * Checks a request as far as possible before the sign-in. Throws an error of the library, sent to the client by
 * redirect.
 */
export function checkRequest({ grantTypes, scopes }: OauthClient, parameters: Parameters): void {
  if (!grantTypes.includes('authorization_code')) {
    throw new OAuth2Server.UnauthorizedClientError('The client may not use authorization codes')
  }
  const responseType = parameters.get('response_type')
  if (responseType === undefined) throw new OAuth2Server.InvalidRequestError('Missing parameter: response_type')
  if (responseType !== 'code') throw new OAuth2Server.UnsupportedResponseTypeError('The response_type must be code')
  if (!S256_CHALLENGE.test(parameters.get('code_challenge') ?? '')) {
    throw new OAuth2Server.InvalidRequestError('A code_challenge of 43 characters is required, with PKCE S256')
  }
  if (parameters.get('code_challenge_method') !== 'S256') {
    throw new OAuth2Server.InvalidRequestError('The code_challenge_method must be S256')
  }
  const isAllowed = wantedScopes(parameters).every((scope) => isScope(scope) && covers(scopes, scope))
  if (!isAllowed) throw new OAuth2Server.InvalidScopeError('The client may not have a scope that it asks for')
}

/** Returns no scope if the request asks for all. */
export function wantedScopes(parameters: Parameters): readonly string[] {
  return (parameters.get('scope') ?? '').split(' ').filter(Boolean)
}

/** Returns the location of a response: code or error, the client's state, and the issuer (RFC 9207). */
export function answerLocation(
  { redirectUri, state }: AnswerTarget,
  issuer: string,
  answer: Readonly<Record<string, string>>
): string {
  const query = new URLSearchParams({ ...answer, ...(state !== undefined && { state }), iss: issuer })
  // The registered URI's own query is kept to the letter (RFC 6749, section 3.1.2).
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`
}
