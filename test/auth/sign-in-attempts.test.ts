import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AttemptKeys, readStanding, recordFailure, recordSuccess } from '../../src/auth/sign-in/attempts.ts'
import type { Waits } from '../../src/auth/sign-in/slowing.ts'
import { later } from '../../src/base/instant.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'

const START = '2026-03-01T12:00:00.000Z'
const named = (username: string) => ({ tenantId: TENANT, username })
const ADMIN = { clientId: 'demo', user: named('admin'), address: '192.0.2.1' }
const { user: _, ...CLIENT } = ADMIN
const ALL = ['place', 'user', 'address'] as const
const ELSEWHERE = { ...ADMIN, address: '192.0.2.2' }
const HOUR_S = 3_600
const DAY_S = 86_400

let db: TestDatabase
let now = START
const clock = () => now

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  now = START
  await db.database.run(sql`TRUNCATE "sign_in_attempt", "known_network"`)
})

describe('failures of one client and user at one address', () => {
  test.each([
    [5, undefined],
    [6, 1],
    [7, 2],
    [8, 4],
    [10, 16],
    [11, 30],
    [40, 30]
  ])('%i of them block for %s seconds', async (failures, seconds) => {
    await failTimes(failures, ADMIN)
    expect(await waitS(ADMIN)).toBe(seconds)
  })

  test('block no longer than they say', async () => {
    await failTimes(8, ADMIN)
    now = later(START, 2.5)
    expect(await waitS(ADMIN)).toBe(2)
    now = later(START, 3.999)
    expect(await waitS(ADMIN)).toBe(1)
    now = later(START, 4)
    expect(await waitS(ADMIN)).toBeUndefined()
  })

  test.each<[string, AttemptKeys]>([
    ['another address', ELSEWHERE],
    ['another user', { ...ADMIN, user: named('partner1') }],
    ['another client', { ...ADMIN, clientId: 'demo2' }],
    ['the client itself', CLIENT],
    ['names that look alike together', { ...ADMIN, clientId: 'demoadm', user: named('in') }],
    ['names that look alike in JSON', { ...ADMIN, clientId: 'demo","admin', user: named('') }]
  ])('do not block %s', async (_, others) => {
    await failTimes(6, ADMIN)
    expect(await waitS(others)).toBeUndefined()
  })

  test('of a client itself do not block a user without a name', async () => {
    await failTimes(6, CLIENT)
    expect(await waitS({ ...ADMIN, user: named('') })).toBeUndefined()
  })

  test('are forgotten with a success there, and only there', async () => {
    await Promise.all([failTimes(6, ADMIN), failTimes(6, ELSEWHERE)])
    await recordSuccess(db.database, clock, ADMIN)
    expect([await waitS(ADMIN), await waitS(ELSEWHERE)]).toEqual([undefined, 1])
    await failTimes(5, ADMIN)
    expect(await waitS(ADMIN)).toBeUndefined()
  })

  test('all count when they come together', async () => {
    await Promise.all(Array.from({ length: 30 }, () => recordFailure(db.database, clock, ADMIN, ALL)))
    expect(await counters()).toEqual([30, 30, 30])
  })

  test.each([
    ['the hour is not over', HOUR_S - 0.001, 1],
    ['an hour without one has passed', HOUR_S, undefined]
  ])('begin anew only after an hour: %s', async (_, seconds, wait) => {
    await failTimes(5, ADMIN)
    now = later(START, seconds)
    await failTimes(1, ADMIN)
    expect(await waitS(ADMIN)).toBe(wait)
  })

  test('of a process whose clock is late shorten no block', async () => {
    await failTimes(7, ADMIN)
    now = later(START, -60)
    await failTimes(1, ADMIN)
    now = START
    expect(await waitS(ADMIN)).toBe(2)
  })
})

describe('failures of one user', () => {
  const from = (at: number) => ({ ...ADMIN, clientId: `client${at % 3}`, address: `198.51.100.${at}` })

  test.each([
    [20, undefined],
    [21, 1],
    [23, 4],
    [26, 30],
    [200, 30]
  ])('%i of them, each from another network, block everywhere for %s seconds', async (failures, seconds) => {
    for (let at = 0; at < failures; at++) await recordFailure(db.database, clock, from(at), ALL)
    expect(await waitS(ADMIN, 'user')).toBe(seconds)
    expect(await waitS(ADMIN)).toBeUndefined()
    expect(await waitS({ ...ADMIN, user: named('partner1') }, 'user')).toBeUndefined()
    expect(await waitS({ ...ADMIN, user: { ...ADMIN.user, tenantId: 'other' } }, 'user')).toBeUndefined()
  })

  test('stay when the user succeeds somewhere', async () => {
    for (let at = 0; at < 21; at++) await recordFailure(db.database, clock, from(at), ALL)
    await recordSuccess(db.database, clock, ADMIN)
    expect(await waitS(ELSEWHERE, 'user')).toBe(1)
  })
})

