import { type Html, html } from '../../http/html.ts'
import type { BillContent, Group, Product } from '../content/bill-content.ts'
import type { Format } from '../content/format.ts'
import type { Line } from '../content/tally.ts'
import { balanceTexts, detailOf, exemptionOf, itemsOf, ratesOf } from '../content/texts.ts'
import { fill, type Words } from '../content/vocabulary.ts'

const LINES_PER_PIECE = 100

export interface Writing {
  readonly content: BillContent
  readonly words: Words
  readonly format: Format
}

export function summary(writing: Writing): Html {
  const { content, words, format } = writing
  if (content.groups.length === 0 && content.net === undefined) return html``
  const { currency } = content
  return html`<h2>${words.summary}</h2>
<table>
<caption>${words.summary}</caption>
<thead><tr><th scope="col">${words.description}</th>
<th scope="col" class="number">${fill(words.amount, { currency })}</th></tr></thead>
${content.groups.map((group) => summaryBody(group, writing))}
<tfoot>${sumRow(words.rounding, content.rounding, format, 1)}${sumRow(words.net, content.net, format, 1)}</tfoot>
</table>`
}

function summaryBody({ type, products, amount }: Group, { words, format }: Writing): Html {
  const rows = products.map(
    ({
      name,
      count,
      amount: own
    }) => html`<tr class="part"><th scope="row">${name ?? itemsOf(count, words, format)}</th>
<td class="number">${format.amount(own)}</td></tr>`
  )
  return html`<tbody>
<tr class="group"><th scope="rowgroup">${words.types[type] ?? type}</th>
<td class="number">${format.amount(amount)}</td></tr>
${rows}
</tbody>`
}

export function sumRow(name: string, amount: string | undefined, format: Format, columns: number): Html | undefined {
  if (amount === undefined) return undefined
  return html`<tr><th scope="row" colspan="${columns}" class="text">${name}</th>
<td class="number">${format.amount(amount)}</td></tr>`
}

export function taxes(writing: Writing): Html {
  const { content, words, format } = writing
  const { rows, untaxed } = content.taxes
  const zero = { base: untaxed?.base, rate: '0', amount: '0' }
  const all = [...rows, ...(untaxed ? [{ ...zero, category: untaxed.isExempt ? words.exempt : words.untaxed }] : [])]
  const note = exemptionOf(content, words)
  if (all.length === 0) return html`${grossTotal(writing)}`
  const cells = all.map(
    ({ category, rate, base, amount }) => html`<tr><th scope="row">${category ?? words.tax}</th>
<td class="number">${base === undefined ? '–' : format.amount(base)}</td>
<td class="number">${rate && format.percent(rate)}</td><td class="number">${format.amount(amount)}</td></tr>`
  )
  return html`<table class="taxes">
<caption>${words.tax}</caption>
<thead><tr><th scope="col">${words.tax}</th><th scope="col" class="number">${words.base}</th>
<th scope="col" class="number">${words.rate}</th>
<th scope="col" class="number">${fill(words.amount, { currency: content.currency })}</th></tr></thead>
<tbody>${cells}</tbody>
<tfoot>${sumRow(words.gross, content.gross, format, 3)}</tfoot>
</table>
${note && html`<p class="note">${note}</p>`}`
}

function grossTotal({ content, words, format }: Writing): Html | undefined {
  const { gross, currency } = content
  if (gross === undefined) return undefined
  return html`<table>
<caption>${words.gross}</caption>
<thead><tr><th scope="col">${words.description}</th>
<th scope="col" class="number">${fill(words.amount, { currency })}</th></tr></thead>
<tfoot>${sumRow(words.gross, gross, format, 1)}</tfoot>
</table>`
}

export function balances({ content, words, format }: Writing): Html {
  const texts = balanceTexts(content, words, format)
  const { due, currency } = content
  const credited = due?.credited && format.difference('0', due.credited)
  const rows = [...texts, ...(credited ? [[words.creditUsed, credited] as const] : [])]
  if (rows.length === 0) return html``
  const cells = rows.map(
    ([name, amount]) => html`<tr><th scope="row">${name}</th><td class="number">${amount}</td></tr>`
  )
  return html`<h2>${words.balance}</h2>
<table>
<caption>${words.balance}</caption>
<thead><tr><th scope="col">${words.description}</th>
<th scope="col" class="number">${fill(words.amount, { currency })}</th></tr></thead>
<tbody>${cells}</tbody>
</table>`
}

export function* items(writing: Writing): Generator<string> {
  const { content, words, format } = writing
  const { groups, rounding, net, currency, taxes: billTaxes } = content
  if (!groups.some(({ products }) => products.some(({ lines }) => lines.length > 0))) return
  const columns = billTaxes.hasRates ? 3 : 2
  yield html`<h2>${words.itemised}</h2>
<table class="items">
<caption>${words.itemised}</caption>
<thead><tr><th scope="col">${words.date}</th><th scope="col">${words.description}</th>
${billTaxes.hasRates && html`<th scope="col" class="number">${words.tax}</th>`}
<th scope="col" class="number">${fill(words.amount, { currency })}</th></tr></thead>
`.text
  for (const group of groups) yield* itemsBody(group, writing, columns)
  yield html`<tfoot>${sumRow(words.rounding, rounding, format, columns)}
${sumRow(words.net, net, format, columns)}</tfoot>
</table>`.text
}

function* itemsBody({ type, products, amount }: Group, writing: Writing, columns: number): Generator<string> {
  const { words, format } = writing
  yield html`<tbody>
<tr class="group"><th scope="rowgroup" colspan="${columns}" class="text">${words.types[type] ?? type}</th>
<td class="number">${format.amount(amount)}</td></tr>
`.text
  for (const product of products) yield* productRows(product, writing, columns)
  yield '</tbody>\n'
}

function* productRows(product: Product, writing: Writing, columns: number): Generator<string> {
  const { words, format } = writing
  const { name = '', lines, count, further, amount } = product
  const span = columns - 1
  const head = html`<tr class="product"><td class="date"></td><th scope="row" colspan="${span}" class="text">${name}
${lines.length === 0 && count > 1 && html`<small>${itemsOf(count, words, format)}</small>`}</th>
<td class="number">${format.amount(amount)}</td></tr>`
  if (lines.length === 0 || (name !== '' && count > 1)) yield head.text
  const only = count === 1 ? name : ''
  for (let at = 0; at < lines.length; at += LINES_PER_PIECE) {
    yield html`${lines.slice(at, at + LINES_PER_PIECE).map((line) => lineRow(line, writing, only))}`.text
  }
  if (further) yield furtherRow(further, writing, span).text
}

function furtherRow(
  { count, amount }: NonNullable<Product['further']>,
  { words, format }: Writing,
  span: number
): Html {
  const text = fill(words.further, { count: format.count(count) })
  return html`<tr><td class="date"></td><td colspan="${span}" class="text">${text}</td>
<td class="number">${format.amount(amount)}</td></tr>`
}

function lineRow(line: Line, { content, format }: Writing, product: string): Html {
  const { date, name, amount } = line
  const details = [name === product ? '' : product, detailOf(line, format)].filter((part) => part !== '')
  return html`<tr><td class="date">${date && html`<time datetime="${date}">${format.shortDate(date)}</time>`}</td>
<td class="text">${name} ${details.length > 0 && html`<small>${details.join(' · ')}</small>`}</td>
${content.taxes.hasRates && html`<td class="number rate">${ratesOf(line, content, format)}</td>`}
<td class="number">${format.amount(amount)}</td></tr>`
}
