import { argon2Sync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  encodePassword,
  HASHES_AT_ONCE_MAX,
  HASHES_WAITING_MAX,
  hashPassword,
  verifyPassword
} from '../../src/auth/sign-in/password.ts'
import { Problem } from '../../src/messages/problem.ts'
import { hashesOf } from './hashes.ts'

const ENCODED = encodePassword('demo')

test.each([
  ['demo', '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea'],
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['Grüße €', '93e4860377cd14ea266d7c0f31d5ddc85ecd9c1853d3df56a134203506186751']
])('%j is encoded as the hex SHA-256 of its UTF-8', (password, encoded) => {
  expect(encodePassword(password)).toBe(encoded)
})

describe('a hash', () => {
  test('is argon2id in the PHC format, with a salt of its own, and verifies its password alone', async () => {
    const [hash, other] = await Promise.all([hashPassword(ENCODED), hashPassword(ENCODED)])
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(other).not.toBe(hash)
    const tried = [ENCODED, encodePassword('Demo'), ENCODED.toUpperCase(), 'demo', ''].map((it) =>
      verifyPassword(it, hash)
    )
    expect(await Promise.all(tried)).toEqual([true, false, false, false, false])
  })

  test('is read with the parameters it was made with', async () => {
    const parameters = { memory: 64, passes: 3, parallelism: 2, nonce: Buffer.from('twelve bytes'), tagLength: 24 }
    const hash = argon2Sync('argon2id', { message: ENCODED, ...parameters })
    const stored = `$argon2id$v=19$m=64,t=3,p=2$${base64(parameters.nonce)}$${base64(hash)}`
    expect(await verifyPassword(ENCODED, stored)).toBe(true)
    expect(await verifyPassword(ENCODED, stored.replace('t=3', 't=2'))).toBe(false)
  })

  test.each([
    ['memory without bound', 'argon2id', 19, 'm=9999999,t=2,p=1'],
    ['too little memory', 'argon2id', 19, 'm=7,t=2,p=1'],
    ['passes without bound', 'argon2id', 19, 'm=64,t=999,p=1'],
    ['no passes', 'argon2id', 19, 'm=64,t=0,p=1'],
    ['too many lanes', 'argon2id', 19, 'm=1024,t=2,p=99'],
    ['another algorithm', 'argon2i', 19, 'm=64,t=2,p=1'],
    ['another version', 'argon2id', 16, 'm=64,t=2,p=1']
  ])('with %s is refused, and not shown', async (_, algorithm, version, cost) => {
    const hash = `$${algorithm}$v=${version}$${cost}$${base64(Buffer.alloc(16))}$${base64(Buffer.alloc(32))}`
    const refusal = verifyPassword(ENCODED, hash)
    await expect(refusal).rejects.toThrow('A stored password hash cannot be read')
    await expect(refusal).rejects.not.toThrow(cost)
  })

  test('is made of encoded passwords only', async () => {
    await expect(hashPassword('demo')).rejects.toThrow('Only an encoded password')
  })
})

test('an unknown user costs the same work as a known one, and so does what is no encoded password', async () => {
  const hash = await hashPassword(ENCODED)
  const known = await workOf(() => verifyPassword(encodePassword('wrong'), hash))
  expect(known).toEqual([{ memory: 19_456, passes: 2, parallelism: 1, tagLength: 32, salt: 16 }])
  expect(await workOf(() => verifyPassword(ENCODED, undefined))).toEqual(known)
  expect(await workOf(() => verifyPassword('x'.repeat(1_000_000), hash))).toEqual(known)
})

test('nobody has the password of an unknown user', async () => {
  expect(await verifyPassword(ENCODED, undefined)).toBe(false)
})

// The second round starts with the slots of the first.
test.each([1, 2])('hashes wait in line for a few slots, and too many are turned away: round %i', async () => {
  const entered: number[] = []
  const inside = { now: 0, most: 0 }
  const gate = Promise.withResolvers<void>()
  // A failure before the work costs nothing and must leave its slot.
  const attempts = Array.from({ length: HASHES_AT_ONCE_MAX + HASHES_WAITING_MAX }, (_, index) =>
    verifyPassword(ENCODED, undefined, async () => {
      entered.push(index)
      inside.most = Math.max(inside.most, ++inside.now)
      await gate.promise
      await new Promise(setImmediate)
      inside.now--
      throw new Problem('tooManyRequests', 'test.blocked', 'blocked')
    })
  )
  const outcomes = Promise.allSettled(attempts)
  const tooMany = await verifyPassword(ENCODED, undefined).catch((error: unknown) => error)
  expect(tooMany).toMatchObject({ kind: 'unavailable', headers: { 'Retry-After': '1' } })
  await expect(hashPassword(ENCODED)).rejects.toThrow('try again later')
  expect(entered).toEqual([0, 1])
  gate.resolve()
  const reasons = (await outcomes).map((outcome) => (outcome.status === 'rejected' ? outcome.reason.message : ''))
  expect(new Set(reasons)).toEqual(new Set(['blocked']))
  expect(entered).toEqual(attempts.map((_, index) => index))
  expect(inside.most).toBe(HASHES_AT_ONCE_MAX)
  expect(await verifyPassword(ENCODED, undefined)).toBe(false)
})

test('a network that fills the line gives a place to each other network, and none to itself', async () => {
  const gate = Promise.withResolvers<void>()
  const entered: string[] = []
  const attempt = (from: string) =>
    verifyPassword(
      ENCODED,
      undefined,
      async () => {
        entered.push(from)
        await gate.promise
        throw new Problem('tooManyRequests', 'test.blocked', 'blocked')
      },
      undefined,
      from
    )
  const flood = Array.from({ length: HASHES_AT_ONCE_MAX + HASHES_WAITING_MAX }, () => attempt('192.0.2.1'))
  const others = ['192.0.2.2', '192.0.2.3', '192.0.2.2'].map(attempt)
  const outcomes = Promise.allSettled([...flood, ...others])
  await expect(attempt('192.0.2.1')).rejects.toThrow('try again later')
  gate.resolve()
  const refused = (await outcomes).filter((one) => one.status === 'rejected' && one.reason.kind === 'unavailable')
  expect(refused).toHaveLength(others.length)
  expect(entered.slice(-others.length)).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.2'])
})

/** Returns the cost of each hash in a piece of work. */
async function workOf(work: () => Promise<unknown>) {
  return (await hashesOf(work)).map(({ memory, passes, parallelism, tagLength, nonce }) => {
    return { memory, passes, parallelism, tagLength, salt: Buffer.from(nonce as Buffer).length }
  })
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
