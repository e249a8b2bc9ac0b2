import { createHash } from 'node:crypto'
import type { BillView, Group, Product } from './bill-view.ts'
import { readable } from './colour.ts'
import { type Format, formatOf } from './format.ts'
import { type Html, html, trusted } from './markup.ts'
import type { Line } from './tally.ts'
import { addressLines, factsOf, titleOf } from './texts.ts'
import { fill, WORDS, type Words } from './words.ts'

/** A page, and the policy under which it works: nothing but its own style and pictures within it. */
export interface HtmlPage {
  /** The text, in pieces of some hundred lines at most, made as they are taken. */
  readonly pieces: Iterable<string>
  readonly contentSecurityPolicy: string
}

const LINES_PER_PIECE = 100

interface Writing {
  readonly view: BillView
  readonly words: Words
  readonly format: Format
}

/** The bill as one HTML page that needs nothing else, for reading, printing and screen readers. */
export function renderHtml(view: BillView): HtmlPage {
  const words = WORDS[view.language]
  const format = formatOf(view.language, view.timeZone, view.currency, view.digits)
  const writing: Writing = { view, words, format }
  const style = styleOf(view)
  const hash = createHash('sha256').update(style).digest('base64')
  const directives = ["default-src 'none'", `style-src 'sha256-${hash}'`, 'img-src data:', "base-uri 'none'"]
  return {
    pieces: piecesOf(writing, style),
    contentSecurityPolicy: [...directives, "form-action 'none'", "frame-ancestors 'none'"].join('; ')
  }
}

function* piecesOf(writing: Writing, style: string): Generator<string> {
  const { view, words } = writing
  yield html`<!doctype html>
<html lang="${view.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${titleOf(view, words)}</title>
<style>${trusted(style)}</style>
</head>
<body>
${header(writing)}
<main>
<h1>${titleOf(view, words)}</h1>
`.text
  yield* lines(writing)
  yield html`
${taxes(writing)}
${due(writing)}
</main>
${footer(writing)}
</body>
</html>
`.text
}

function header({ view, words, format }: Writing): Html {
  const { issuer, customer, language } = view
  const { logo } = issuer.branding
  const source = logo && `data:image/png;base64,${logo.png.toString('base64')}`
  const place = addressLines(customer.address, language).map((line) => html`<br>${line}`)
  const facts = factsOf(view, words, format).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  return html`<header>
<p class="issuer">${issuer.name}</p>${source && html`<img src="${source}" alt="" height="60">`}
<address>${customer.name}${place}</address>
<dl>${facts}</dl>
</header>`
}

function* lines({ view, words, format }: Writing): Generator<string> {
  const { groups, rounding, net, currency } = view
  if (groups.length === 0 && net === undefined) return
  const amount = (text: string, value: string) =>
    html`<tr><th scope="row" colspan="3">${text}</th><td>${format.amount(value)}</td></tr>`
  yield html`<table>
<caption>${words.description}</caption>
<thead><tr><th scope="col">${words.date}</th><th scope="col">${words.description}</th><th scope="col">${words.tax}</th>
<th scope="col">${fill(words.amount, { currency })}</th></tr></thead>
`.text
  for (const group of groups) yield* groupBody(group, words, format)
  yield html`
<tfoot>${rounding && amount(words.rounding, rounding)}${net && amount(words.net, net)}</tfoot>
</table>`.text
}

function* groupBody({ type, products, amount }: Group, words: Words, format: Format): Generator<string> {
  const name = words.types[type] ?? type
  yield html`<tbody>
<tr class="group"><th scope="rowgroup" colspan="4">${name}</th></tr>
`.text
  for (const product of products) yield* productRows(product, words, format)
  yield html`
<tr class="sum"><th scope="row" colspan="3">${fill(words.subtotal, { name })}</th><td>${format.amount(amount)}</td></tr>
</tbody>`.text
}

function* productRows(product: Product, words: Words, format: Format): Generator<string> {
  const { name = '', lines: own, count, amount } = product
  if (name !== '' && own.length > 0) {
    yield html`<tr class="product"><th></th><th scope="row" colspan="3">${name}</th></tr>`.text
  }
  for (let at = 0; at < own.length; at += LINES_PER_PIECE) {
    yield html`${own.slice(at, at + LINES_PER_PIECE).map((line) => lineRow(line, format))}`.text
  }
  if (own.length === 1 || (own.length > 0 && name === '')) return
  const items = own.length === 0 && html` <small>${fill(words.items, { count: format.count(count) })}</small>`
  yield html`<tr class="sum"><th></th><th scope="row" colspan="2">${fill(words.subtotal, { name })}${items}</th>
<td>${format.amount(amount)}</td></tr>`.text
}

