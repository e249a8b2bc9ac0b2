import { expect, test } from 'vitest'
import { budget } from '../../src/fairness/budget.ts'

test('a principal may owe more than its budget once, and then waits until some of it has come back', () => {
  const time = budget(30)
  expect(time.waitMs('a', 0)).toBe(0)
  time.charge('a', 29_000, 0)
  expect(time.waitMs('a', 0)).toBe(0)
  time.charge('a', 11_000, 0)
  // 10 s too many come back in 20 s.
  expect(time.waitMs('a', 0)).toBeCloseTo(20_000, -1)
  expect(time.waitMs('a', 19_990)).toBeGreaterThan(0)
  expect(time.waitMs('a', 20_002)).toBe(0)
})

test('a budget is full again after a minute, and never more than full', () => {
  const time = budget(30)
  time.charge('a', 30_000, 0)
  expect(time.waitMs('a', 0)).toBeGreaterThan(0)
  time.charge('a', 29_999, 600_000)
  expect(time.waitMs('a', 600_000)).toBe(0)
  time.charge('a', 1, 600_000)
  expect(time.waitMs('a', 600_000)).toBeGreaterThan(0)
})

test('budgets are kept apart by principal, and 0 is none', () => {
  const time = budget(1)
  time.charge('a', 60_000, 0)
  expect([time.waitMs('a', 0) > 0, time.waitMs('b', 0)]).toEqual([true, 0])
  const without = budget(0)
  without.charge('a', 1e9, 0)
  expect(without.waitMs('a', 0)).toBe(0)
})
