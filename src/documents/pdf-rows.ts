import Big from 'big.js'
import type { BillView, Product } from './bill-view.ts'
import type { Format } from './format.ts'
import type { Line } from './tally.ts'
import { oneLine } from './texts.ts'
import { fill, type Words } from './words.ts'

/** One row of the table that runs over the pages of a bill. */
export interface TableRow {
  readonly kind: 'group' | 'product' | 'line' | 'subtotal' | 'groupTotal' | 'total' | 'tax' | 'taxHead' | 'due' | 'note'
  readonly date: string
  /** Whatever needs more than one line is wrapped when it is drawn. */
  readonly text: string
  readonly detail: string
  readonly tax: string
  readonly amount: string
  /** What the row adds to the sum that is carried from page to page. */
  readonly value: string | undefined
  /** Whether it must not be the last one on its page. */
  readonly isKept: boolean
}

/** A row with its text and its detail in lines (none for a detail that stands beside), and its height in points. */
export interface Measured {
  readonly row: TableRow
  readonly names: readonly string[]
  readonly details: readonly string[]
  readonly height: number
}

/** The rows of one page, and the sum with which it begins and ends where lines go on. */
export interface Page {
  readonly rows: readonly Measured[]
  readonly brought: string | undefined
  readonly carried: string | undefined
}

/** All rows of a bill, from its first line to the note at the end. */
export function tableRows(view: BillView, words: Words, format: Format): readonly TableRow[] {
  const lines = view.groups.flatMap(({ type, products, amount }) => [
    row('group', { text: words.types[type] ?? type, isKept: true }),
    ...products.flatMap((product) => productRows(product, words, format)),
    row('groupTotal', {
      text: fill(words.subtotal, { name: words.types[type] ?? type }),
      amount: format.amount(amount)
    })
  ])
  return [...lines, ...totalRows(view, words, format), ...taxRows(view, words, format), ...dueRows(view, words, format)]
}

/** The last line stays with the sum below it, whichever sum that is. */
function productRows({ name, lines, count, amount }: Product, words: Words, format: Format): readonly TableRow[] {
  const title = name ?? ''
  if (lines.length === 0) {
    const items = fill(words.items, { count: format.count(count) })
    return [row('line', { text: title, detail: items, amount: format.amount(amount), value: amount })]
  }
  const head = title === '' ? [] : [row('product', { text: title, isKept: true })]
  const sum = row('subtotal', { text: fill(words.subtotal, { name: title }), amount: format.amount(amount) })
  const rows = lines.map((line, index) => lineRow(line, format, index === lines.length - 1))
  return [...head, ...rows, ...(count > 1 && title !== '' ? [sum] : [])]
}

function lineRow({ date, name, detail = '', taxRates, amount }: Line, format: Format, isKept: boolean): TableRow {
  return row('line', {
    date: date ? format.shortDate(date) : '',
    text: name,
    detail,
    tax: taxRates.map(format.percent).join(', '),
    amount: format.amount(amount),
    value: amount,
    isKept
  })
}

function totalRows({ rounding, net }: BillView, words: Words, format: Format): readonly TableRow[] {
  return [
    ...(rounding ? [row('line', { text: words.rounding, amount: format.amount(rounding), value: rounding })] : []),
    ...(net ? [row('total', { text: words.net, amount: format.amount(net), isKept: true })] : [])
  ]
}

/** The rate of a tax stands where lines have theirs, its base where they have the date. */
function taxRows({ taxes, gross }: BillView, words: Words, format: Format): readonly TableRow[] {
  const head = row('taxHead', { text: words.tax, detail: words.base, tax: words.rate, isKept: true })
  const rows = taxes.map(({ category, rate, base, amount }) =>
    row('tax', {
      text: category ?? words.tax,
      detail: base ? format.amount(base) : '',
      tax: rate ? format.percent(rate) : '',
      amount: format.amount(amount),
      isKept: true
    })
  )
  const total = gross ? [row('total', { text: words.gross, amount: format.amount(gross), isKept: true })] : []
  return [...(rows.length > 0 ? [head] : []), ...rows, ...total]
}

function dueRows(view: BillView, words: Words, format: Format): readonly TableRow[] {
  const { amountDue, dueDate, reference, issuer } = view
  const { iban, bic, name } = issuer.branding.bank
  const notes = [
    dueDate && fill(words.payBy, { date: format.date(dueDate) }),
    reference && `${words.reference}: ${reference}`,
    [iban && `IBAN ${iban}`, bic && `BIC ${bic}`, name].filter((part) => part).join(' · ')
  ].filter((note) => note)
  return [
    ...(amountDue ? [row('due', { text: words.amountDue, amount: format.money(amountDue), isKept: true })] : []),
    ...notes.map((note) => row('note', { text: note ?? '', isKept: true })),
    row('note', { text: words.asIssued })
  ]
}

function row(kind: TableRow['kind'], parts: Partial<TableRow> & Pick<TableRow, 'text'>): TableRow {
  const { detail = '', ...others } = parts
  const blank = { date: '', tax: '', amount: '', value: undefined, isKept: false }
  return { ...blank, ...others, kind, text: oneLine(parts.text), detail: oneLine(detail) }
}

/**
 * Divides rows among pages of these heights. A row that is kept takes the next one along, so no heading ends a page;
 * where lines go on, the page ends with the sum so far and the next one begins with it, each `carryHeight` high.
 */
export function paginate(
  rows: readonly Measured[],
  heights: { readonly first: number; readonly further: number; readonly carry: number },
  write: (sum: string) => string
): readonly Page[] {
  const pages: Page[] = []
  const lastLine = rows.findLastIndex(({ row: { value } }) => value !== undefined)
  let sum = new Big(0)
  let brought: string | undefined
  for (let at = 0; at < rows.length || pages.length === 0; ) {
    const page = pages.length === 0 ? heights.first : heights.further
    const end = pageEnd(rows, at, page - (brought === undefined ? 0 : heights.carry), heights.carry)
    const own = rows.slice(at, end)
    for (const { row: of } of own) sum = sum.plus(of.value ?? '0')
    const carried = end <= lastLine ? write(sum.toFixed()) : undefined
    pages.push({ rows: own, brought, carried })
    brought = carried
    at = end
  }
  return pages
}

/** Where the page that begins with row `start` ends: at least one row further. The last page carries no sum. */
function pageEnd(rows: readonly Measured[], start: number, height: number, carry: number): number {
  if (fitting(rows, start, height) === rows.length) return rows.length
  const end = fitting(rows, start, height - carry)
  let kept = end
  while (kept > start && rows[kept - 1]?.row.isKept) kept--
  return Math.max(kept > start ? kept : end, start + 1)
}

/** How far rows go from `start` on that are no higher together. */
function fitting(rows: readonly Measured[], start: number, height: number): number {
  let used = 0
  let end = start
  while (end < rows.length) {
    used += rows[end]?.height ?? 0
    if (used > height) break
    end++
  }
  return end
}
