import { minorDigits, NO_CURRENCY, sumDecimals } from '../../base/money.ts'
import { type Cell, csvLine } from '../../http/csv.ts'
import type { BillSource, Rate, Tax } from '../content/bill-source.ts'
import { type BillTaxes, taxesOf } from '../content/bill-taxes.ts'
import { beginTally } from '../content/tally.ts'
import { WORDS } from '../content/words.ts'

const COLUMNS = [
  'billNo',
  'rateId',
  'date',
  'type',
  'productId',
  'product',
  'name',
  'description',
  'periodStart',
  'periodEnd',
  'taxCategory',
  'taxRate',
  'currency',
  'taxExcludedAmount',
  'taxIncludedAmount',
  'taxAmount',
  'record'
] as const

/**
 * Yields the rates of a bill as CSV (RFC 4180): a header, one line for each rate, the taxes of the bill with their
 * bases, and the bills that it corrects or replaces. Amounts and times are exact, as in the API. Each piece holds
 * one slice of the rates.
 */
export async function* renderCsv(source: BillSource): AsyncGenerator<string> {
  const { rates, taxExcluded, taxIncluded, amountDue } = source
  const { add, tally } = beginTally((taxExcluded ?? taxIncluded ?? amountDue)?.unit)
  yield csvLine(COLUMNS)
  for await (const slice of rates) {
    add(slice)
    yield slice.map((rate) => csvLine(cellsOf(rate, source))).join('')
  }
  const { currency = NO_CURRENCY } = tally
  const taxes = taxLines(source, taxesOf(source, tally, minorDigits(currency)), currency)
  const replaced = source.replaced.map((of) => replacedLine(source, of))
  yield taxes + correctedLine(source) + replaced.join('')
}

/** The bill that a credit note corrects. */
function correctedLine({ billNo, corrected, language }: BillSource): string {
  if (!corrected) return ''
  const named = [billNo, undefined, { exact: corrected.date }, undefined, undefined, undefined]
  const rest = Array.from({ length: 8 }, () => undefined)
  return csvLine([...named, WORDS[language].corrects, corrected.billNo, ...rest, 'corrects'])
}

/** A cancelled bill of which the bill has lines. */
function replacedLine({ billNo, language }: BillSource, replaced: string): string {
  const none = (count: number) => Array.from({ length: count }, () => undefined)
  return csvLine([billNo, ...none(5), WORDS[language].replaces, replaced, ...none(8), 'replaces'])
}

function cellsOf(rate: Rate, { billNo, taxProfile }: BillSource): readonly Cell[] {
  const { product, taxes, taxExcluded, taxIncluded, date, period } = rate
  const charged: readonly Partial<Tax>[] = taxes.length > 0 ? taxes : (taxProfile?.rates ?? [])
  const amounts = taxes.map(({ taxAmount }) => String(taxAmount.value))
  return [
    ...[billNo, rate.id, { exact: date }, rate.type, product.id, product.name, rate.name, rate.description],
    ...[{ exact: period.startDateTime }, { exact: period.endDateTime }],
    charged.map(({ taxCategory = '' }) => taxCategory).join(' '),
    { exact: charged.map(({ taxRate = '' }) => taxRate).join(' ') },
    (taxExcluded ?? taxIncluded)?.unit,
    ...[{ exact: taxExcluded?.value }, { exact: taxIncluded?.value }],
    { exact: amounts.length > 0 ? sumDecimals(amounts) : undefined },
    'rate'
  ]
}

function taxLines({ billNo, language }: BillSource, { rows, untaxed }: BillTaxes, currency: string): string {
  const { exempt, untaxed: free } = WORDS[language]
  const none = untaxed && {
    ...{ category: undefined, rate: '0', base: untaxed.base, amount: '0' },
    name: untaxed.isExempt ? exempt : free,
    description: untaxed.reason
  }
  return [...rows.map((row) => ({ ...row, name: undefined, description: undefined })), ...(none ? [none] : [])]
    .map(({ category, rate, base, amount, name, description }) =>
      csvLine([
        ...[billNo, undefined, undefined, undefined, undefined, undefined, name, description, undefined, undefined],
        ...[category, { exact: rate }, currency, { exact: base }, undefined, { exact: amount }, 'tax']
      ])
    )
    .join('')
}
