import { createHash } from 'node:crypto'
import { type Html, html, trusted } from '../../http/html.ts'
import type { BillView } from '../view/bill-view.ts'
import { formatOf } from '../view/format.ts'
import { modulesOf, runsOf } from '../view/qr-code.ts'
import { addressLines, dueTexts, factsOf, imprintOf, titleOf, transferOf } from '../view/texts.ts'
import { fill } from '../view/vocabulary.ts'
import { WORDS } from '../view/words.ts'
import { styleOf } from './style.ts'
import { balances, items, summary, taxes, type Writing } from './tables.ts'

/** A page and its content security policy, which allows nothing but the page's own style and pictures. */
export interface HtmlPage {
  /** Pieces of at most some hundred lines, made as they are taken. */
  readonly pieces: Iterable<string>
  readonly contentSecurityPolicy: string
}

/** Returns the bill as one self-contained HTML page for reading, printing and screen readers. */
export function renderHtml(view: BillView): HtmlPage {
  const words = WORDS[view.language]
  const format = formatOf(view.language, view.timeZone, view.currency, view.digits)
  const writing: Writing = { view, words, format }
  const style = styleOf(view.issuer.branding.colour)
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
${due(writing)}
${summary(writing)}
${taxes(writing)}
${balances(writing)}
`.text
  yield* items(writing)
  yield html`
<p class="note">${words.asIssued}</p>
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

function due({ view, words, format }: Writing): Html {
  const texts = dueTexts(view, words, format)
  if (!texts) return html``
  const [label, date] = texts.by
  const transfer = transferOf(view, words).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  const how = transfer.length > 0 && html`<div><h2>${words.howToPay}</h2><dl>${transfer}</dl></div>`
  return html`<section class="due">
<div><p>${texts.head}</p><p class="amount">${texts.amount}</p>
${label !== undefined && html`<p class="by">${label}<br><strong>${date}</strong></p>`}</div>
${how}
${code({ view, words, format })}
</section>`
}

function code({ view, words, format }: Writing): Html | undefined {
  const { transfer, amount = '0' } = view.due ?? {}
  if (!transfer?.code) return undefined
  const modules = modulesOf(transfer.code)
  const size = modules.length
  const runs = modules.flatMap((row, y) =>
    runsOf(row).map(([start, end]) => `M${start} ${y}h${end - start}v1h-${end - start}z`)
  )
  const alt = fill(words.codeFor, { amount: format.money(amount) })
  return html`<figure><svg viewBox="0 0 ${size} ${size}" role="img" aria-label="${alt}" shape-rendering="crispEdges">
<path d="${runs.join('')}"/></svg><figcaption>${words.scan}</figcaption></figure>`
}

function footer({ view, words }: Writing): Html {
  return html`<footer>${imprintOf(view, words).map((line) => html`<p>${line}</p>`)}</footer>`
}
