import { moneyOf, objectOf } from '../http/json.ts'
import type { ExplainedBill, TaxName } from './bill.ts'
import type { ChargeSum, Product } from './charges.ts'
import type { BillComparison, Compared, ComparedCharge } from './comparison.ts'
import type { ExplainedTax, Explanation, TaxGroup } from './explanation.ts'
import { type ExplainedRate, keyOf } from './rates.ts'
import type { Settlement } from './settlements.ts'
import { nothingBefore, originText, ROUNDING_RULE } from './words.ts'

/** All that an answer tells of a bill. */
export interface Told {
  readonly explanation: Explanation
  /** By the key of their sum; undefined for a bill with too many. */
  readonly rates: ReadonlyMap<string, readonly ExplainedRate[]> | undefined
  readonly settlements: readonly Settlement[]
  /** Undefined if nobody asked; null if there is no previous bill. */
  readonly comparison: BillComparison | null | undefined
}

/** Where things are found. */
export interface Roots {
  readonly api: string
  readonly billing: string
}

/** Yields an explanation as JSON, in pieces of a few hundred rates. */
export function* piecesOf(told: Told, roots: Roots): Generator<string> {
  const { explanation, settlements, comparison } = told
  const { bill, taxGroups, taxes, rateCount } = explanation
  const money = (amount: string | undefined) => amount && moneyOf(bill.unit, amount)
  const { id, billNo, state, category } = bill
  yield opened({
    customerBill: JSON.stringify({ ...refOf(roots, id), billNo, state, category }),
    origin: JSON.stringify({
      type: bill.isComputed ? 'computed' : 'received',
      text: originText(bill, rateCount)
    }),
    amountDue: money(bill.amountDue),
    taxExcludedAmount: money(bill.taxExcluded),
    taxIncludedAmount: money(bill.taxIncluded),
    rateCount: String(rateCount)
  })
  yield ',"taxGroups":['
  for (const [at, group] of taxGroups.entries()) yield* groupPieces(group, at, told, roots)
  yield `]${rest({
    chargesWithoutRates: money(explanation.withoutRates),
    taxItem: `[${taxes.map(taxJson).join()}]`,
    unexplainedAmount: money(explanation.unexplained),
    roundingRule: bill.isComputed ? JSON.stringify(ROUNDING_RULE) : undefined,
    shownRounding: money(explanation.shownRounding),
    settlements: `[${settlements.map((one) => settlementJson(one, bill.unit, roots)).join()}]`,
    remainingAmount: money(bill.remaining),
    comparison: comparison === undefined ? undefined : comparisonJson(comparison, bill, roots)
  })}`
}

function* groupPieces(group: TaxGroup, at: number, told: Told, roots: Roots): Generator<string> {
  const { unit, taxes, isByProfile, rateCount, exact, rounding, taxExcluded, types } = group
  const { profile } = told.explanation.bill
  const isExempt = isByProfile && profile?.isExempt
  yield `${at === 0 ? '' : ','}${opened({
    taxes: `[${taxes.map(taxNameJson).join()}]`,
    taxedBy: JSON.stringify(isByProfile ? 'taxProfile' : 'rate'),
    exemptReason: isExempt && profile.exemptReason !== undefined ? JSON.stringify(profile.exemptReason) : undefined,
    rateCount: String(rateCount),
    exactAmount: moneyOf(unit, exact),
    roundingAmount: rounding && moneyOf(unit, rounding),
    taxExcludedAmount: moneyOf(unit, taxExcluded)
  })},"charges":[`
  for (const [place, { type, products, ...sum }] of types.entries()) {
    yield `${place === 0 ? '' : ','}${opened({ type: JSON.stringify(type), ...sumJson(sum, unit) })},"products":[`
    for (const [number, product] of products.entries()) {
      if (number > 0) yield ','
      yield* productPieces(product, told, roots)
    }
    yield ']}'
  }
  yield ']}'
}

function* productPieces(sum: ChargeSum, { explanation, rates }: Told, roots: Roots): Generator<string> {
  const { product, furtherProducts, unit, type } = sum
  const head = opened({ ...productJson(product, furtherProducts), ...sumJson(sum, unit) })
  if (!rates) {
    const filter = new URLSearchParams({ 'bill.id': explanation.bill.id, type })
    if (product) filter.set('product.id', product.id)
    yield `${head}${rest({ ratesHref: JSON.stringify(`${roots.api}/appliedCustomerBillingRate?${filter}`) })}`
    return
  }
  yield `${head},"rates":[`
  for (const [at, rate] of (rates.get(keyOf(sum, product?.id)) ?? []).entries()) {
    yield `${at === 0 ? '' : ','}${rateJson(rate, unit, roots)}`
  }
  yield ']}'
}

