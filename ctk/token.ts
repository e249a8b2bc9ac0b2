import { DEMO } from '../sample-data/credentials.ts'
import { encodePassword } from '../src/auth/sign-in/password.ts'

const LIMIT_MS = 120_000

/** Credentials for an access token; all but the URL and the names is secret. */
export interface TokenRequest {
  /** The token endpoint. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** Undefined: the token is the client's own. */
  readonly user?: { readonly name: string; readonly password: string }
}

/** Returns the request for a token of the demo's administrator at the server with this API. */
export function demoTokenRequest(apiUrl: string): TokenRequest {
  const { tenantId: clientId, clientSecret, username: name, password } = DEMO
  return { url: new URL('/oauth/token', apiUrl).href, clientId, clientSecret, user: { name, password } }
}

/**
 * Gets an access token by the password grant, or by client_credentials without a user (RFC 6749, sections 4.3 and 4.4).
 * Throws an Error without secrets.
 */
export async function fetchToken({ url, clientId, clientSecret, user }: TokenRequest): Promise<string> {
  const grant: Readonly<Record<string, string>> = user
    ? { grant_type: 'password', username: user.name, password: encodePassword(user.password) }
    : { grant_type: 'client_credentials' }
  const body = new URLSearchParams({ ...grant, client_id: clientId, client_secret: clientSecret })
  const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(LIMIT_MS) }).catch(() => {
    throw new Error(`no token: ${url} does not answer`)
  })
  const answer: unknown = await response.json().catch(() => undefined)
  const token = typeof answer === 'object' && answer !== null && 'access_token' in answer && answer.access_token
  if (typeof token === 'string') return token
  throw new Error(`no token: ${url} answered with ${response.status}`)
}
