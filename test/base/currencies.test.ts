import { expect, test } from 'vitest'
import { CURRENCIES_AS_OF, isCurrency } from '../../src/base/codes.ts'

test.each(['EUR', 'ZWG', 'XCG', 'KWD', 'JPY', 'VED'])('%s is a currency of new amounts', (code) => {
  expect(isCurrency(code)).toBe(true)
})

test.each(['ZWL', 'BGN', 'ANG', 'HRK', 'CUC', 'SLL', 'DEM', 'XAU', 'XTS', 'XXX', 'CHE', 'eur'])(
  '%s is none',
  (code) => {
    expect(isCurrency(code)).toBe(false)
  }
)

test('the list says of when it is', () => {
  expect(CURRENCIES_AS_OF).toMatch(/^\d{4}-\d{2}-\d{2}$/)
})
