import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { newSecretKey, parseSecretKeys, seal, unseal } from '../../src/base/secret-keys.ts'

const [OLD, NEW] = [newSecretKey(), newSecretKey()]
const PLACE = { table: 'signing_key', column: 'private_jwk', tenantId: 'demo', id: 'K1' }
const VALUE = '{"d":"Grüße €"}'

test('a sealed value opens in its place, is never the same twice, and shows nothing', () => {
  const keys = parseSecretKeys(NEW)
  const [one, other] = [seal(keys, PLACE, VALUE), seal(keys, PLACE, VALUE)]
  expect(one).toMatch(/^v1\.[0-9a-f]{12}\.[\w-]{60,}$/)
  expect(other).not.toBe(one)
  expect([one, other].map((sealed) => unseal(keys, PLACE, sealed))).toEqual([VALUE, VALUE])
  expect(unseal(keys, PLACE, seal(keys, PLACE, ''))).toBe('')
})

test('the first key seals, every one opens', () => {
  const sealed = seal(parseSecretKeys(OLD), PLACE, VALUE)
  const both = parseSecretKeys(`${NEW}, ${OLD}`)
  expect(unseal(both, PLACE, sealed)).toBe(VALUE)
  expect(unseal(parseSecretKeys(NEW), PLACE, seal(both, PLACE, VALUE))).toBe(VALUE)
  expect(() => unseal(parseSecretKeys(NEW), PLACE, sealed)).toThrow(/is sealed with the key [0-9a-f]{12}, which is not/)
})

test('what was never sealed is its own value', () => {
  expect(unseal(parseSecretKeys(NEW), PLACE, VALUE)).toBe(VALUE)
})

test.each([
  ['table', 'webhook'],
  ['column', 'public_jwk'],
  ['tenantId', 'other'],
  ['id', 'K2']
])('a value that was moved to another %s does not open', (member, elsewhere) => {
  const keys = parseSecretKeys(NEW)
  const sealed = seal(keys, PLACE, VALUE)
  expect(() => unseal(keys, { ...PLACE, [member]: elsewhere }, sealed)).toThrow('was changed or moved')
})

test('a value of which any byte was changed, or the end is missing, does not open', () => {
  const keys = parseSecretKeys(NEW)
  const sealed = seal(keys, PLACE, VALUE)
  const head = sealed.lastIndexOf('.') + 1
  const bytes = Buffer.from(sealed.slice(head), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = Number(changed[at]) ^ 1
    expect(() => unseal(keys, PLACE, sealed.slice(0, head) + changed.toString('base64url'))).toThrow('was changed')
    const cut = sealed.slice(0, head) + bytes.subarray(0, at).toString('base64url')
    if (at > 0) expect(() => unseal(keys, PLACE, cut)).toThrow('was changed')
  }
})

test.each([
  '',
  ' , ',
  'short',
  randomBytes(31).toString('base64'),
  randomBytes(33).toString('base64'),
  randomBytes(32).toString('hex'),
  `${NEW},short`
])('the keys %j are refused, and not shown', (text) => {
  expect(() => parseSecretKeys(text)).toThrow(/^must be keys of 32 bytes in base64, separated by commas \([^,]*\)$/)
})
