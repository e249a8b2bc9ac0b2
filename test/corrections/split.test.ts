import Big from 'big.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apportioned, isWithin, leftOf, linesOf, partOf, total } from '../../src/corrections/split.ts'

describe('an amount', () => {
  test.each<[string, readonly bigint[], bigint, readonly bigint[]]>([
    ['by halves', [100n, 100n], 50n, [25n, 25n]],
    ['with tax of 19 %', [10_000n, 1_900n], 5_000n, [4_202n, 798n]],
    ['with a remainder for the larger', [1n, 2n], 1n, [0n, 1n]],
    ['with a remainder for the first of equals', [1n, 1n, 1n], 1n, [1n, 0n, 0n]],
    ['with a credit among the parts', [300n, -100n], 100n, [150n, -50n]],
    ['of all', [7n, -3n, 0n], 4n, [7n, -3n, 0n]]
  ])('is divided %s', (_, parts, amount, shares) => {
    expect(apportioned(parts, amount)).toEqual(shares)
  })
})

const part = fc.bigInt({ min: -(10n ** 14n), max: 10n ** 15n })
const whole = fc.array(part, { minLength: 1, maxLength: 6 }).filter((parts) => total(parts) > 0n)

/** Takes shares in thousandths of what is left away, one after the other; each amount is one of whole units. */
function leftAfter(parts: readonly bigint[], shares: readonly number[]): readonly bigint[] {
  return shares.reduce((left, share) => {
    const amount = (total(left) * BigInt(share)) / 1_000n
    if (amount === 0n) return left
    const given = apportioned(left, amount)
    expect(total(given)).toBe(amount)
    expect(left.every((of, at) => isWithin(given[at] ?? 0n, of))).toBe(true)
    return left.map((of, at) => of - (given[at] ?? 0n))
  }, parts)
}

test('the shares of any amounts are within their parts, and the last share takes what is left', () => {
  fc.assert(
    fc.property(whole, fc.array(fc.nat(1_000), { maxLength: 12 }), (parts, shares) => {
      const left = leftAfter(parts, [...shares, 1_000])
      expect(left.filter((of) => of !== 0n)).toEqual([])
    })
  )
})

const percent = (amount: bigint) => new Big(amount.toString()).times('0.19')
const cell = (rateType: string | undefined, left: bigint) => ({ rateType, left })

describe('lines', () => {
  const left = { cells: [cell('usageCharge', 1_000n), cell(undefined, 1n)], taxes: [{ left: 190n }] }
  const line = (amount: bigint) => ({ cell: 0, amount, taxes: [{ tax: 0, amount: percent(amount) }] })

  test('have their tax, rounded once', () => {
    expect(linesOf(left, [line(3n), line(4n)])).toEqual({ cells: [7n, 0n], taxes: [1n] })
  })

  test('that are all take the rounding, too', () => {
    expect(linesOf(left, [line(400n), line(600n)])).toEqual({ cells: [1_000n, 1n], taxes: [190n] })
  })

  test('never have more tax than is left', () => {
    const little = { ...left, taxes: [{ left: 10n }] }
    expect(linesOf(little, [line(100n)]).taxes).toEqual([10n])
  })

  test('and amounts come down to nothing', () => {
    const first = linesOf(left, [line(500n)])
    const rest = {
      cells: left.cells.map((of, at) => ({ ...of, left: of.left - (first.cells[at] ?? 0n) })),
      taxes: left.taxes.map((of, at) => ({ left: of.left - (first.taxes[at] ?? 0n) }))
    }
    expect(partOf(rest, leftOf(rest))).toEqual({ cells: [500n, 1n], taxes: [95n] })
  })
})
