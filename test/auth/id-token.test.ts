import { createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { verifyIdToken } from '../../src/auth/sso/id-token.ts'

const NOW = '2026-11-21T10:00:00.000Z'
const NOW_S = Date.parse(NOW) / 1_000
const EXPECTED = { issuer: 'https://idp.example.com', clientId: 'tmf678', nonce: 'n-1' }
const CLAIMS = {
  iss: EXPECTED.issuer,
  aud: EXPECTED.clientId,
  sub: 'ann',
  nonce: EXPECTED.nonce,
  iat: NOW_S,
  exp: NOW_S + 300
}

type Keys = Awaited<ReturnType<typeof generateKeyPair>>

let own: Keys
let foreign: Keys
let keys: ReturnType<typeof createLocalJWKSet>
beforeAll(async () => {
  own = await generateKeyPair('ES256', { extractable: true })
  foreign = await generateKeyPair('ES256')
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'ES256' }] })
})

const sign = (claims: JWTPayload, { privateKey }: Keys = own, kid = 'k1') =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
const verify = (token: string) => verifyIdToken(keys, () => NOW, token, EXPECTED)

test.each([
  ['as the provider signs it', {}],
  ['for several, this client among them and first of all', { aud: ['tmf678', 'other'], azp: 'tmf678' }],
  ['within the tolerance of clocks', { exp: NOW_S - 29 }]
])('an ID token is taken %s', async (_, changes) => {
  expect(await verify(await sign({ ...CLAIMS, ...changes }))).toMatchObject({ sub: 'ann' })
})

test.each<readonly [string, JWTPayload]>([
  ['it is not from this sign-in', { nonce: 'n-2' }],
  ['its claim nonce is missing', { nonce: undefined }],
  ['its claim iss is missing or wrong', { iss: 'https://other.example.com' }],
  ['its claim aud is missing or wrong', { aud: 'other' }],
  ['it is for another client', { aud: ['tmf678', 'other'] }],
  ['it is for another client', { aud: ['tmf678', 'other'], azp: 'other' }],
  ['it is for another client', { azp: 'other' }],
  ['it has expired', { exp: NOW_S - 31 }],
  ['its claim exp is missing', { exp: undefined }],
  ['its claim iat is missing', { iat: undefined }],
  ['its claim nbf is missing or wrong', { nbf: NOW_S + 60 }],
  ['its claim sub is missing', { sub: undefined }]
])('an ID token is refused: %s %o', async (reason, changes) => {
  const token = await sign({ ...CLAIMS, ...changes })
  await expect(verify(token)).rejects.toMatchObject({ kind: 'forbidden', message: expect.stringContaining(reason) })
})

test('an ID token is refused that the provider did not sign', async () => {
  const publicKey = new TextEncoder().encode(await exportSPKI(own.publicKey))
  const forged = [
    await sign(CLAIMS, foreign),
    await sign(CLAIMS, own, 'k2'),
    new UnsecuredJWT(CLAIMS).encode(),
    await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(publicKey),
    `${await sign(CLAIMS)}x`,
    'no token'
  ]
  for (const token of forged) await expect(verify(token)).rejects.toMatchObject({ kind: 'forbidden' })
})

test('keys that cannot be read are not the token’s fault', async () => {
  const failing = () => Promise.reject(new TypeError('fetch failed'))
  const result = verifyIdToken(failing, () => NOW, await sign(CLAIMS), EXPECTED)
  await expect(result).rejects.toThrow(new TypeError('fetch failed'))
})
