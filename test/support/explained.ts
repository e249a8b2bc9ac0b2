import Big from 'big.js'
import { expect } from 'vitest'
import { minorDigits } from '../../src/base/money.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { inDigits } from './digits.ts'
import {
  type Comparison,
  type Explained,
  type Group,
  type Money,
  PREFIX,
  type Sums,
  type Tax
} from './explained-answer.ts'
import type { TestServer } from './server.ts'

/** Counts of bills; tests expect some of each. */
export interface Explanations {
  readonly explained: number
  readonly compared: number
}

/**
 * Asks for the explanation of bills, and fails unless every amount is the sum of those one level below, and unless
 * their summaries have the same sums.
 */
export async function expectExplained(
  server: Pick<TestServer, 'database' | 'call'>,
  bills: Sql = sql`TRUE`
): Promise<Explanations> {
  const { rows } = await server.database.run(
    sql`SELECT "id" FROM "customer_bill" b WHERE "tenant_id" = 'demo' AND ${bills}`
  )
  let compared = 0
  for (const [id] of rows) {
    const answer = await server.call('GET', `customerBill/${id}/explanation?compareTo=previous`)
    expect([answer.status, answer.text]).toEqual([200, answer.text])
    const explained = inDigits(answer.text) as Explained
    expect([id, answer.text, faultsOf(explained)]).toEqual([id, answer.text, []])
    if ('amountDue' in explained.comparison) compared++
    const summary = await server.call('GET', `customerBill/${id}/summary?by=day,product,type`)
    expect([id, totalsIn(summary.text)]).toEqual([id, totalsOf(explained)])
  }
  return { explained: rows.length, compared }
}

function faultsOf(explained: Explained): readonly string[] {
  const { amountDue, taxExcludedAmount, taxGroups, taxItem, settlements, remainingAmount, comparison } = explained
  const unit = amountDue?.unit ?? taxExcludedAmount?.unit ?? taxItem[0]?.taxAmount.unit
  const own = taxGroups.filter((group) => group.taxExcludedAmount.unit === unit)
  const net = [...own.map((group) => group.taxExcludedAmount), explained.chargesWithoutRates]
  const taxes = taxItem.map(({ taxAmount }) => taxAmount).filter((amount) => amount.unit === unit)
  const shown = own.flatMap(({ charges }) => charges.map(({ shownAmount }) => negated(shownAmount)))
  const paid = settlements.map(({ amount }) => amount)
  return [
    ...unequal('amountDue', amountDue, [...net, ...taxes, explained.unexplainedAmount]),
    ...unequal('taxExcludedAmount', taxExcludedAmount, net),
    ...unequal('shownRounding', explained.shownRounding, [taxExcludedAmount, ...shown]),
    ...(remainingAmount ? unequal('settlements', amountDue, [...paid, remainingAmount]) : []),
    ...taxGroups.flatMap(groupFaults),
    ...taxItem.flatMap(taxFaults),
    ...('amountDue' in comparison ? comparisonFaults(comparison) : []),
    ...(explained.origin.type === 'computed' ? computedFaults(explained) : [])
  ]
}

function groupFaults({ exactAmount, roundingAmount, taxExcludedAmount, charges }: Group): readonly string[] {
  const levels = charges.flatMap((charge) => [
    ...sumFaults('a charge', charge, charge.products),
    ...charge.products.flatMap((product) => (product.rates ? sumFaults('a product', product, product.rates) : []))
  ])
  return [
    ...unequal('a tax group', taxExcludedAmount, [exactAmount, roundingAmount]),
    ...unequal(
      'its exact amount',
      exactAmount,
      charges.map((charge) => charge.exactAmount)
    ),
    ...levels
  ]
}

/** Rates count as one each. */
function sumFaults(what: string, sums: Sums, parts: readonly (Omit<Sums, 'rateCount'> & Partial<Sums>)[]) {
  const counted = parts.reduce(
    (sum, { rateCount }) => sum + (rateCount === undefined ? 1 : Number(rateCount.slice(PREFIX))),
    0
  )
  return [
    ...unequal(
      `${what}, exact`,
      sums.exactAmount,
      parts.map((part) => part.exactAmount)
    ),
    ...unequal(
      `${what}, shown`,
      sums.shownAmount,
      parts.map((part) => part.shownAmount)
    ),
    ...(counted === Number(sums.rateCount.slice(PREFIX))
      ? []
      : [`${what} has ${counted} rates, and says ${sums.rateCount}`])
  ]
}

