import { expect, test } from 'vitest'
import { encodePassword, hashPassword, verifyPassword } from '../../src/auth/sign-in/password.ts'
import { noteVerified, VERIFIED_FOR_MS, VERIFIED_MAX, wasVerified } from '../../src/auth/sign-in/verified-passwords.ts'
import { hashesOf } from './hashes.ts'

const START_MS = Date.parse('2026-11-21T10:00:00.000Z')
const ENCODED = encodePassword('demo')

const at = (ms: number) => () => new Date(START_MS + ms).toISOString()
const start = at(0)

test.each([
  { what: 'the same', is: true },
  { what: 'the same at the last moment', clock: at(VERIFIED_FOR_MS - 1), is: true },
  { what: 'the same a moment later', clock: at(VERIFIED_FOR_MS), is: false },
  { what: 'the same when the clock was put back', clock: at(-VERIFIED_FOR_MS), is: false },
  { what: 'another password', encoded: encodePassword('Demo'), is: false },
  { what: 'another stored hash', hash: 'changed', is: false },
  { what: 'parts that are split elsewhere', encoded: `d${ENCODED}`, hash: 'store', is: false }
])('$what: remembered $is', ({ clock = start, encoded = ENCODED, hash = 'stored', is }) => {
  noteVerified(start, ENCODED, 'stored')
  expect(wasVerified(clock, encoded, hash)).toBe(is)
})

test('no more are remembered than there is room for, the latest ones', () => {
  for (let each = 0; each <= VERIFIED_MAX; each++) noteVerified(start, ENCODED, `hash ${each}`)
  expect(wasVerified(start, ENCODED, 'hash 0')).toBe(false)
  expect(wasVerified(start, ENCODED, 'hash 1')).toBe(true)
  noteVerified(start, ENCODED, 'hash 1')
  noteVerified(start, ENCODED, 'one more')
  expect(wasVerified(start, ENCODED, 'hash 1')).toBe(true)
  expect(wasVerified(start, ENCODED, 'hash 2')).toBe(false)
})

test('a verified password is not worked on again for a minute; a wrong one is, every time', async () => {
  const hash = await hashPassword(ENCODED)
  const wrong = encodePassword('wrong')
  expect(await verifyPassword(ENCODED, hash, undefined, start)).toBe(true)
  expect(await verifyPassword(wrong, hash, undefined, start)).toBe(false)
  expect(await verifyPassword(wrong, hash, undefined, start)).toBe(false)
  expect(await hashesOf(() => verifyPassword(ENCODED, hash, undefined, start))).toHaveLength(0)
  expect(await hashesOf(() => verifyPassword(wrong, hash, undefined, start))).toHaveLength(1)
  expect(await hashesOf(() => verifyPassword(ENCODED, hash, undefined, at(VERIFIED_FOR_MS)))).toHaveLength(1)
})

test('a password that was verified does not open a hash that was changed since', async () => {
  const [before, after] = [await hashPassword(ENCODED), await hashPassword(encodePassword('new'))]
  expect(await verifyPassword(ENCODED, before, undefined, start)).toBe(true)
  expect(await verifyPassword(ENCODED, after, undefined, start)).toBe(false)
})

test('what was verified is asked for leave like anything else', async () => {
  const hash = await hashPassword(ENCODED)
  expect(await verifyPassword(ENCODED, hash, undefined, start)).toBe(true)
  const blocked = async () => {
    throw new Error('blocked')
  }
  await expect(verifyPassword(ENCODED, hash, blocked, start)).rejects.toThrow('blocked')
})