describe('a network is known', () => {
  const isKnown = async (keys: AttemptKeys) => (await readStanding(db.database, clock, keys)).isKnown

  test('to the user who signed in from it, whatever the client', async () => {
    await recordSuccess(db.database, clock, ADMIN)
    expect(await isKnown({ ...ADMIN, clientId: 'portal' })).toBe(true)
    expect(await isKnown({ ...ADMIN, address: '::ffff:192.0.2.1' })).toBe(true)
    expect(await isKnown(ELSEWHERE)).toBe(false)
    expect(await isKnown({ ...ADMIN, user: named('partner1') })).toBe(false)
    expect(await isKnown({ ...ADMIN, user: { ...ADMIN.user, tenantId: 'other' } })).toBe(false)
    expect(await isKnown(CLIENT)).toBe(false)
  })

  test('for 90 days after the last day of success', async () => {
    await recordSuccess(db.database, clock, ADMIN)
    now = later(START, 89 * DAY_S)
    expect(await isKnown(ADMIN)).toBe(true)
    await recordSuccess(db.database, clock, ADMIN)
    now = later(START, 178 * DAY_S)
    expect(await isKnown(ADMIN)).toBe(true)
    now = later(START, 179 * DAY_S)
    expect(await isKnown(ADMIN)).toBe(false)
  })
})

describe('failures at one address', () => {
  test.each([
    [100, undefined],
    [101, 1],
    [102, 2],
    [106, 32],
    [107, 60],
    [120, 60]
  ])('%i of them, each with another user, block all users for %s seconds', async (failures, seconds) => {
    await spray(failures, '192.0.2.1')
    expect(await waitS(ADMIN, 'address')).toBe(seconds)
    expect(await waitS(ELSEWHERE, 'address')).toBeUndefined()
  })

  test('stay when one of the users succeeds', async () => {
    await spray(101, '192.0.2.1')
    await recordSuccess(db.database, clock, { ...ADMIN, user: named('user0') })
    expect(await waitS(ADMIN, 'address')).toBe(1)
  })
})

test.each([
  ['192.0.2.1', '::ffff:192.0.2.1', true],
  ['2001:db8:0:1::1', '2001:0DB8::1:ffff:ffff:ffff:ffff', true],
  ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ['fe80::1%eth0', 'fe80::1', true],
  ['unknown', 'unknown', true],
  ['unknown', 'unheard', false]
])('%s and %s count as one address: %s', async (one, other, isSame) => {
  await failTimes(6, { ...ADMIN, address: one })
  expect(await waitS({ ...ADMIN, address: other })).toBe(isSame ? 1 : undefined)
  await spray(95, one)
  expect(await waitS({ ...ADMIN, user: named('fresh'), address: other }, 'address')).toBe(isSame ? 1 : undefined)
})

test('names of any length and kind are counted, and nothing of them can be read in the table', async () => {
  const long = 'x'.repeat(100_000)
  const odd = { clientId: `${long}1`, user: named(`\0\ud800'; DROP TABLE "tenant"; --${long}`), address: long }
  await failTimes(6, odd)
  expect(await waitS(odd)).toBe(1)
  expect(await waitS({ ...odd, clientId: `${long}2` })).toBe(1)
  const { rows } = await db.database.run(sql`SELECT "key" FROM "sign_in_attempt"`)
  expect(rows.flat()).toEqual(ALL.map(() => expect.stringMatching(/^[0-9a-f]{64}$/)))
})

async function failTimes(times: number, keys: AttemptKeys): Promise<void> {
  for (let time = 0; time < times; time++) await recordFailure(db.database, clock, keys, ALL)
}

async function spray(users: number, address: string): Promise<void> {
  const attempts = Array.from({ length: users }, (_, index) => ({ ...ADMIN, user: named(`user${index}`), address }))
  await Promise.all(attempts.map((keys) => recordFailure(db.database, clock, keys, ALL)))
}

/** Returns the seconds that a counter still blocks an attempt; undefined for none. */
async function waitS(keys: AttemptKeys, counter: keyof Waits = 'place'): Promise<number | undefined> {
  return (await readStanding(db.database, clock, keys)).waits[counter] || undefined
}

async function counters(): Promise<readonly number[]> {
  const { rows } = await db.database.run(sql`SELECT "failures" FROM "sign_in_attempt" ORDER BY 1`)
  return rows.map(([failures]) => Number(failures))
}