function taxFaults({ shares, exactAmount, roundingAmount, unexplainedAmount, taxAmount }: Tax): readonly string[] {
  return [
    ...unequal(
      'the shares of a tax',
      exactAmount,
      shares.map((share) => share.exactAmount)
    ),
    ...unequal('a tax', taxAmount, [exactAmount, roundingAmount, unexplainedAmount])
  ]
}

function comparisonFaults(compared: Comparison): readonly string[] {
  const { amountDue, charges, roundingAmount, chargesWithoutRates, taxItem, unexplainedAmount } = compared
  const parts = [...charges, roundingAmount, chargesWithoutRates, ...taxItem, unexplainedAmount]
  const names = ['currentAmount', 'previousAmount', 'difference'] as const
  return [
    ...names.flatMap((name) =>
      unequal(
        `the comparison, ${name}`,
        amountDue[name],
        parts.map((part) => part[name])
      )
    ),
    ...[...parts, amountDue].flatMap(({ currentAmount, previousAmount, difference }) =>
      unequal('a difference', currentAmount, [previousAmount, difference])
    )
  ]
}

/**
 * Of a bill that the engine made all is known, and nothing is rounded by more than half a minor unit. A credit note has
 * a share of the rounding of its bill, and of each tax.
 */
function computedFaults(explained: Explained): readonly string[] {
  if (explained.customerBill.category === 'creditNote')
    return explained.unexplainedAmount ? ['a part is not known'] : []
  const { chargesWithoutRates, unexplainedAmount, settlements, taxGroups, taxItem } = explained
  const roundings = [...taxGroups, ...taxItem].map(({ roundingAmount }) => roundingAmount)
  const isRounded = (amount: Money | undefined) =>
    amount !== undefined &&
    amountIn(amount)
      .abs()
      .times(2)
      .lte(`1e-${minorDigits(amount.unit)}`)
  return [
    ...(chargesWithoutRates || unexplainedAmount ? ['a part of it is not known'] : []),
    ...(settlements.some(({ type }) => type === 'other') ? ['a settlement is not known'] : []),
    ...(roundings.every(isRounded) ? [] : ['too much is rounded'])
  ]
}

function totalsOf({ taxGroups }: Explained): readonly unknown[] {
  const byUnit = Map.groupBy(taxGroups, ({ exactAmount }) => exactAmount.unit)
  return [...byUnit].map(([unit, groups]) => [unit, sum(groups.map(({ exactAmount }) => exactAmount)).toFixed()]).sort()
}

function totalsIn(text: string): readonly unknown[] {
  const { totals, rows } = inDigits(text) as { readonly totals: readonly Sums[]; readonly rows: readonly Sums[] }
  const units = Map.groupBy(rows, ({ exactAmount }) => exactAmount.unit)
  return totals
    .map(({ exactAmount, shownAmount }) => {
      const own = units.get(exactAmount.unit) ?? []
      expect(
        unequal(
          'a total',
          exactAmount,
          own.map((row) => row.exactAmount)
        )
      ).toEqual([])
      expect(
        unequal(
          'a total, shown',
          shownAmount,
          own.map((row) => row.shownAmount)
        )
      ).toEqual([])
      return [exactAmount.unit, amountIn(exactAmount).toFixed()]
    })
    .sort()
}

/** Returns a fault unless an amount is the sum of its parts; a missing amount is not judged. */
function unequal(what: string, whole: Money | undefined, parts: readonly (Money | undefined)[]): readonly string[] {
  if (!whole || sum(parts).eq(amountIn(whole))) return []
  return [`${what} is ${amountIn(whole)}, its parts are ${sum(parts)}`]
}

function sum(amounts: readonly (Money | undefined)[]): Big {
  return amounts.reduce((total, amount) => total.plus(amount ? amountIn(amount) : 0), new Big(0))
}

function negated({ unit, value }: Money): Money {
  return { unit, value: `number ${new Big(value.replace('number ', '')).times(-1).toFixed()}` }
}

function amountIn({ value }: Money): Big {
  return new Big(value.replace('number ', ''))
}
