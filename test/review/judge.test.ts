import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReviewRules } from '../../src/admin/review-rules.ts'
import { type Facts, judge } from '../../src/billing/review/judge.ts'

const FACTS: Facts = {
  billingAccount: 'A-1',
  currency: 'EUR',
  taxExcluded: '100',
  taxIncluded: '119',
  lineCount: 10,
  earlier: { count: 3, mean: '40' }
}

const told = (rules: ReviewRules, facts: Partial<Facts> = {}) => {
  const verdict = judge(rules, 'C-1', { ...FACTS, ...facts })
  return verdict && [verdict.reasons.map(({ reason }) => reason).join(' '), verdict.score]
}

test.each<[string, ReviewRules, Partial<Facts>, readonly string[] | undefined]>([
  ['no rules', {}, {}, undefined],
  ['rules that are off', { zero: false, firstBill: false, negative: false, samplePercent: 0 }, {}, undefined],
  ['an amount at the limit', { amountOver: { EUR: 119 } }, {}, undefined],
  ['an amount over it', { amountOver: { EUR: 118.99 } }, {}, ['amountOver', '1']],
  ['an amount far over it', { amountOver: { EUR: 10 } }, {}, ['amountOver', '11.9']],
  ['the limit of another currency', { amountOver: { USD: 1 } }, {}, undefined],
  ['an amount that a binary fraction would miss', { amountOver: { EUR: 0.3 } }, { taxIncluded: '0.30' }, undefined],
  ['a limit of 0', { amountOver: { EUR: 0 } }, {}, ['amountOver', '1000']],
  ['a credit', { amountOver: { EUR: 0 } }, { taxIncluded: '-1' }, undefined],
  ['an amount at the multiple of the mean', { overMean: { factor: 2.975, bills: 3 } }, {}, undefined],
  ['an amount over it', { overMean: { factor: 2, bills: 3 } }, {}, ['overMean', '1.488']],
  ['no earlier bill', { overMean: { factor: 1, bills: 3 } }, { earlier: { count: 0, mean: undefined } }, undefined],
  [
    'earlier bills of 0',
    { overMean: { factor: 9, bills: 3 } },
    { earlier: { count: 2, mean: '0' } },
    ['overMean', '1000']
  ],
  [
    '0 after bills of 0',
    { overMean: { factor: 9, bills: 3 } },
    { taxIncluded: '0', earlier: { count: 2, mean: '0' } },
    undefined
  ],
  ['a bill of 0', { zero: true }, { taxIncluded: '0.00' }, ['zero', '1']],
  ['one of a cent', { zero: true }, { taxIncluded: '0.01' }, undefined],
  ['the first bill', { firstBill: true }, { earlier: { count: 0, mean: undefined } }, ['firstBill', '0.5']],
  ['the second', { firstBill: true }, { earlier: { count: 1, mean: '5' } }, undefined],
  ['an amount below 0', { negative: true }, { taxIncluded: '-0.01' }, ['negative', '1']],
  ['one below 0 before tax', { negative: true }, { taxExcluded: '-1', taxIncluded: '1' }, ['negative', '1']],
  ['as many lines as allowed', { linesOver: 10 }, {}, undefined],
  ['more lines', { linesOver: 4 }, {}, ['linesOver', '2.5']],
  ['a sample of all', { samplePercent: 100 }, {}, ['sample', '0']],
  [
    'several rules, whose oddities add up',
    { amountOver: { EUR: 100 }, overMean: { factor: 2, bills: 3 }, linesOver: 4, zero: true, samplePercent: 100 },
    {},
    ['amountOver overMean linesOver sample', '5.178']
  ]
])('%s', (_, rules, facts, expected) => {
  expect(told(rules, facts)).toEqual(expected)
})

test('tells the reasons in words, with the figures that they judge by', () => {
  const rules = { amountOver: { EUR: 100 }, overMean: { factor: 2.5, bills: 6 }, linesOver: 4 }
  const facts = { earlier: { count: 3, mean: '13.3333333333333333' } }
  expect(judge(rules, 'C-1', { ...FACTS, ...facts })?.reasons.map(({ text }) => text)).toEqual([
    'The amount is over 100 EUR',
    'The amount is over 2.5 times 13.3333333333 EUR, the mean of the last 3 bills',
    'It has 10 lines, more than 4'
  ])
})

describe('The sample', () => {
  const drawn = (cycle: string, percent: number) =>
    Array.from({ length: 4_000 }, (_, at) => `A-${at}`).filter((billingAccount) =>
      judge({ samplePercent: percent }, cycle, { ...FACTS, billingAccount })
    )

  test('is drawn again by every attempt, is another one in each cycle, and has about the share asked for', () => {
    const march = drawn('march', 5)
    expect(drawn('march', 5)).toEqual(march)
    expect(drawn('april', 5)).not.toEqual(march)
    expect(march.length).toBeGreaterThan(140)
    expect(march.length).toBeLessThan(260)
  })

  test('of a larger share has all of a smaller one', () => {
    const larger = new Set(drawn('march', 7.5))
    expect(drawn('march', 5).every((account) => larger.has(account))).toBe(true)
  })
})

test('a stricter rule holds at least as much, and finds it odder', () => {
  const cents = fc.integer({ min: -5_000, max: 5_000_000 }).map((amount) => (amount / 100).toFixed(2))
  const limit = fc.integer({ min: 0, max: 1_000_000 })
  fc.assert(
    fc.property(cents, limit, limit, (taxIncluded, one, other) => {
      const scores = [Math.max(one, other), Math.min(one, other)].map((euros) =>
        Number(judge({ amountOver: { EUR: euros } }, 'C-1', { ...FACTS, taxIncluded })?.score ?? -1)
      )
      expect(scores[1]).toBeGreaterThanOrEqual(Number(scores[0]))
    }),
    { seed: 678 }
  )
})
