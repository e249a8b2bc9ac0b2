import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AUDIENCE } from '../../src/auth/access/access-token.ts'
import { OTHER_TENANT } from '../support/database.ts'
import { NOW_S, type Parts, partsOf, signed, signingInput, type TokenBench, tokenBench } from './token-bench.ts'

const REFUSED = 'invalidCredentials: The access token is refused: '

let bench: TokenBench
let token: string
let good: Parts
let own: JsonWebKey
let others: JsonWebKey
let otherKid: string

beforeAll(async () => {
  bench = await tokenBench()
  token = await bench.issue()
  good = partsOf(token)
  own = await bench.privateKeyOf(String(good.header.kid))
  otherKid = (await bench.ring.signing(OTHER_TENANT)).kid
  others = await bench.privateKeyOf(otherKid)
})
afterAll(() => bench.held.drop())

/** Changes a good token and signs it. Undefined removes a member. */
function forged({ header, payload }: Partial<Parts>, key = own): string {
  return signed({ header: { ...good.header, ...header }, payload: { ...good.payload, ...payload } }, key)
}

function unsigned(alg: string): string {
  return signingInput({ header: { ...good.header, alg }, payload: good.payload })
}

function hmac(secret: string): string {
  return `${unsigned('HS256')}.${createHmac('sha256', secret).update(unsigned('HS256')).digest('base64url')}`
}

/** Like hmac, as long as the signature of a key. */
const longHmac = (secret: string) => hmac(secret).replace(/[^.]+$/, (mac) => mac.padEnd(86, 'A'))

