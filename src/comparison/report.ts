import type { Instant } from '../base/instant.ts'
import type { Language } from '../base/language.ts'
import { minorDigits } from '../base/money.ts'
import type { Branding } from '../documents/content/branding.ts'
import { type Format, formatOf } from '../documents/content/format.ts'
import { fill } from '../documents/content/vocabulary.ts'
import { type HtmlPage, htmlPage } from '../documents/html/page.ts'
import { styleOf } from '../documents/html/style.ts'
import { type Html, html } from '../http/html.ts'
import type { ComparedAccount } from './accounts.ts'
import { OPTIONAL_PARTS, type REASONS, STATUSES } from './comparison.ts'
import { histogram } from './histogram.ts'
import type { ReadComparison } from './list.ts'
import type { Summary } from './summary.ts'
import { REPORT_WORDS, type ReportWords } from './words.ts'

export interface Report {
  readonly comparison: ReadComparison & { readonly summary: Summary; readonly finishedAt: Instant }
  /** The name of the cycle or of the uploaded file. */
  readonly source: string
  /** Accounts that are not equal: the first, and the number of all. */
  readonly unequal: readonly ComparedAccount[]
  readonly unequalCount: number
  readonly tenant: {
    readonly name: string
    readonly branding: Branding
    readonly timeZone: string
    readonly language: Language
  }
}

interface Writing extends Report {
  readonly words: ReportWords
  /** Of a currency. */
  readonly formatOf: (currency: string) => Format
}

const STYLE = `
.histogram { margin: 0 0 1rem; }
.histogram svg { width: 100%; height: auto; display: block; }
.histogram text { font-size: 11px; text-anchor: middle; fill: #1a1a1a; font-variant-numeric: tabular-nums; }
.histogram line { stroke: var(--grey); }
.histogram .zero { fill: var(--ink); }
.histogram .bar { fill: color-mix(in srgb, var(--brand) 45%, white); stroke: var(--ink); }
@media print { .histogram { break-inside: avoid; } }
`

/** Returns the report on a comparison as one self-contained HTML page for reading and printing. */
export function renderReport(report: Report): HtmlPage {
  const { language, timeZone, branding } = report.tenant
  const words = REPORT_WORDS[language]
  const writing = {
    ...report,
    words,
    formatOf: (currency: string) => formatOf(language, timeZone, currency, minorDigits(currency))
  }
  return htmlPage({ language, title: words.title, style: styleOf(branding.colour) + STYLE, body: bodyOf(writing) })
}

function* bodyOf(writing: Writing): Generator<string> {
  const { words, comparison } = writing
  const { statuses, totals } = comparison.summary
  const format = writing.formatOf('EUR')
  const accounts = STATUSES.reduce((sum, status) => sum + (statuses[status] ?? 0), 0)
  const verdict = fill(words.verdict, {
    equal: format.count(statuses.equal ?? 0),
    accounts: format.count(accounts)
  })
  yield html`${header(writing, format)}
<main>
<h1>${words.title}</h1>
<section class="due"><div><p class="amount">${verdict}</p></div></section>
${results(writing, format)}
${totalsTable(writing)}
${totals.filter(({ bins }) => Object.keys(bins).length > 0).map((total) => picture(total, words, format))}
${largest(writing)}
</main>`.text
}

function header({ tenant, comparison, source: named, words, formatOf: ofCurrency }: Writing, format: Format): Html {
  const { logo } = tenant.branding
  const source = logo && `data:image/png;base64,${logo.png.toString('base64')}`
  const limits = Object.entries(comparison.tolerance).map(([currency, limit]) => ofCurrency(currency).money(limit))
  const facts = [
    [comparison.isDry ? words.dryRun : words.run, comparison.billRunId],
    [comparison.uploadId === undefined ? words.cycle : words.upload, named],
    [words.tolerance, limits.join(', ') || words.none],
    [words.date, format.date(comparison.finishedAt)]
  ] as const
  return html`<header>
<p class="issuer">${tenant.name}</p>${source && html`<img src="${source}" alt="" height="60">`}
<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`
}

