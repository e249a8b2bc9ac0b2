import type { BillContent, Group, Product } from '../content/bill-content.ts'
import type { Format } from '../content/format.ts'
import type { Line } from '../content/tally.ts'
import { balanceTexts, detailOf, exemptionOf, itemsOf, oneLine, ratesOf } from '../content/texts.ts'
import { fill, type Words } from '../content/vocabulary.ts'

export interface TableRow {
  readonly kind:
    | 'head'
    | 'group'
    | 'product'
    | 'line'
    | 'rounding'
    | 'total'
    | 'tax'
    | 'taxHead'
    | 'section'
    | 'balance'
    | 'balanceTotal'
    | 'note'
  readonly date: string
  /** A longer text is wrapped when it is drawn. */
  readonly text: string
  readonly detail: string
  readonly tax: string
  readonly amount: string
  /** The row's share of the sum carried from page to page. */
  readonly value: string | undefined
  /** Keeps the row from ending a page. */
  readonly isKept: boolean
}

export interface Rows {
  readonly itemised: readonly TableRow[]
  /** The totals of types and products, then those of types alone. */
  readonly summaries: readonly (readonly TableRow[])[]
  readonly closing: readonly TableRow[]
  readonly hasLines: boolean
}

export function tableRows(content: BillContent, words: Words, format: Format): Rows {
  const { groups } = content
  const hasNet = groups.length > 0 || content.net !== undefined
  const lines = groups.flatMap((group) => groupRows(group, content, words, format))
  const total = totalRows(content, words, format)
  const heads = hasNet ? [headRow(content, words), headRow(content, words, words.summary)] : []
  return {
    itemised: [...heads.slice(0, 1), ...lines, ...total],
    summaries: [true, false].map((withProducts) => [
      ...heads.slice(1),
      ...groups.flatMap((group) => summaryRows(group, words, format, withProducts)),
      ...total
    ]),
    closing: [
      ...taxRows(content, words, format),
      ...creditRows(content, words, format),
      ...balanceRows(content, words, format),
      row('note', { text: words.asIssued })
    ],
    hasLines: groups.some(({ products }) => products.some(({ lines }) => lines.length > 0))
  }
}

/** Returns the head of the lines, or with `name` the head of a table of amounts. */
export function headRow(content: BillContent, words: Words, name?: string): TableRow {
  const amount = fill(words.amount, { currency: content.currency })
  if (name !== undefined) return row('head', { date: name, text: '', amount, isKept: true })
  const tax = content.taxes.hasRates ? words.tax : ''
  return row('head', { date: words.date, text: words.description, tax, amount, isKept: true })
}

function groupRows({ type, products, amount }: Group, content: BillContent, words: Words, format: Format) {
  return [
    row('group', { text: words.types[type] ?? type, amount: format.amount(amount), isKept: true }),
    ...products.flatMap((product) => productRows(product, content, words, format))
  ]
}

function summaryRows({ type, products, amount }: Group, words: Words, format: Format, withProducts: boolean) {
  const shown = withProducts ? products : []
  return [
    row('group', { text: words.types[type] ?? type, amount: format.amount(amount), isKept: shown.length > 0 }),
    ...shown.map(({ name, count, amount: own }) =>
      row('balance', { text: name ?? itemsOf(count, words, format), amount: format.amount(own) })
    )
  ]
}

/** A product with one line is that line. The last line stays with the row below it. */
function productRows(product: Product, content: BillContent, words: Words, format: Format): readonly TableRow[] {
  const { name = '', lines, count, amount } = product
  const [only] = lines
  if (lines.length === 0) {
    return [
      row('line', {
        text: name,
        detail: count > 1 ? itemsOf(count, words, format) : '',
        amount: format.amount(amount),
        value: amount
      })
    ]
  }
  if (only && count === 1) return [lineRow(only, content, format, name)]
  const head = row('product', { text: name, amount: format.amount(amount), isKept: true })
  return [
    ...(name === '' ? [] : [head]),
    ...lines.map((line) => lineRow(line, content, format)),
    ...furtherRow(product, words, format)
  ]
}

