import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isNumberPattern,
  mayCollide,
  type NumberPattern,
  numbersOf,
  readNumberPattern
} from '../../src/base/bill-number.ts'
import { creditorReference, printedReference } from '../../src/base/creditor-reference.ts'

const read = (pattern: string): NumberPattern => {
  const parts = readNumberPattern(pattern)
  if (!parts) throw new Error(`${pattern} is no pattern`)
  return parts
}

test.each([
  ['INV-{yyyy}-{000001}', true],
  ['{1}', true],
  ['{yyyy}{0001}', true],
  ['{001}/{yyyy}', true],
  ['№ {yyyy}/{yyyy}-{01}', true],
  ['{000000000001}', true],
  [`${'x'.repeat(47)}{1}`, true],
  ['', false],
  ['INV', false],
  ['INV-{yyyy}', false],
  ['INV-{000000}', false],
  ['INV-{10}', false],
  ['{01}-{01}', false],
  ['{mm}-{01}', false],
  ['{YYYY}-{01}', false],
  ['{}{01}', false],
  ['{01', false],
  ['{01}}', false],
  ['{0000000000001}', false],
  [`${'x'.repeat(48)}{1}`, false],
  ['INV\n{01}', false],
  ['INV\u0000{01}', false]
])('whether %j is a pattern of bill numbers: %j', (pattern, expected) => {
  expect(isNumberPattern(pattern)).toBe(expected)
})

test.each([
  ['NLT-2026-000001', true],
  ['nlt-2026-000001', true],
  ['NLT 2026 000001', true],
  ['NLT-2026-1', true],
  ['NLT20261', false],
  ['NLT-26-000001', false],
  [creditorReference('NLT-2026-000001'), true],
  [printedReference(creditorReference('NLT-2026-000001')), true],
  ['NLT2026000001'.padStart(21, '0'), true],
  ['NLT-26-1', false],
  ['XNLT-2026-000001', false],
  ['NLT-2026-000001-A', false],
  ['NLT-2026-000001 №', false]
])('%j would block the reference of a number of NLT-{yyyy}-{000001}: %j', (billNo, expected) => {
  expect(numbersOf(read('NLT-{yyyy}-{000001}'))(billNo)).toBe(expected)
})

test('of a pattern beyond ASCII only its own numbers block a reference', () => {
  const isOwn = numbersOf(read('№-{001}'))
  expect(['№-17', '17'].map(isOwn)).toEqual([true, false])
})

test('a number with the core of one of ours blocks its reference, however it is written', () => {
  const isOwn = numbersOf(read('NLT-{1}'))
  const filler = fc.string({ unit: fc.constantFrom('-', ' ', '.', '/'), maxLength: 2 })
  const form = fc.array(fc.tuple(filler, fc.boolean()), { minLength: 7, maxLength: 7 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9999 }), form, (number, forms) => {
      const written = [...`NLT${number}`].map((character, at) => {
        const [before = '', isLow = false] = forms[at] ?? []
        return before + (isLow ? character.toLowerCase() : character)
      })
      expect(isOwn(written.join(''))).toBe(true)
    })
  )
})

describe('Numbers of two series may be the same text', () => {
  test.each([
    ['INV-{001}', 'INV-{001}', false],
    ['INV-{001}', 'INV-{000001}', false],
    ['INV-{001}', 'INV-{yyyy}-{001}', false],
    ['INV-2026-{1}', 'INV-{yyyy}-{1}', false],
    ['INV-{yyyy}-{1}', 'BILL-{yyyy}-{1}', false],
    ['{yyyy}{1}', '{yyyy}-{1}', false],
    ['A{1}', 'B1{1}', false],
    ['INV-{001}', 'INV-1{001}', true],
    ['{1}', '{yyyy}{000001}', true],
    ['{1}', '{000001}{yyyy}', true],
    ['A{1}-5', 'A1-{1}', true],
    ['A{1}-5', 'A1-{1}-5', false],
    ['{yyyy}-{1}', '{1}-7', true],
    ['INV-{yyyy}{1}', 'INV-20{1}', true],
    ['INV-{yyyy}{1}', 'INV-x{1}', false]
  ])('of %s and %s: %j', (left, right, expected) => {
    expect(mayCollide(read(left), read(right))).toBe(expected)
    expect(mayCollide(read(right), read(left))).toBe(expected)
  })

  const parts = fc.array(fc.constantFrom('A', '-', '1', '2', '{yyyy}'), { maxLength: 4 }).map((part) => part.join(''))
  const place = fc.record({ prefix: parts, suffix: parts })
  const number = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 300_000 }))

  test('whenever they are, whatever the width, unless they are one number of one series', () => {
    fc.assert(
      fc.property(place, place, number, fc.integer({ min: 1, max: 6 }), (left, right, count, width) => {
        const year = (part: string) => part.replaceAll('{yyyy}', '2121')
        const text = year(left.prefix) + String(count).padStart(width, '0') + year(left.suffix)
        const pattern = `^${year(right.prefix)}\\d+${year(right.suffix)}$`
        const isSeries = year(left.prefix) === year(right.prefix) && year(left.suffix) === year(right.suffix)
        fc.pre(!isSeries && new RegExp(pattern).test(text))
        expect(mayCollide(left, right)).toBe(true)
      }),
      { numRuns: 200 }
    )
  })
})
