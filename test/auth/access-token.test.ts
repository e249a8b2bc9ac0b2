import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AUDIENCE,
  CLOCK_TOLERANCE_S,
  type Claims,
  signAccessToken,
  TOKEN_LENGTH_MAX,
  verifyAccessToken
} from '../../src/auth/access/access-token.ts'
import { LOOK_AGAIN_MS } from '../../src/auth/keys/looked-up.ts'
import { keyRing, rotateSigningKey } from '../../src/auth/keys/signing-keys.ts'
import { secrets } from '../support/config.ts'
import { OTHER_TENANT, TENANT } from '../support/database.ts'
import { CLAIMS, ISSUER, LIFETIME_S, NOW_S, partsOf, START_MS, type TokenBench, tokenBench } from './token-bench.ts'

let bench: TokenBench
let token: string
beforeAll(async () => {
  bench = await tokenBench()
  token = await bench.issue()
})
afterAll(() => bench.held.drop())

const verify = (text: string, issuer: string | undefined = ISSUER) =>
  verifyAccessToken(bench.ring, bench.clock, text, { issuer })

describe('a token', () => {
  test('says who was let in, for what and until when, in the claims of RFC 9068', () => {
    expect(partsOf(token).header).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: expect.stringMatching(/^[0-9A-Z]{26}$/) })
    expect(partsOf(token).payload).toEqual({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'admin',
      iat: NOW_S,
      nbf: NOW_S,
      exp: NOW_S + LIFETIME_S,
      jti: expect.stringMatching(/^[0-9A-Z]{26}$/),
      client_id: 'demo',
      scope: 'bill:read trust',
      tenant: TENANT,
      grant: CLAIMS.grantId,
      actor_type: 'user',
      partner: CLAIMS.partnerId
    })
  })

  test.each<[string, Partial<Claims>]>([
    ['a user', {}],
    ['a client', { actorType: 'client', partnerId: undefined }],
    ['a person known elsewhere', { actorType: 'sso', clientId: undefined, subject: 'Zoë "✓" <z@example.com>' }],
    ['another tenant', { tenantId: OTHER_TENANT, scopes: ['admin'] }]
  ])('of %s comes back as it was signed', async (_, changes) => {
    expect(await verify(await bench.issue(changes))).toEqual({ ...CLAIMS, ...changes, expiresAt: NOW_S + LIFETIME_S })
  })

  test('has an id of its own', async () => {
    expect(partsOf(await bench.issue()).payload.jti).not.toBe(partsOf(await bench.issue()).payload.jti)
  })

  test.each<[string, Partial<Claims>, number]>([
    ['lives longer than an hour', {}, LIFETIME_S + 1],
    ['does not live', {}, 0],
    ['has no scope', { scopes: [] }, LIFETIME_S],
    ['has no subject', { subject: '' }, LIFETIME_S],
    ['is too long', { subject: 'x'.repeat(TOKEN_LENGTH_MAX) }, LIFETIME_S]
  ])('is not signed when it %s', async (_, claims, lifetimeS) => {
    await expect(bench.issue(claims, lifetimeS)).rejects.toThrow()
  })

  test('is checked against an issuer only when there is one', async () => {
    expect(await bench.verdict(token, 'https://other.example.com')).toContain('it is from another issuer')
    expect(await verifyAccessToken(bench.ring, bench.clock, token, { issuer: undefined })).toMatchObject({
      subject: 'admin'
    })
  })

  test.each<[string, number, string]>([
    ['a clock that is a little behind', -CLOCK_TOLERANCE_S, 'valid'],
    [
      'a clock far behind',
      -CLOCK_TOLERANCE_S - 1,
      'invalidCredentials: The access token is refused: it is not yet valid'
    ],
    ['its last second', LIFETIME_S - 1, 'valid'],
    ['a clock that is a little ahead', LIFETIME_S + CLOCK_TOLERANCE_S - 1, 'valid'],
    ['the time after', LIFETIME_S + CLOCK_TOLERANCE_S, 'expiredCredentials: The access token has expired'],
    ['the next year', 365 * 86_400, 'expiredCredentials: The access token has expired']
  ])('meets %s', async (_, afterS, expected) => {
    expect(await bench.at(START_MS + afterS * 1_000, () => bench.verdict(token))).toBe(expected)
  })
})

test('rotation leaves live tokens valid, and new ones have the new key', async () => {
  const { clock } = bench
  const { database } = bench.held
  const rotating = keyRing(database, clock, secrets())
  const claims = { ...CLAIMS, tenantId: OTHER_TENANT }
  const made = () => signAccessToken(rotating, clock, claims, { issuer: ISSUER, lifetimeS: LIFETIME_S })
  const check = (text: string) => verifyAccessToken(rotating, clock, text, { issuer: ISSUER })
  const before = await made()
  const kid = await database.transaction((tx) => rotateSigningKey(tx, clock, secrets(), OTHER_TENANT, 'ES256'))
  await bench.at(START_MS + LOOK_AGAIN_MS, async () => {
    const after = await made()
    expect(partsOf(after).header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid })
    expect(await check(after)).toMatchObject({ tenantId: OTHER_TENANT, subject: 'admin' })
    expect(await check(before)).toMatchObject({ tenantId: OTHER_TENANT, subject: 'admin' })
  })
  await bench.at(START_MS + (LIFETIME_S - 1) * 1_000, async () => {
    expect(await check(before)).toMatchObject({ tenantId: OTHER_TENANT })
  })
})
