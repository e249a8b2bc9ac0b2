import type { Explanation } from '../../explanation/explanation.ts'
import { type Html, html } from '../../http/html.ts'
import type { BillContent } from '../content/bill-content.ts'
import { formatOf } from '../content/format.ts'
import { modulesOf, runsOf } from '../content/qr-code.ts'
import { addressLines, dueTexts, factsOf, imprintOf, titleOf, transferOf } from '../content/texts.ts'
import { fill } from '../content/vocabulary.ts'
import { WORDS } from '../content/words.ts'
import { explained } from './explanation.ts'
import { type HtmlPage, htmlPage } from './page.ts'
import { styleOf } from './style.ts'
import { balances, items, summary, taxes, type Writing } from './tables.ts'

/**
 * Returns the bill as one self-contained HTML page for reading, printing and screen readers; its explanation is folded.
 */
export function renderHtml(content: BillContent, explanation?: Explanation): HtmlPage {
  const words = WORDS[content.language]
  const format = formatOf(content.language, content.timeZone, content.currency, content.digits)
  return htmlPage({
    language: content.language,
    title: titleOf(content, words),
    style: styleOf(content.issuer.branding.colour),
    body: bodyOf({ content, words, format }, explanation)
  })
}

function* bodyOf(writing: Writing, explanation: Explanation | undefined): Generator<string> {
  const { content, words } = writing
  yield html`${header(writing)}
<main>
<h1>${titleOf(content, words)}</h1>
${due(writing)}
${summary(writing)}
${taxes(writing)}
${balances(writing)}
${explanation && explained(explanation, writing)}
`.text
  yield* items(writing)
  yield html`
<p class="note">${words.asIssued}</p>
</main>
${footer(writing)}`.text
}

function header({ content, words, format }: Writing): Html {
  const { issuer, customer, language } = content
  const { logo } = issuer.branding
  const source = logo && `data:image/png;base64,${logo.png.toString('base64')}`
  const place = addressLines(customer.address, language).map((line) => html`<br>${line}`)
  const facts = factsOf(content, words, format).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`
  )
  return html`<header>
<p class="issuer">${issuer.name}</p>${source && html`<img src="${source}" alt="" height="60">`}
<address>${customer.name}${place}</address>
<dl>${facts}</dl>
</header>`
}

function due({ content, words, format }: Writing): Html {
  const texts = dueTexts(content, words, format)
  if (!texts) return html``
  const [label, date] = texts.by
  const transfer = transferOf(content, words).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  const how = transfer.length > 0 && html`<div><h2>${words.howToPay}</h2><dl>${transfer}</dl></div>`
  return html`<section class="due">
<div><p>${texts.head}</p><p class="amount">${texts.amount}</p>
${label !== undefined && html`<p class="by">${label}<br><strong>${date}</strong></p>`}</div>
${how}
${code({ content, words, format })}
</section>`
}

function code({ content, words, format }: Writing): Html | undefined {
  const { transfer, amount = '0' } = content.due ?? {}
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

function footer({ content, words }: Writing): Html {
  return html`<footer>${imprintOf(content, words).map((line) => html`<p>${line}</p>`)}</footer>`
}