function results({ comparison, words }: Writing, format: Format): Html {
  const { statuses, reasons, uncompared, withoutAccount } = comparison.summary
  const row = (name: string, count: number, part = false) =>
    html`<tr${part && html` class="part"`}><th scope="row">${name}</th>
<td class="number">${format.count(count)}</td></tr>
`
  const reasonsOf = (which: readonly (typeof REASONS)[number][]) =>
    which.flatMap((reason) => (reasons[reason] ? [row(words.reasons[reason], reasons[reason], true)] : []))
  const rows = STATUSES.flatMap((status) => [
    row(words.statuses[status], statuses[status] ?? 0),
    ...reasonsOf(REASONS_OF[status] ?? [])
  ])
  const parts = OPTIONAL_PARTS.flatMap((part) => {
    const count = uncompared[part]
    return count ? [fill(words.parts[part], { count: format.count(count) })] : []
  })
  const without = fill(words.withoutAccount, { count: format.count(withoutAccount) })
  return html`<h2>${words.result}</h2>
<table>
<caption>${words.result}</caption>
<thead><tr><th scope="col">${words.result}</th><th scope="col" class="number">${words.accounts}</th></tr></thead>
<tbody>${rows}</tbody>
</table>
${parts.length > 0 && html`<p class="note">${fill(words.notCompared, { parts: parts.join(', ') })}</p>`}
${withoutAccount > 0 && html`<p class="note">${without}</p>`}`
}

const REASONS_OF: Readonly<Partial<Record<(typeof STATUSES)[number], readonly (typeof REASONS)[number][]>>> = {
  differs: ['amount', 'tax', 'lines', 'dueDate'],
  onlyThere: ['unknownAccount', 'parked', 'notBilled']
}

function totalsTable({ comparison, words, formatOf: ofCurrency }: Writing): Html {
  const rows = comparison.summary.totals.map(({ currency, here, there, difference, hereBills, thereBills }) => {
    const { amount, count } = ofCurrency(currency)
    const bills = (number: number) => html`<br><small>${fill(words.bills, { count: count(number) })}</small>`
    return html`<tr><th scope="row">${currency}</th><td class="number">${amount(here)}${bills(hereBills)}</td>
<td class="number">${amount(there)}${bills(thereBills)}</td><td class="number">${amount(difference)}</td></tr>
`
  })
  return html`<h2>${words.totals}</h2>
<table>
<caption>${words.totals}</caption>
<thead><tr><th scope="col">${words.currency}</th><th scope="col" class="number">${words.here}</th>
<th scope="col" class="number">${words.there}</th><th scope="col" class="number">${words.difference}</th></tr></thead>
<tbody>${rows}</tbody>
</table>`
}

function picture(total: Summary['totals'][number], words: ReportWords, { count }: Format): Html {
  const title = fill(words.histogram, { currency: total.currency })
  return html`<section>
<h2>${title}</h2>
${histogram(total, title, words, count)}
</section>`
}

function largest({ unequal, unequalCount, words, formatOf: ofCurrency }: Writing): Html {
  if (unequal.length === 0) return html`<p>${words.allEqual}</p>`
  const rows = unequal.map((account) => {
    const { billingAccountId, currency, status, reasons, hereAmount, thereAmount, difference } = account
    const { amount, money } = ofCurrency(currency)
    const named = [words.statuses[status], ...reasons.map((reason) => words.reasons[reason])]
    return html`<tr><th scope="row">${billingAccountId}</th><td>${named.join(', ')}</td>
<td class="number">${hereAmount === undefined ? '–' : amount(hereAmount)}</td>
<td class="number">${thereAmount === undefined ? '–' : amount(thereAmount)}</td>
<td class="number">${money(difference)}</td></tr>
`
  })
  const left = unequalCount - unequal.length
  const more = fill(words.more, { count: ofCurrency('EUR').count(left) })
  return html`<h2>${words.largest}</h2>
<table>
<caption>${words.largest}</caption>
<thead><tr><th scope="col">${words.account}</th><th scope="col">${words.reason}</th>
<th scope="col" class="number">${words.here}</th><th scope="col" class="number">${words.there}</th>
<th scope="col" class="number">${words.difference}</th></tr></thead>
<tbody>${rows}</tbody>
</table>
${left > 0 && html`<p class="note">${more}</p>`}`
}
