import { decodeProtectedHeader, errors, type JWTVerifyOptions, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import { newId } from '../../base/ulid.ts'
import { ACCESS } from '../../messages/access.ts'
import { ACCESS_TOKEN_LIFETIME_MAX_S, type KeyRing, type VerifyingKey } from '../keys/signing-keys.ts'
import { isScope, type Scope } from './scopes.ts'

export const AUDIENCE = 'tmf678-server'
/** Longer tokens are refused unread. */
export const TOKEN_LENGTH_MAX = 4_096
/** Allowed difference between the clocks of two processes. */
export const CLOCK_TOLERANCE_S = 5
/** RFC 9068, section 2.1. */
const TYPE = 'at+jwt'
/**
 * Header, claims and the 64 bytes of an Ed25519 or P-256 signature. Decoders ignore the last four bits of the last
 * character; they must be 0, so that a token has one spelling.
 */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/

export interface Claims {
  readonly tenantId: string
  /** The row of `oauth_grant`; ending it ends the token. */
  readonly grantId: string
  readonly subject: string
  readonly actorType: 'user' | 'client' | 'sso'
  readonly clientId?: string | undefined
  readonly scopes: readonly Scope[]
  /** The bearer sees only this partner's rows. */
  readonly partnerId?: string | undefined
}

/** The claims of a valid token; `expiresAt` is in seconds since 1970. */
export interface VerifiedClaims extends Claims {
  readonly expiresAt: number
}

const text = z.string().min(1)

const PAYLOAD = z
  .object({
    iss: text,
    aud: z.literal(AUDIENCE),
    sub: text,
    iat: z.int(),
    nbf: z.int(),
    exp: z.int(),
    jti: text,
    client_id: text.optional(),
    scope: z.string().refine((list) => list.split(' ').every(isScope)),
    tenant: text,
    grant: text,
    actor_type: z.enum(['user', 'client', 'sso']),
    partner: text.optional()
  })
  .refine(({ iat, exp }) => exp > iat && exp - iat <= ACCESS_TOKEN_LIFETIME_MAX_S, { path: ['exp'] })

/**
 * Signs a JWT access token (RFC 9068), valid for `lifetimeS` seconds. Throws a plain error for claims that
 * verifyAccessToken would refuse, such as no scopes or too long a lifetime.
 */
export async function signAccessToken(
  ring: KeyRing,
  clock: Clock,
  claims: Claims,
  { issuer, lifetimeS }: { readonly issuer: string; readonly lifetimeS: number }
): Promise<string> {
  const { kid, algorithm, privateKey } = await ring.signing(claims.tenantId)
  const iat = seconds(clock)
  const payload = PAYLOAD.parse({
    iss: issuer,
    aud: AUDIENCE,
    sub: claims.subject,
    iat,
    nbf: iat,
    exp: iat + lifetimeS,
    jti: newId(),
    client_id: claims.clientId,
    scope: claims.scopes.join(' '),
    tenant: claims.tenantId,
    grant: claims.grantId,
    actor_type: claims.actorType,
    partner: claims.partnerId
  })
  const token = await new SignJWT(payload).setProtectedHeader({ alg: algorithm, typ: TYPE, kid }).sign(privateKey)
  if (token.length > TOKEN_LENGTH_MAX) throw new RangeError('the claims are too long for an access token')
  return token
}

/**
 * Returns the claims of a valid token. Without `issuer`, any issuer will do. Throws `expiredCredentials`, or
 * `invalidCredentials` with the fault. Does not check if the grant was revoked.
 */
export async function verifyAccessToken(
  ring: KeyRing,
  clock: Clock,
  token: string,
  { issuer }: { readonly issuer: string | undefined }
): Promise<VerifiedClaims> {
  if (token.length > TOKEN_LENGTH_MAX) throw ACCESS.token(`it is longer than ${TOKEN_LENGTH_MAX} characters`)
  if (!COMPACT.test(token)) throw ACCESS.token('it is not a signed JWT')
  const key = await ring.verifying(keyId(token))
  if (!key) throw ACCESS.token('it is signed by an unknown key')
  const claims = await signedClaims(key, clock, token, issuer)
  if (claims.tenant !== key.tenantId) throw ACCESS.token('it is signed by the key of another tenant')
  if (claims.iat > seconds(clock) + CLOCK_TOLERANCE_S) throw ACCESS.token('it was issued in the future')
  return {
    tenantId: claims.tenant,
    grantId: claims.grant,
    subject: claims.sub,
    actorType: claims.actor_type,
    clientId: claims.client_id,
    scopes: claims.scope.split(' ').filter(isScope),
    partnerId: claims.partner,
    expiresAt: claims.exp
  }
}

/** Reads `kid` only: the header is not verified yet. */
function keyId(token: string): string {
  try {
    const { kid } = decodeProtectedHeader(token)
    return typeof kid === 'string' ? kid : ''
  } catch {
    throw ACCESS.token('its header is not readable')
  }
}

async function signedClaims(
  key: VerifyingKey,
  clock: Clock,
  token: string,
  issuer: string | undefined
): Promise<z.output<typeof PAYLOAD>> {
  const options: JWTVerifyOptions = {
    algorithms: [key.algorithm],
    typ: TYPE,
    audience: AUDIENCE,
    issuer,
    clockTolerance: CLOCK_TOLERANCE_S,
    currentDate: new Date(clock())
  }
  const { payload } = await jwtVerify(token, key.publicKey, options).catch((error) => Promise.reject(refusal(error)))
  const result = PAYLOAD.safeParse(payload)
  if (result.success) return result.data
  throw ACCESS.token(`its claim ${String(result.error.issues[0]?.path[0])} is missing or wrong`)
}

/** Translates an error of the library, whose own messages may hold parts of the token. */
function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return ACCESS.tokenExpired()
  if (error instanceof errors.JWTClaimValidationFailed) return ACCESS.token(wrongClaim(error))
  if (error instanceof errors.JWSSignatureVerificationFailed) return ACCESS.token('its signature is wrong')
  if (error instanceof errors.JOSEAlgNotAllowed) return ACCESS.token('its algorithm is not that of its key')
  return error instanceof errors.JOSEError ? ACCESS.token('it is not a signed JWT') : error
}

/** Names a claim by the library's option, never by the token's spelling. */
function wrongClaim({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (claim === 'typ') return `its type is not ${TYPE}`
  if (reason === 'check_failed' && claim === 'aud') return 'it is for another audience'
  if (reason === 'check_failed' && claim === 'iss') return 'it is from another issuer'
  if (reason === 'check_failed' && claim === 'nbf') return 'it is not yet valid'
  return `its claim ${claim} is missing or wrong`
}

function seconds(clock: Clock): number {
  return Math.floor(Date.parse(clock()) / 1_000)
}