function lineRow({ date, name, detail, taxRates, amount }: Line, format: Format): Html {
  return html`<tr><td>${date && html`<time datetime="${date}">${format.shortDate(date)}</time>`}</td>
<td>${name} ${detail && html`<small>${detail}</small>`}</td><td>${taxRates.map(format.percent).join(', ')}</td>
<td>${format.amount(amount)}</td></tr>`
}

function taxes({ view, words, format }: Writing): Html {
  if (view.taxes.length === 0) return html``
  const rows = view.taxes.map(
    ({ category, rate, base, amount }) => html`<tr><th scope="row">${category ?? words.tax}</th>
<td>${base && format.amount(base)}</td><td>${rate && format.percent(rate)}</td><td>${format.amount(amount)}</td></tr>`
  )
  return html`<table class="taxes">
<caption>${words.tax}</caption>
<thead><tr><th scope="col">${words.tax}</th><th scope="col">${words.base}</th><th scope="col">${words.rate}</th>
<th scope="col">${fill(words.amount, { currency: view.currency })}</th></tr></thead>
<tbody>${rows}</tbody>
</table>`
}

function due({ view, words, format }: Writing): Html {
  const { gross, amountDue, dueDate, reference } = view
  const { iban, bic, name } = view.issuer.branding.bank
  const bank = [iban && `IBAN ${iban}`, bic && `BIC ${bic}`, name].filter((part) => part).join(' · ')
  return html`<section>
${gross && html`<p class="total"><span>${words.gross}</span> <span>${format.money(gross)}</span></p>`}
${amountDue && html`<p class="due"><span>${words.amountDue}</span> <strong>${format.money(amountDue)}</strong></p>`}
${dueDate && html`<p>${fill(words.payBy, { date: format.date(dueDate) })}</p>`}
${reference && html`<p>${words.reference}: ${reference}</p>`}
${bank !== '' && html`<p>${bank}</p>`}
<p>${words.asIssued}</p>
</section>`
}

function footer({ view, words }: Writing): Html {
  const { name, branding } = view.issuer
  const { address, contact, taxNumber } = branding
  const parts = [name, ...addressLines(address, view.language), ...contact]
  const all = [...parts, taxNumber && `${words.taxNumber} ${taxNumber}`].filter((part) => part)
  return html`<footer>${all.join(' · ')}</footer>`
}

/** The colour is six hexadecimal digits, whatever a tenant has set. */
function styleOf({ issuer }: BillView): string {
  const { colour } = issuer.branding
  return `
:root { --brand: ${colour}; --ink: ${readable(colour)}; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; max-width: 50rem; margin: 0 auto; padding: 1.5rem;
  border-top: 6px solid var(--brand); overflow-wrap: anywhere; }
header { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem 2rem; align-items: start; }
header img { justify-self: end; }
.issuer { font-size: 1.4rem; font-weight: 600; color: var(--ink); margin: 0; grid-column: 1; }
address { font-style: normal; grid-column: 1; }
dl { margin: 0; grid-column: 2; }
dl div, .total, .due { display: flex; justify-content: space-between; gap: 1rem; }
dt, small, footer { color: #5f6368; }
dd { margin: 0; text-align: right; }
h1 { font-size: 1.5rem; color: var(--ink); margin: 2rem 0 1rem; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
th, td { text-align: left; vertical-align: top; padding: .15rem .5rem .15rem 0; font-weight: normal; }
time, thead th { white-space: nowrap; overflow-wrap: normal; }
thead th { color: var(--ink); font-weight: 600; border-bottom: 2px solid var(--brand); }
td:last-child, td:nth-child(3), thead th:nth-child(n+3), .taxes td, .taxes thead th + th { text-align: right; }
td:last-child, thead th:last-child { padding-right: 0; white-space: nowrap; }
.group th { color: var(--ink); font-size: 1.1rem; font-weight: 600; padding-top: 1rem; }
.product th { font-weight: 600; }
.sum > *, tfoot > tr > * { font-weight: 600; border-top: 1px solid #c4c7cc; }
.total, .due { font-weight: 600; margin: .5rem 0; }
.due { font-size: 1.25rem; border: solid var(--brand); border-width: 2px 0; padding: .5rem 0; }
footer { border-top: 1px solid #c4c7cc; margin-top: 2rem; padding-top: .5rem; font-size: .8rem; }
@page { size: A4; margin: 18mm; }
@media print { body { padding: 0; max-width: none; font-size: 10pt; } tr, section { break-inside: avoid; }
  .group, .product { break-after: avoid; } }
`
}