/** Sums up the lines that the tenant does not list. */
function furtherRow({ further }: Product, words: Words, format: Format): readonly TableRow[] {
  if (!further) return []
  const { count, amount } = further
  const text = fill(words.further, { count: format.count(count) })
  return [row('line', { text, amount: format.amount(amount), value: amount })]
}

function lineRow(line: Line, content: BillContent, format: Format, product = ''): TableRow {
  const { date, name, amount } = line
  const ofProduct = product === name ? '' : product
  return row('line', {
    date: date ? format.shortDate(date) : '',
    text: name === '' ? product : name,
    detail: [name === '' ? '' : ofProduct, detailOf(line, format)].filter((part) => part !== '').join(' · '),
    tax: ratesOf(line, content, format),
    amount: format.amount(amount),
    value: amount
  })
}

function totalRows({ rounding, net }: BillContent, words: Words, format: Format): readonly TableRow[] {
  return [
    ...(rounding ? [row('rounding', { text: words.rounding, amount: format.amount(rounding), value: rounding })] : []),
    ...(net ? [row('total', { text: words.net, amount: format.amount(net) })] : [])
  ]
}

/** The rate of a tax stands in the column of rates, its base in the column of dates. */
function taxRows(content: BillContent, words: Words, format: Format): readonly TableRow[] {
  const { taxes, gross } = content
  const head = row('taxHead', { text: words.tax, detail: words.base, tax: words.rate, isKept: true })
  const rows = taxes.rows.map(({ category, rate, base, amount }) =>
    row('tax', {
      text: category ?? words.tax,
      detail: base ? format.amount(base) : '–',
      tax: rate ? format.percent(rate) : '',
      amount: format.amount(amount),
      isKept: true
    })
  )
  const all = [...rows, ...untaxedRows(content, words, format)]
  const total = gross ? [row('total', { text: words.gross, amount: format.amount(gross) })] : []
  return [...(all.length > 0 ? [head] : []), ...all, ...total]
}

function untaxedRows(content: BillContent, words: Words, format: Format): readonly TableRow[] {
  const { untaxed } = content.taxes
  if (!untaxed) return []
  const text = untaxed.isExempt ? words.exempt : words.untaxed
  const zero = { tax: format.percent('0'), amount: format.amount('0') }
  const note = exemptionOf(content, words)
  return [
    row('tax', { text, detail: format.amount(untaxed.base), ...zero, isKept: true }),
    ...(note === undefined ? [] : [row('note', { text: note, isKept: true })])
  ]
}

function creditRows({ due }: BillContent, words: Words, format: Format): readonly TableRow[] {
  if (!due?.credited) return []
  const head = due.kind === 'nothing' ? words.nothingDue : words.amountDue
  return [
    row('balance', { text: words.creditUsed, amount: format.difference('0', due.credited), isKept: true }),
    row('total', { text: head, amount: format.amount(due.amount) })
  ]
}

function balanceRows(content: BillContent, words: Words, format: Format): readonly TableRow[] {
  const texts = balanceTexts(content, words, format)
  if (texts.length === 0) return []
  return [
    row('section', { text: words.balance, isKept: true }),
    ...texts.map(([text, amount], index) => {
      const isLast = index === texts.length - 1
      return row(isLast ? 'balanceTotal' : 'balance', { text, amount, isKept: !isLast })
    })
  ]
}

function row(kind: TableRow['kind'], parts: Partial<TableRow> & Pick<TableRow, 'text'>): TableRow {
  const { detail = '', ...others } = parts
  const blank = { date: '', tax: '', amount: '', value: undefined, isKept: false }
  return { ...blank, ...others, kind, text: oneLine(parts.text), detail: oneLine(detail) }
}
