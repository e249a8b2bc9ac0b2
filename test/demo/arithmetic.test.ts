import Big from 'big.js'
import { describe, expect, test } from 'vitest'
import { billOf, brokenAt, less, moneyText, sumsOf, sumsText } from '../../demo/arithmetic.ts'
import { expectLike, expectSame, Unexpected } from '../../demo/expectation.ts'

describe('what a bill must come to', () => {
  test.each([
    ['is the exact sum, rounded once', ['0.004', '0.004', '0.004'], 'EUR', 0.19, '0.01', '0', '0.01', '0.01'],
    ['has its tax from the exact sum', ['0.0249'], 'EUR', 0.21, '0.02', '0.01', '0.03', '0'],
    ['rounds half away from zero', ['0.125', '0.01'], 'EUR', 0, '0.14', '0', '0.14', '0'],
    ['also below zero', ['-0.125'], 'EUR', 0, '-0.13', '0', '-0.13', '0'],
    ['in whole yen', ['135.625', '0.5', '0.5'], 'JPY', 0.1, '137', '14', '151', '-1'],
    ['in thousandths of a dinar', ['1.00025', '1.00025'], 'KWD', 0.05, '2.001', '0.1', '2.101', '0.001'],
    ['of nothing is nothing', [], 'EUR', 0.19, '0', '0', '0', '0']
  ])('%s', (_, amounts, currency, rate, taxExcluded, tax, taxIncluded, rounding) => {
    const due = billOf(
      amounts.map((amount) => new Big(amount)),
      currency,
      rate
    )
    const texts = Object.fromEntries(Object.entries(due).map(([name, value]) => [name, value.toString()]))
    expect(texts).toEqual({ taxExcluded, tax, taxIncluded, rounding })
  })
})

test('sums are exact, by currency in the order of the alphabet, and shown with its digits', () => {
  const tenths = Array.from({ length: 10 }, () => ({ unit: 'EUR', value: 0.1 }))
  const sums = sumsOf([{ unit: 'KWD', value: 1.5 }, ...tenths, { unit: 'JPY', value: 20 }])
  expect([...sums].map(([unit, sum]) => [unit, sum.toString()])).toEqual([
    ['EUR', '1'],
    ['JPY', '20'],
    ['KWD', '1.5']
  ])
  expect(sumsText(sums)).toBe('1.00 EUR, 20 JPY, 1.500 KWD')
  expect(moneyText(less({ unit: 'EUR', value: 0.3 }, { value: 0.1 }))).toBe('0.20 EUR')
  expect(less({ unit: 'EUR', value: 0.3 }, { value: 0.1 }).value).toBe(0.2)
})

test.each([
  [[], undefined],
  [['SW-2026-000002', 'SW-2026-000001', 'SW-2026-000003'], undefined],
  [['SW-2026-000001', 'SW-2026-000003'], 2],
  [['SW-2026-000002', 'SW-2026-000003'], 1],
  [['SW-2026-000001', 'SW-2026-000001'], 2],
  [['draft'], 1]
])('the series of %j is broken at %s', (numbers, at) => {
  expect(brokenAt(numbers)).toBe(at)
})

describe('an expectation', () => {
  test('that is met says nothing', () => {
    expectSame('one', new Big('1.50'), new Big('1.5'))
    expectSame('two', { a: [1] }, { a: [1] })
    expectSame('three', undefined, undefined)
    expectLike('four', 'SW-1', /^SW/)
  })

  test.each([
    ['a decimal', () => expectSame('it', new Big('1.5'), new Big(2)), 'to be 2, but it is 1.5'],
    ['a text', () => expectSame('it', 'new', 'sent'), 'to be "sent", but it is "new"'],
    ['nothing', () => expectSame('it', undefined, 1), 'to be 1, but it is nothing'],
    ['a text that is not like it', () => expectLike('it', 'new', /^s/), 'to be like /^s/, but it is "new"']
  ])('that meets %s says both in one line', (_, expectation, line) => {
    expect(expectation).toThrow(new Unexpected(`The demo expected it ${line}`))
  })
})
