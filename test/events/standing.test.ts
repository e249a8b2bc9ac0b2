import { expect, test } from 'vitest'
import type { Fault } from '../../src/events/callback-fault.ts'
import { concurrencyAfter, courseAfter, FAILURES_MAX, standingAfter } from '../../src/events/standing.ts'

const NOW = '2026-11-30T12:00:00.000Z'
const most = () => 1

const outcome = (status?: number, fault?: Fault, retryAfterMs?: number) => ({ status, fault, retryAfterMs })
const FINE = outcome(204)
const FAULTY = outcome(500, 'status')

const SOUND = { failures: 0, failingSince: undefined }
const NEW = { isRepeated: false, isProbe: false }

test('failures count from the last success', () => {
  const first = standingAfter(SOUND, FAULTY, NEW, NOW)
  expect(first).toEqual({ failures: 1, failingSince: NOW })
  expect(standingAfter(first, FAULTY, NEW, '2026-11-30T13:00:00.000Z')).toEqual({ failures: 2, failingSince: NOW })
  expect(standingAfter(first, FINE, NEW, NOW)).toEqual(SOUND)
})

test.each([
  ['an event that is refused', outcome(422, 'status'), [0, 0, 0]],
  ['an event in conflict', outcome(409, 'status', 30_000), [0, 0, 0]],
  ['a lost page', outcome(404, 'status'), [1, 0, 1]],
  ['missing rights', outcome(401, 'status'), [1, 0, 1]],
  ['a redirection', outcome(302, 'redirected'), [1, 0, 1]],
  ['an error of the receiver', FAULTY, [1, 0, 1]],
  ['too many requests', outcome(429, 'status'), [1, 0, 1]],
  ['a timeout', outcome(undefined, 'timeout'), [1, 0, 1]],
  ['a lost connection', outcome(undefined, 'connectionLost'), [1, 0, 1]],
  ['no connection', outcome(undefined, 'connectionFailed'), [1, 1, 1]],
  ['a name without an address', outcome(undefined, 'nameUnresolved'), [1, 1, 1]],
  ['a wrong certificate', outcome(undefined, 'tlsFailed'), [1, 1, 1]],
  ['a refused address', outcome(undefined, 'addressRefused'), [1, 1, 1]]
])('%s counts by whether the event is new, repeated, or a probe', (_, failure, counted) => {
  const posts = [NEW, { isRepeated: true, isProbe: false }, { isRepeated: true, isProbe: true }]
  expect(posts.map((posted) => standingAfter(SOUND, failure, posted, NOW).failures)).toEqual(counted)
})

test.each([
  ['a success', 8, FINE, 9],
  ['the most', 32, FINE, 32],
  ['a timeout', 32, outcome(undefined, 'timeout'), 1],
  ['a lost connection', 9, outcome(undefined, 'connectionLost'), 4],
  ['an error of the receiver', 8, outcome(502, 'status'), 4],
  ['too many requests', 8, outcome(429, 'status'), 4],
  ['a refused event', 8, outcome(422, 'status'), 8],
  ['a redirection', 8, outcome(302, 'redirected'), 8],
  ['the least', 1, outcome(500, 'status'), 1]
])('after %s, %i posts at the same time become more or fewer', (_, before, result, after) => {
  expect(concurrencyAfter(before, result)).toBe(after)
})

const failed = (failures: number) => ({ failures, failingSince: NOW })
const ACTIVE = { state: 'active', reason: undefined, retryAt: undefined }

test.each([
  ['a success', SOUND, FINE, ACTIVE],
  ['some failures', failed(FAILURES_MAX - 1), FAULTY, ACTIVE],
  [
    'too many failures',
    failed(FAILURES_MAX),
    FAULTY,
    {
      state: 'suspended',
      reason: '10 posts in a row failed, the last one by status 500',
      retryAt: '2026-11-30T12:00:10.000Z'
    }
  ],
  [
    'a failed probe',
    failed(FAILURES_MAX + 2),
    outcome(undefined, 'timeout'),
    {
      state: 'suspended',
      reason: '12 posts in a row failed, the last one by timeout',
      retryAt: '2026-11-30T12:00:40.000Z'
    }
  ],
  [
    'an answer that the receiver is gone',
    failed(1),
    outcome(410, 'status'),
    { state: 'ended', reason: 'The receiver answered 410 Gone', retryAt: undefined }
  ],
  [
    'an answer that asks to wait',
    failed(1),
    outcome(429, 'status', 30_000),
    { ...ACTIVE, retryAt: '2026-11-30T12:00:30.000Z' }
  ],
  ['an answer that asks to wait with one event', failed(1), outcome(409, 'status', 30_000), ACTIVE]
] as const)('after %s it is decided how it goes on', (_, standing, last, course) => {
  expect(courseAfter(standing, last, NOW, most)).toEqual(course)
})
