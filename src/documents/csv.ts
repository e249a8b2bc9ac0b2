import { type Cell, csvLine } from '../base/csv.ts'
import type { BillSource, Rate } from './bill-source.ts'

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
  'taxIncludedAmount'
] as const

/**
 * The rates of a bill as CSV (RFC 4180), one line each, with a header; amounts and times are exact, as in the API. It
 * comes in pieces, one for each slice of the rates.
 */
export async function* renderCsv({ billNo, rates }: BillSource): AsyncGenerator<string> {
  yield csvLine(COLUMNS)
  for await (const slice of rates) yield slice.map((rate) => csvLine(cells(rate, billNo))).join('')
}

function cells(
  { product, taxes, taxExcluded, taxIncluded, ...rate }: Rate,
  billNo: string | undefined
): readonly Cell[] {
  return [
    ...[billNo, rate.id, { exact: rate.date }, rate.type, product.id, product.name, rate.name, rate.description],
    ...[{ exact: rate.period.startDateTime }, { exact: rate.period.endDateTime }],
    taxes.map(({ taxCategory = '' }) => taxCategory).join(' '),
    { exact: taxes.map(({ taxRate = '' }) => taxRate).join(' ') },
    (taxExcluded ?? taxIncluded)?.unit,
    ...[{ exact: taxExcluded?.value }, { exact: taxIncluded?.value }]
  ]
}