function publicPem(): string {
  return createPublicKey({ key: own, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
}

describe('of tokens with a right signature, one is refused', () => {
  const year = 365 * 86_400
  const unknownKey = 'it is signed by an unknown key'
  const algorithm = 'its algorithm is not that of its key'
  const header = (changes: Parts['header']) => ({ header: changes })
  const payload = (changes: Parts['payload']) => ({ payload: changes })
  const wrong = (claim: string) => `its claim ${claim} is missing or wrong`
  test.each<[string, Partial<Parts>, string]>([
    ['algorithm none', header({ alg: 'none' }), algorithm],
    ['another algorithm', header({ alg: 'ES256' }), algorithm],
    ['the same algorithm by its other name', header({ alg: 'Ed25519' }), algorithm],
    ['an algorithm of objects', header({ alg: ['EdDSA'] }), 'it is not a signed JWT'],
    ['no algorithm', header({ alg: undefined }), 'it is not a signed JWT'],
    ['an extension nobody knows', header({ crit: ['x'], x: 1 }), 'it is not a signed JWT'],
    ['an unencoded payload', header({ crit: ['b64'], b64: false }), 'it is not a signed JWT'],
    ['no key id', header({ kid: undefined }), unknownKey],
    ['a number for a key id', header({ kid: 1 }), unknownKey],
    ['an unknown key id', header({ kid: '01K7YFXDQTKN9AMQQ57WD0R7B1' }), unknownKey],
    ['SQL for a key id', header({ kid: "' OR 1=1 --" }), unknownKey],
    ['a path for a key id', header({ kid: '../../../dev/null' }), unknownKey],
    ['10 kB of key id', header({ kid: 'A'.repeat(10_240) }), 'it is longer than 4096 characters'],
    ['no type', header({ typ: undefined }), 'its type is not at+jwt'],
    ['the type of an id token', header({ typ: 'JWT' }), 'its type is not at+jwt'],
    ['another audience', payload({ aud: 'someone-else' }), 'it is for another audience'],
    ['no audience', payload({ aud: undefined }), wrong('aud')],
    ['a second audience', payload({ aud: [AUDIENCE, 'someone-else'] }), wrong('aud')],
    ['another issuer', payload({ iss: 'https://evil.example.com' }), 'it is from another issuer'],
    ['no issuer', payload({ iss: undefined }), wrong('iss')],
    ['no subject', payload({ sub: undefined }), wrong('sub')],
    ['no id', payload({ jti: undefined }), wrong('jti')],
    ['no grant', payload({ grant: undefined }), wrong('grant')],
    ['no end', payload({ exp: undefined }), wrong('exp')],
    ['a text for an end', payload({ exp: String(NOW_S + 60) }), wrong('exp')],
    ['a year of life', payload({ exp: NOW_S + year }), wrong('exp')],
    ['an end before its issue', payload({ iat: NOW_S, exp: NOW_S - 1 }), wrong('exp')],
    ['an end at no number', payload({ exp: 1e300 }), wrong('exp')],
    ['no issue time', payload({ iat: undefined }), wrong('iat')],
    ['half a second for an issue time', payload({ iat: NOW_S + 0.5 }), wrong('iat')],
    ['an issue in the future', payload({ iat: NOW_S + 6, exp: NOW_S + 60 }), 'it was issued in the future'],
    ['no beginning', payload({ nbf: undefined }), wrong('nbf')],
    ['half a second for a beginning', payload({ nbf: NOW_S - 0.5 }), wrong('nbf')],
    ['a text for a beginning', payload({ nbf: String(NOW_S) }), wrong('nbf')],
    ['a beginning in the future', payload({ nbf: NOW_S + 6 }), 'it is not yet valid'],
    ['no tenant', payload({ tenant: undefined }), wrong('tenant')],
    ['another tenant', payload({ tenant: OTHER_TENANT }), 'it is signed by the key of another tenant'],
    ['no scope', payload({ scope: undefined }), wrong('scope')],
    ['an empty scope', payload({ scope: '' }), wrong('scope')],
    ['an unknown scope', payload({ scope: 'bill:read root' }), wrong('scope')],
    ['a list of scopes', payload({ scope: ['bill:read'] }), wrong('scope')],
    ['a kind of actor that has no tokens', payload({ actor_type: 'apiKey' }), wrong('actor_type')],
    ['an object for a partner', payload({ partner: {} }), wrong('partner')]
  ])('with %s', async (_, changes, message) => {
    expect(await bench.verdict(forged(changes))).toBe(REFUSED + message)
  })

  test('but not the one that nothing was changed in', async () => {
    expect(await bench.verdict(forged({}))).toBe('valid')
    expect(await bench.verdict(forged(header({ typ: 'application/at+jwt' })))).toBe('valid')
  })
})

describe('a forger', () => {
  test.each<[string, () => string, string]>([
    ['leaves the signature out', () => `${unsigned('none')}.`, 'it is not a signed JWT'],
    [
      'leaves it out and keeps the old one',
      () => `${unsigned('none')}.${token.split('.')[2]}`,
      'its algorithm is not that of its key'
    ],
    ['uses the public key as a secret', () => hmac(publicPem()), 'it is not a signed JWT'],
    ['uses it and fills up', () => longHmac(publicPem()), 'its algorithm is not that of its key'],
    ['uses its raw bytes', () => longHmac(String(own.x)), 'its algorithm is not that of its key'],
    ['signs with the key of another tenant under our key id', () => forged({}, others), 'its signature is wrong'],
    ['names the key of another tenant', () => forged({ header: { kid: otherKid } }), 'its signature is wrong'],
    [
      'has the key of another tenant and its id',
      () => forged({ header: { kid: otherKid } }, others),
      'it is signed by the key of another tenant'
    ],
    ['lists key ids', () => forged({ header: { kid: [good.header.kid] } }), 'it is signed by an unknown key'],
    ['brings a key along', () => forged({ header: { jwk: others } }, others), 'its signature is wrong'],
    [
      'refers to a key elsewhere',
      () => forged({ header: { jku: 'https://evil.example.com/jwks.json' } }, others),
      'its signature is wrong'
    ],
    ['sends an encrypted one', () => `${token}.AAAA.AAAA`, 'it is not a signed JWT'],
    ['sends two', () => `${token} ${token}`, 'it is not a signed JWT'],
    ['fills the signature up', () => `${token}==`, 'it is not a signed JWT'],
    ['adds a line', () => `${token}\n`, 'it is not a signed JWT'],
    ['sends 1 MB', () => token + 'A'.repeat(1_048_576), 'it is longer than 4096 characters'],
    ['sends 1 MB of dots', () => '.'.repeat(1_048_576), 'it is longer than 4096 characters']
  ])('who %s is refused', async (_, make, message) => {
    expect(await bench.verdict(make())).toBe(REFUSED + message)
  })

  test('cannot swap the signatures of two tokens', async () => {
    const [one, other] = [token.split('.'), (await bench.issue({ scopes: ['admin'] })).split('.')]
    expect(await bench.verdict([one[0], one[1], other[2]].join('.'))).toBe(`${REFUSED}its signature is wrong`)
    expect(await bench.verdict([one[0], other[1], one[2]].join('.'))).toBe(`${REFUSED}its signature is wrong`)
  })

  test('gets nowhere with a token cut off anywhere', async () => {
    const lengths = Array.from(token, (_, length) => length)
    const verdicts = await Promise.all(lengths.map((length) => bench.verdict(token.slice(0, length))))
    expect(verdicts.filter((each) => !each.startsWith(REFUSED))).toEqual([])
  })

  test('gets nowhere with any one bit changed', async () => {
    const flips = Array.from(token, (_, index) =>
      [1, 2, 4, 8, 16, 32, 64, 128].map((bit) => flipped(index, bit))
    ).flat()
    const verdicts = await Promise.all(flips.map((flip) => bench.verdict(flip)))
    expect(verdicts).toHaveLength(token.length * 8)
    expect(verdicts.filter((each) => !each.startsWith(REFUSED))).toEqual([])
  })

  test('gets nowhere with whatever else, and is not told what it was', async () => {
    const part = fc.oneof(fc.json(), fc.string()).map((text) => Buffer.from(text).toString('base64url'))
    const three = fc.tuple(part, part, fc.constantFrom(token.split('.')[2])).map((parts) => parts.join('.'))
    await fc.assert(
      fc.asyncProperty(fc.oneof(three, fc.string(), fc.string({ unit: 'binary' })), async (text) => {
        const answer = await bench.verdict(text)
        expect(answer.startsWith(REFUSED)).toBe(true)
        if (text.length > 16) expect(answer).not.toContain(text)
      }),
      { numRuns: 500 }
    )
  })

  const flipped = (index: number, bit: number) =>
    token.slice(0, index) + String.fromCharCode(token.charCodeAt(index) ^ bit) + token.slice(index + 1)
})