function rateJson(explained: ExplainedRate, unit: string, roots: Roots): string {
  const { id, correctsRate, period, exact, shown, ...rate } = explained
  const refOfRate = (of: string | undefined) =>
    of && JSON.stringify({ id: of, href: `${roots.api}/appliedCustomerBillingRate/${of}` })
  return objectOf({
    rate: refOfRate(id),
    correctsRate: refOfRate(correctsRate),
    ...textsOf(rate),
    periodCoverage: period,
    exactAmount: moneyOf(unit, exact),
    shownAmount: moneyOf(unit, shown)
  })
}

function taxJson({ shares, exact, rounding, unexplained, unit, amount, ...name }: ExplainedTax): string {
  const shareJson = (share: ExplainedTax['shares'][number]) =>
    objectOf({
      taxGroup: String(share.taxGroup),
      exactAmount: moneyOf(unit, share.exact),
      basis: JSON.stringify(share.isGiven ? 'given' : 'computed')
    })
  return objectOf({
    ...nameMembers(name),
    shares: `[${shares.map(shareJson).join()}]`,
    exactAmount: moneyOf(unit, exact),
    roundingAmount: rounding && moneyOf(unit, rounding),
    unexplainedAmount: unexplained && moneyOf(unit, unexplained),
    taxAmount: moneyOf(unit, amount)
  })
}

function settlementJson({ type, amount, date, source, payment }: Settlement, unit: string, roots: Roots): string {
  return objectOf({
    ...textsOf({ type, date }),
    amount: moneyOf(unit, amount),
    source: source && JSON.stringify(sourceOf(source, type, roots)),
    ...textsOf(payment ?? {})
  })
}

function sourceOf({ id, kind }: NonNullable<Settlement['source']>, type: string, roots: Roots) {
  if (kind === 'payment') return { type: 'Payment', id, href: `${roots.billing}/payment/${id}` }
  if (kind === 'writeOff') return { type: 'WriteOff', id, href: `${roots.billing}/writeOff/${id}` }
  return kind === 'bill' ? { type: 'CustomerBill', ...refOf(roots, id) } : { type, id }
}

/** Writes a comparison as JSON; `null` says that the account has no earlier bill. */
export function comparisonJson(comparison: BillComparison | null, bill: ExplainedBill, roots: Roots): string {
  if (!comparison) return JSON.stringify({ text: nothingBefore(bill) })
  const { unit } = bill
  const { previous, charges, taxes, ...sums } = comparison
  const { id, billNo, billDate } = previous
  const both = (compared: Compared) => objectOf(comparedJson(compared, unit))
  return objectOf({
    text: JSON.stringify(`Compared with the account's bill ${billNo ?? id}, the one before.`),
    previousBill: JSON.stringify({ ...refOf(roots, id), billNo, billDate }),
    amountDue: both(sums.amountDue),
    charges: `[${charges.map((charge) => chargeJson(charge, unit)).join()}]`,
    roundingAmount: both(sums.rounding),
    chargesWithoutRates: both(sums.withoutRates),
    taxItem: `[${taxes.map((tax) => objectOf({ ...nameMembers(tax), ...comparedJson(tax, unit) })).join()}]`,
    unexplainedAmount: both(sums.unexplained)
  })
}

function chargeJson({ type, product, furtherProducts, changes, ...charge }: ComparedCharge, unit: string): string {
  return objectOf({
    type: JSON.stringify(type),
    ...productJson(product, furtherProducts),
    currentRateCount: String(charge.currentCount),
    previousRateCount: String(charge.previousCount),
    ...comparedJson(charge, unit),
    changes: JSON.stringify(changes)
  })
}

function comparedJson({ current, previous, difference }: Compared, unit: string) {
  return {
    currentAmount: moneyOf(unit, current),
    previousAmount: moneyOf(unit, previous),
    difference: moneyOf(unit, difference)
  }
}

function sumJson({ rateCount, exact, shown }: Pick<ChargeSum, 'rateCount' | 'exact' | 'shown'>, unit: string) {
  return { rateCount: String(rateCount), exactAmount: moneyOf(unit, exact), shownAmount: moneyOf(unit, shown) }
}

function productJson(product: Product | undefined, furtherProducts: number | undefined) {
  return {
    product: product && JSON.stringify(product),
    furtherProducts: furtherProducts === undefined ? undefined : String(furtherProducts)
  }
}

const taxNameJson = (tax: TaxName) => objectOf(nameMembers(tax))

function nameMembers({ taxCategory, taxRate }: TaxName) {
  return { taxCategory: taxCategory === undefined ? undefined : JSON.stringify(taxCategory), taxRate }
}

function refOf({ api }: Roots, id: string) {
  return { id, href: `${api}/customerBill/${id}` }
}

function textsOf(texts: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, text === undefined ? undefined : JSON.stringify(text)])
  )
}

/** Writes an object without its closing brace. */
function opened(members: Readonly<Record<string, string | undefined>>): string {
  return objectOf(members).slice(0, -1)
}

/** Writes further members of an object, and closes it. */
function rest(members: Readonly<Record<string, string | undefined>>): string {
  const written = objectOf(members)
  return written === '{}' ? '}' : `,${written.slice(1)}`
}
