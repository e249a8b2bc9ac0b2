import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY_MS, dayOf, offsetTime, startOfDay } from '../../src/base/time-zone.ts'

const dayNumber = (date: string) => Date.parse(date) / DAY_MS

describe('a day begins', () => {
  test.each([
    ['UTC', '2026-03-29', '2026-03-29T00:00:00Z'],
    ['UTC', '1969-12-31', '1969-12-31T00:00:00Z'],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00Z'],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00Z'],
    ['America/New_York', '2026-11-02', '2026-11-02T05:00:00Z'],
    ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00Z']
  ])('at midnight in %s, %s', (timeZone, date, start) => {
    expect(startOfDay(dayNumber(date), timeZone)).toBe(Date.parse(start))
  })

  test.each([
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00Z', 'at 1:00, where the clocks skip midnight'],
    ['Asia/Beirut', '2021-03-28', '2021-03-27T22:00:00Z', 'at 1:00, where the clocks skip midnight'],
    ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00:00Z', 'at its midnight, where the hour before comes twice'],
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00Z', 'at the first of two midnights'],
    [
      'America/St_Johns',
      '2010-11-07',
      '2010-11-07T02:30:00Z',
      'at the first of two midnights, between them a day before'
    ],
    ['Pacific/Apia', '2011-12-29', '2011-12-29T10:00:00Z', 'at midnight before a day that is skipped'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00Z', 'with the next one, where it is skipped'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00Z', 'at midnight after a day that was skipped']
  ])('in %s, %s: %s, %s', (timeZone, date, start) => {
    expect(new Date(startOfDay(dayNumber(date), timeZone)).toISOString()).toBe(start.replace('Z', '.000Z'))
  })

  test('and the millisecond before it belongs to an earlier one, in every zone', () => {
    const zones = Intl.supportedValuesOf('timeZone')
    const days = fc.integer({ min: dayNumber('1970-01-01'), max: dayNumber('2100-12-31') })
    fc.assert(
      fc.property(fc.constantFrom(...zones), days, (timeZone, day) => {
        const start = startOfDay(day, timeZone)
        expect(dayOf(start, timeZone)).toBeGreaterThanOrEqual(day)
        expect(dayOf(start - 1, timeZone)).toBeLessThan(day)
        expect(startOfDay(day + 1, timeZone)).toBeGreaterThanOrEqual(start)
      }),
      { numRuns: 500 }
    )
  })
})

test('a zone nobody knows is refused', () => {
  expect(() => dayOf(0, 'Europe/Atlantis')).toThrow('Europe/Atlantis is no IANA time zone')
})

test.each([
  ['UTC', '2026-03-31T22:00:00.000+00:00'],
  ['Europe/Berlin', '2026-04-01T00:00:00.000+02:00'],
  ['America/St_Johns', '2026-03-31T19:30:00.000-02:30'],
  ['Asia/Kathmandu', '2026-04-01T03:45:00.000+05:45']
])('on the clocks of %s an instant is %s', (timeZone, written) => {
  expect(offsetTime('2026-03-31T22:00:00.000Z', timeZone)).toBe(written)
  expect(new Date(written).toISOString()).toBe('2026-03-31T22:00:00.000Z')
})
