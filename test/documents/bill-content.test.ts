import Big from 'big.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minorDigits } from '../../src/base/money.ts'
import { type BillContent, billContent } from '../../src/documents/content/bill-content.ts'
import { billOf, inSlices } from './source.ts'

const linesIn = ({ groups }: BillContent) => groups.flatMap(({ products }) => products.flatMap(({ lines }) => lines))
const sum = (amounts: readonly string[]) => amounts.reduce((total, amount) => total.plus(amount), new Big(0))

test.each([
  ['EUR', ['0.005', '0.005'], ['0.01', '0.01'], '-0.01', '0.01'],
  ['EUR', ['0.004', '0.004'], ['0', '0'], '0.01', '0.01'],
  ['EUR', ['-0.005', '1'], ['-0.01', '1'], '0.01', '1'],
  ['JPY', ['0.5', '0.5'], ['1', '1'], '-1', '1'],
  ['KWD', ['0.0005', '12345678.901'], ['0.001', '12345678.901'], undefined, '12345678.902'],
  ['KWD', ['1.2345', '1.2345'], ['1.235', '1.235'], '-0.001', '2.469'],
  ['EUR', ['39.9'], ['39.9'], undefined, '39.9']
])('%s %j is displayed as %j with a rounding of %s', async (unit, amounts, displayed, rounding, net) => {
  const content = await billContent(
    billOf(
      unit,
      amounts.map((amount) => ({ amount }))
    )
  )
  expect(linesIn(content).map(({ amount }) => amount)).toEqual(displayed)
  expect([content.rounding, content.net]).toEqual([rounding, net])
})

test('in any currency the displayed lines and the rounding are the total, and so are the subtotals', async () => {
  const amount = fc
    .tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: 0, max: 10 }))
    .map(([units, places]) => new Big(`${units}e-${places}`).toFixed())
  const charge = fc.record({
    amount,
    type: fc.constantFrom('usageCharge', 'appliedBillingCredit', 'other', undefined),
    product: fc.constantFrom({ id: 'A', name: 'a' }, { id: 'B', name: undefined }, { id: undefined, name: undefined })
  })
  const charges = fc.array(charge, { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('EUR', 'JPY', 'KWD', 'XYZ'), charges, async (unit, own) => {
      const source = billOf(unit, own)
      const content = await billContent(source)
      const lines = linesIn(content)
      expect(lines).toHaveLength(own.length)
      for (const { amount: shown } of lines) expect(new Big(shown).round(minorDigits(unit)).eq(shown)).toBe(true)
      const total = String(source.taxExcluded?.value)
      expect(sum([...lines.map(({ amount: shown }) => shown), content.rounding ?? '0']).eq(total)).toBe(true)
      expect(sum([...content.groups.map(({ amount: part }) => part), content.rounding ?? '0']).eq(total)).toBe(true)
      for (const { products, amount: part } of content.groups) {
        expect(sum(products.map(({ amount: share }) => share)).eq(part)).toBe(true)
      }
      // A bill of another system has no rounding.
      expect(await billContent({ ...source, rounding: undefined })).toEqual(content)
    }),
    { seed: 678 }
  )
})

describe('a bill that contradicts itself has no document', () => {
  const bill = billOf('EUR', [{ amount: '10' }])
  const ten = { unit: 'EUR', value: '10' }
  const dollars = { unit: 'USD', value: 1 }
  test.each([
    ['the lines are not the total', { rounding: undefined, taxExcluded: { unit: 'EUR', value: '10.02' } }],
    ['the taxes are not the rest', { rounding: undefined, taxIncluded: ten }],
    ['another currency in a total', { amountDue: { unit: 'USD', value: '11.9' } }],
    ['another currency in a tax', { taxes: [{ taxAmount: dollars }] }],
    ['another currency in a line', { rates: billOf('USD', [{ amount: '10' }]).rates }]
  ])('%s: a conflict', async (_, others) => {
    await expect(billContent({ ...bill, ...others })).rejects.toThrow(expect.objectContaining({ kind: 'conflict' }))
  })

  test.each([
    ['the rounding', { rounding: '0.01' }],
    ['the total before tax', { taxExcluded: { unit: 'EUR', value: '10.01' } }],
    ['the total', { taxIncluded: { unit: 'EUR', value: '11.91' } }]
  ])('in a bill of the engine %s is a bug', async (_, others) => {
    await expect(billContent({ ...bill, ...others })).rejects.toThrow(expect.not.objectContaining({ kind: 'conflict' }))
  })
})

test('a bill of an amount due alone has a document', async () => {
  const bare = { taxExcluded: undefined, taxIncluded: undefined, rounding: undefined, taxes: [] }
  const content = await billContent({ ...billOf('KWD', []), ...bare, amountDue: { unit: 'KWD', value: '12.3456' } })
  expect(content).toMatchObject({
    currency: 'KWD',
    groups: [],
    taxes: { rows: [] },
    due: { amount: '12.3456' },
    net: undefined
  })
})

test('charges come first and credits last, each by product in the order of its first line', async () => {
  const types = ['appliedBillingCredit', 'zoo', 'usageCharge', 'recurringCharge', 'appliedPenaltyCharge', undefined]
  const amounts = types.map((type, at) => ({ type, amount: '1', product: { id: `P${at % 2}`, name: undefined } }))
  const content = await billContent(billOf('EUR', [...amounts, ...amounts.toReversed()]))
  expect(content.groups.map(({ type }) => type)).toEqual([
    ...['recurringCharge', 'appliedBillingCharge', 'usageCharge', 'zoo'],
    ...['appliedPenaltyCharge', 'appliedBillingCredit']
  ])
  expect(content.groups[0]?.products.map(({ name, count, amount }) => [name, count, amount])).toEqual([['P1', 2, '2']])
})

test('a bill of very many lines shows what each product amounts to, and how many lines it has', async () => {
  const charges = Array.from({ length: 10_001 }, () => ({ amount: '0.01' }))
  const [group] = (await billContent(billOf('EUR', charges))).groups
  expect(group?.products).toEqual([{ name: 'Fibre 500', lines: [], count: 10_001, amount: '100.01' }])
})

test.each([
  [{}, 'bill'],
  [{ category: 'creditNote' }, 'creditNote'],
  [{ category: 'trial' }, 'trial'],
  [{ isIssued: false, category: 'creditNote' }, 'draft']
] as const)('%j is a %s', async (others, kind) => {
  expect((await billContent(billOf('EUR', [{ amount: '1' }], others))).kind).toBe(kind)
})

test('the base of a tax is what its lines amount to, and all of the bill where they name none', async () => {
  const bill = billOf('EUR', [{ amount: '10' }, { amount: '5', taxes: [] }])
  expect((await billContent(bill)).taxes.rows).toEqual([{ category: 'VAT', rate: '0.19', base: '10', amount: '2.85' }])
  const untaxed = (await Array.fromAsync(bill.rates)).flat().map((rate) => ({ ...rate, taxes: [] }))
  expect((await billContent({ ...bill, rates: inSlices(untaxed) })).taxes.rows[0]?.base).toBe('15')
})
