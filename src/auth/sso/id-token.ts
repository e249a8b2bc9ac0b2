import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Clock } from '../../base/clock.ts'
import { SSO } from '../../messages/sso.ts'

export interface Expected {
  readonly issuer: string
  readonly clientId: string
  readonly nonce: string
}

/** Public-key signatures only: a client secret can sign none. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
]
const CLOCK_TOLERANCE_S = 30

/**
 * Returns the claims of an ID token made for this client and this sign-in (OpenID Connect Core 1.0, section 3.1.3.7).
 * Throws `forbidden` with the fault for any other; passes on errors in reading the keys.
 */
export async function verifyIdToken(
  keys: JWTVerifyGetKey,
  clock: Clock,
  token: string,
  { issuer, clientId, nonce }: Expected
): Promise<JWTPayload> {
  const options = {
    algorithms: ALGORITHMS,
    issuer,
    audience: clientId,
    requiredClaims: ['sub', 'iat', 'exp', 'nonce'],
    clockTolerance: CLOCK_TOLERANCE_S,
    currentDate: new Date(clock())
  }
  const { payload } = await jwtVerify(token, keys, options).catch((error) => Promise.reject(refusal(error)))
  if (payload.nonce !== nonce) throw SSO.idToken('it is not from this sign-in')
  const isShared = Array.isArray(payload.aud) && payload.aud.length > 1
  if (payload.azp !== clientId && (isShared || payload.azp !== undefined)) throw SSO.idToken('it is for another client')
  return payload
}

/** The library's own messages may hold parts of the token. */
function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return SSO.idToken('it has expired')
  if (error instanceof errors.JWTClaimValidationFailed)
    return SSO.idToken(`its claim ${error.claim} is missing or wrong`)
  if (WRONG_SIGNATURE.some((kind) => error instanceof kind)) return SSO.idToken('its signature is not the provider’s')
  if (NO_TOKEN.some((kind) => error instanceof kind)) return SSO.idToken('it is not a signed JWT')
  return error
}

const WRONG_SIGNATURE = [
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys
]
const NO_TOKEN = [errors.JOSEAlgNotAllowed, errors.JOSENotSupported, errors.JWTInvalid, errors.JWSInvalid]
