import { beforeEach, expect, test } from 'vitest'
import { rateLimited, type Warnings } from '../../src/jobs/warnings.ts'

let clock: number
let lines: (readonly [unknown, string | undefined])[]
let warnings: Warnings
beforeEach(() => {
  clock = 0
  lines = []
  warnings = rateLimited({ warn: (about: unknown, message?: string) => void lines.push([about, message]) }, () => clock)
})

test('a warning is logged once in a minute, however many ids and durations differ, and each is counted', () => {
  const error = new Error('too many connections')
  warnings.warn('Failed task 17 (billChunk, 12.5ms, attempt 1 of 6)\n  at somewhere', error)
  warnings.warn('Failed task 18 (billChunk, 9.81ms, attempt 2 of 6)\n  at elsewhere', error)
  clock = 59_999
  warnings.warn('Failed task 19 (billChunk, 1ms, attempt 1 of 6)', error)
  expect(lines).toEqual([[{ err: error }, 'Failed task 17 (billChunk, 12.5ms, attempt 1 of 6)\n  at somewhere']])
  clock = 60_000
  warnings.warn('Failed task 20 (billChunk, 1ms, attempt 1 of 6)', error)
  expect(lines[1]).toEqual([{ err: error, omitted: 2 }, 'Failed task 20 (billChunk, 1ms, attempt 1 of 6)'])
  expect(warnings.count()).toBe(4)
})

test('warnings of different kinds do not hide each other', () => {
  warnings.warn('Failed to acquire job')
  warnings.warn('Failed to complete jobs')
  expect(lines.map(([, message]) => message)).toEqual(['Failed to acquire job', 'Failed to complete jobs'])
})

test('kinds without end need no memory without end', () => {
  const word = (at: number) => [...String(at)].map((digit) => 'abcdefghij'[Number(digit)]).join('')
  for (let at = 0; at < 1_000; at++) warnings.warn(`kind ${word(at)}`)
  expect(warnings.count()).toBe(1_000)
  // From outside, only the oldest show as forgotten.
  warnings.warn(`kind ${word(0)}`)
  expect(lines).toHaveLength(1_001)
})
