import { createHash } from 'node:crypto'
import Big from 'big.js'
import type { ReviewRules } from '../../admin/review-rules.ts'
import { DECIMAL_PLACES } from '../../base/money.ts'
import type { Reason } from '../../messages/message.ts'
import { REASONS } from '../../messages/reason.ts'

/** Why bills are held, by the rules that hold them. */
export const HOLDS = ['amountOver', 'overMean', 'zero', 'firstBill', 'negative', 'linesOver', 'sample'] as const
export type Hold = (typeof HOLDS)[number]

/** The facts of a bill that the rules look at; amounts are decimal text. */
export interface Facts {
  readonly billingAccount: string
  readonly currency: string
  readonly taxExcluded: string
  readonly taxIncluded: string
  readonly lineCount: number
  /** The last issued bills of the account in this currency, as many as `overMean` asks for, and their mean. */
  readonly earlier: { readonly count: number; readonly mean: string | undefined }
}

export interface Verdict {
  readonly reasons: readonly (Reason & { readonly reason: Hold })[]
  /** Decimal text; see `scoreOf`. */
  readonly score: string
}

/** No ratio counts for more, so that a mean of 0 is as odd as one of nearly 0. */
const ODDITY_MAX = 1_000

interface Finding {
  readonly reason: Hold
  readonly told: Reason
  readonly oddity: Big
}

/** Judges a bill by the rules of its tenant; undefined if none holds it. `cycleId` is that of the run. */
export function judge(rules: ReviewRules, cycleId: string, facts: Facts): Verdict | undefined {
  const found = [
    amountOver(rules, facts),
    overMean(rules, facts),
    linesOver(rules, facts),
    ...plain(rules, cycleId, facts)
  ].flatMap((finding) => finding ?? [])
  if (found.length === 0) return undefined
  const reasons = found.map(({ reason, told }) => ({ reason, ...told }))
  return { reasons, score: found.reduce((sum, { oddity }) => sum.plus(oddity), new Big(0)).toFixed() }
}

function amountOver({ amountOver: limits = {} }: ReviewRules, facts: Facts): Finding | undefined {
  const limit = limits[facts.currency]
  if (limit === undefined || new Big(facts.taxIncluded).lte(limit)) return undefined
  const told = REASONS.amountOver(new Big(limit).toFixed(), facts.currency)
  return { reason: 'amountOver', told, oddity: ratio(facts.taxIncluded, new Big(limit)) }
}

function overMean({ overMean: rule }: ReviewRules, { taxIncluded, currency, earlier }: Facts): Finding | undefined {
  if (rule === undefined || earlier.mean === undefined) return undefined
  const limit = new Big(earlier.mean).times(rule.factor)
  const amount = new Big(taxIncluded)
  if (amount.lte(0) || amount.lte(limit)) return undefined
  const mean = new Big(earlier.mean).round(DECIMAL_PLACES).toFixed()
  const told = REASONS.overMean(new Big(rule.factor).toFixed(), mean, currency, earlier.count)
  return { reason: 'overMean', told, oddity: ratio(taxIncluded, limit) }
}

function linesOver({ linesOver: limit }: ReviewRules, { lineCount }: Facts): Finding | undefined {
  if (limit === undefined || lineCount <= limit) return undefined
  const told = REASONS.linesOver(lineCount, limit)
  return { reason: 'linesOver', told, oddity: ratio(String(lineCount), new Big(limit)) }
}

/** Findings that are the same for every bill. */
function plain(rules: ReviewRules, cycleId: string, facts: Facts): readonly (Finding | undefined)[] {
  const amount = new Big(facts.taxIncluded)
  const isNegative = amount.lt(0) || new Big(facts.taxExcluded).lt(0)
  const holding = (rule: boolean | undefined, isMet: boolean, reason: Hold, told: () => Reason, oddity: number) =>
    rule && isMet ? { reason, told: told(), oddity: new Big(oddity) } : undefined
  return [
    holding(rules.zero, amount.eq(0), 'zero', REASONS.zero, 1),
    holding(rules.negative, isNegative, 'negative', REASONS.negative, 1),
    holding(rules.firstBill, facts.earlier.count === 0, 'firstBill', REASONS.firstBill, 0.5),
    holding(true, isInSample(rules, cycleId, facts), 'sample', REASONS.sample, 0)
  ]
}

/** Drawn by cycle and account: repeated attempts draw the same bills, and each cycle draws others. */
function isInSample({ samplePercent = 0 }: ReviewRules, cycleId: string, { billingAccount }: Facts): boolean {
  const drawn = createHash('sha256')
    .update(JSON.stringify([cycleId, billingAccount]))
    .digest()
    .readUInt32BE()
  return drawn < (samplePercent / 100) * 2 ** 32
}

/** Returns by how many times a limit is exceeded, with three decimals. */
function ratio(value: string, limit: Big): Big {
  if (limit.lte(0)) return new Big(ODDITY_MAX)
  const times = new Big(value).div(limit).round(3)
  return times.gt(ODDITY_MAX) ? new Big(ODDITY_MAX) : times
}
