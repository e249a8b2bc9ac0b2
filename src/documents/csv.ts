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
  yield lineOf(COLUMNS)
  for await (const slice of rates) yield slice.map((rate) => lineOf(cells(rate, billNo))).join('')
}

function lineOf(row: readonly string[]): string {
  return `${row.join(',')}\r\n`
}

function cells({ product, taxes, taxExcluded, taxIncluded, ...rate }: Rate, billNo: string | undefined) {
  return [
    text(billNo),
    text(rate.id),
    rate.date ?? '',
    text(rate.type),
    text(product.id),
    text(product.name),
    text(rate.name),
    text(rate.description),
    rate.period.startDateTime ?? '',
    rate.period.endDateTime ?? '',
    text(taxes.map(({ taxCategory = '' }) => taxCategory).join(' ')),
    taxes.map(({ taxRate = '' }) => taxRate).join(' '),
    (taxExcluded ?? taxIncluded)?.unit ?? '',
    taxExcluded?.value ?? '',
    taxIncluded?.value ?? ''
  ]
}

/** A cell of text. One that a spreadsheet would take for a formula is kept from it by an apostrophe. */
function text(value: string | undefined): string {
  if (value === undefined) return ''
  const guarded = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}
