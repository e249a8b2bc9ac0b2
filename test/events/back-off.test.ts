import { expect, test } from 'vitest'
import { GIVE_UP_MS, probeWaitMs, retryWaitMs } from '../../src/events/back-off.ts'

const [LEAST, MOST] = [() => 0, () => 1]
const SECOND = 1_000
const HOUR = 3_600 * SECOND

test.each([
  [1, 5 * SECOND],
  [2, 10 * SECOND],
  [3, 20 * SECOND],
  [13, 4_096 * 5 * SECOND],
  [14, 6 * HOUR],
  [1_000, 6 * HOUR]
])('after %i failures an event waits for %i ms, or down to half of it', (failures, wait) => {
  expect(retryWaitMs(failures, undefined, MOST)).toBe(wait)
  expect(retryWaitMs(failures, undefined, LEAST)).toBe(wait / 2)
})

test('within three days an event is tried more than twenty times', () => {
  let [passed, tries] = [0, 0]
  while (passed < GIVE_UP_MS) passed += retryWaitMs(++tries, undefined, MOST)
  expect(tries).toBeGreaterThan(20)
})

test.each([
  [undefined, 5 * SECOND],
  [2 * SECOND, 5 * SECOND],
  [40 * SECOND, 40 * SECOND],
  [1_000 * HOUR, 6 * HOUR]
])('an answer that asks for %s ms is heard, up to six hours: %i ms', (asked, wait) => {
  expect(retryWaitMs(1, asked, MOST)).toBe(wait)
})

test.each([
  [1, 10 * SECOND],
  [2, 20 * SECOND],
  [9, 2_560 * SECOND],
  [10, HOUR],
  [500, HOUR]
])('before probe %i a suspended listener rests for %i ms, or down to half of it', (probe, wait) => {
  expect(probeWaitMs(probe, undefined, MOST)).toBe(wait)
  expect(probeWaitMs(probe, undefined, LEAST)).toBe(wait / 2)
})
