import type { ExplainedBill } from './bill.ts'

export const ROUNDING_RULE = [
  'Rates with the same taxes are added up exactly, then rounded once to the minor unit of the currency, halves away',
  'from zero. So is each tax, from the exact sums. A document shows each rate rounded by itself; the difference is its',
  'rounding.'
].join(' ')

const RECEIVED_WITH_RATES = [
  'The bill came from another system. Its rates are known, its totals are the word of the sender; the part that the',
  'rates do not account for stands apart.'
].join(' ')

const CREDITED = [
  'This service computed the credit note as a part of the bill that it corrects, each tax as a part of that tax, and',
  'with a share of the rounding of that bill.'
].join(' ')

/** Says who knows what the bill is made of. */
export function originText({ isComputed, isIssued, category, replaces }: ExplainedBill, rateCount: number): string {
  if (isComputed && category === 'creditNote') return CREDITED
  if (isComputed) {
    const standing = isIssued ? 'It is issued and does not change.' : 'It is not issued yet and may still be discarded.'
    const renewed = replaces.length > 0 ? ` It bills lines of ${replaces.join(' and ')} anew.` : ''
    return `This service computed the bill from its rates.${renewed} ${standing}`
  }
  return rateCount === 0
    ? 'The bill came from another system, without rates. Its amounts are the word of the sender.'
    : RECEIVED_WITH_RATES
}

/** Says why a bill is compared with none. */
export function nothingBefore({ category, unit }: ExplainedBill): string {
  if (category === 'creditNote') return 'A credit note is compared with no bill.'
  return `The account has no earlier issued bill in ${unit}.`
}

export const CHANGES = ['new', 'gone', 'moreUnits', 'fewerUnits', 'otherPrice', 'otherAmounts', 'unchanged'] as const

/** A reason why an amount differs from that of the previous bill, as far as its rates say so. */
export interface Change {
  readonly code: (typeof CHANGES)[number]
  readonly text: string
}

interface Units {
  readonly unit: string
  readonly currentCount: number
  readonly previousCount: number
  readonly current: string
  readonly previous: string
  /** The amount of each rate; undefined if they differ. */
  readonly currentPrice: string | undefined
  readonly previousPrice: string | undefined
}

export function changesOf({ unit, currentCount, previousCount, ...amounts }: Units): readonly Change[] {
  if (previousCount === 0) return [{ code: 'new', text: 'It is not on the previous bill.' }]
  if (currentCount === 0) return [{ code: 'gone', text: 'It is on the previous bill only.' }]
  const { current, previous, currentPrice, previousPrice } = amounts
  const changes: Change[] = []
  if (currentCount !== previousCount) {
    const code = currentCount > previousCount ? 'moreUnits' : 'fewerUnits'
    changes.push({ code, text: `There are ${currentCount} rates, before ${previousCount}.` })
  }
  if (currentPrice !== undefined && previousPrice !== undefined) {
    if (currentPrice !== previousPrice) {
      changes.push({ code: 'otherPrice', text: `Each is ${currentPrice} ${unit}, before ${previousPrice} ${unit}.` })
    }
  } else if (currentCount === previousCount && current !== previous) {
    changes.push({ code: 'otherAmounts', text: 'There are as many rates, with other amounts.' })
  }
  return changes.length > 0 ? changes : [{ code: 'unchanged', text: 'It is as before.' }]
}
