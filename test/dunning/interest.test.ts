import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/base/time-zone.ts'
import { interestDays, lateInterest } from '../../src/dunning/interest.ts'

const day = (text: string) => Date.parse(text) / DAY_MS

test.each([
  ['2026-01-31', '2026-02-28', 'act/365', 28],
  ['2026-01-31', '2026-02-28', '30/360', 28],
  ['2026-01-30', '2026-03-31', '30/360', 60],
  ['2026-01-01', '2027-01-01', '30/360', 360],
  ['2028-01-01', '2029-01-01', 'act/360', 366],
  ['2026-03-31', '2026-04-01', '30/360', 1]
] as const)('from %s to %s are by %s %i days', (from, to, dayCount, days) => {
  expect(interestDays(day(from), day(to), dayCount)).toBe(days)
})

test.each([
  // 100 × 9.12 % × 31 / 365 = 0.774575…
  ['100', 'EUR', 9.12, 'act/365', 31, '0.77'],
  // 100 × 9 % × 31 / 360 = 0.775: half up.
  ['100', 'EUR', 9, 'act/360', 31, '0.78'],
  ['100', 'EUR', 9, '30/360', 360, '9'],
  ['0.01', 'EUR', 9, 'act/365', 1, '0'],
  ['1000', 'JPY', 5, 'act/365', 73, '10'],
  ['1000', 'KWD', 5.5, 'act/365', 73, '11'],
  // Doubles would say 123456789012.34 × 0.1 % / 365 otherwise.
  ['123456789012.34', 'EUR', 0.1, 'act/365', 1, '338237.78']
] as const)(
  'late interest on %s %s at %d %% by %s for %i days is %s',
  (principal, currency, rate, dayCount, days, is) => {
    expect(lateInterest({ principal, currency, yearlyRate: rate, dayCount, days })).toBe(is)
  }
)
