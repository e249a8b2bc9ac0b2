import type { Format } from '../documents/content/format.ts'
import { fill } from '../documents/content/vocabulary.ts'
import { type Html, html } from '../http/html.ts'
import { type Bin, binsOf } from './list.ts'
import type { Summary } from './summary.ts'
import type { ReportWords } from './words.ts'

const BAR_WIDTH = 44
const GAP = 4
const STEP = BAR_WIDTH + GAP
const HEIGHT = 180
const TOP = 20
const BOTTOM = 28
/** A bar of one account is still seen. */
const BAR_MIN = 3

/** Draws the histogram of a currency: a bar for each bin, with its bounds below. */
export function histogram(
  { bins }: Summary['totals'][number],
  title: string,
  words: ReportWords,
  count: Format['count']
): Html {
  const all = binsOf(bins)
  const most = Math.max(...all.map(({ accounts }) => accounts))
  const width = all.length * STEP
  const bars = all.map((bin, at) => bar(bin, at, most, words, count))
  const bounds = all.flatMap(({ to }, at) => (to === undefined || to === '0' ? [] : [bound(to, at, count)]))
  const middle = ((all.length - 1) / 2) * STEP + STEP / 2
  return html`<figure class="histogram">
<svg viewBox="0 0 ${width} ${TOP + HEIGHT + BOTTOM}" role="img" aria-label="${title}">
${bars}
<line x1="0" y1="${TOP + HEIGHT}" x2="${width}" y2="${TOP + HEIGHT}"/>
${bounds}
<text x="${middle}" y="${TOP + HEIGHT + 18}">0</text>
</svg><figcaption>${words.picture}</figcaption></figure>`
}

function bar(bin: Bin, at: number, most: number, words: ReportWords, count: Format['count']): Html {
  if (bin.accounts === 0) return html``
  const height = Math.max(Math.round((HEIGHT * Math.log1p(bin.accounts)) / Math.log1p(most)), BAR_MIN)
  const [x, y] = [at * STEP + GAP / 2, TOP + HEIGHT - height]
  const label = fill(words.bar, { range: rangeOf(bin, words, count), count: count(bin.accounts) })
  const isZero = bin.from === bin.to
  return html`<rect class="${isZero ? 'zero' : 'bar'}" x="${x}" y="${y}" width="${BAR_WIDTH}"
 height="${height}"><title>${label}</title></rect>
<text x="${x + BAR_WIDTH / 2}" y="${y - 5}">${count(bin.accounts)}</text>
`
}

/** A bound stands below the edge of two bars. */
function bound(to: string, at: number, count: Format['count']): Html {
  const isNegative = to.startsWith('-')
  const x = (at + 1) * STEP
  return html`<line x1="${x}" y1="${TOP + HEIGHT}" x2="${x}" y2="${TOP + HEIGHT + 5}"/>
<text x="${x}" y="${TOP + HEIGHT + 18}">${isNegative ? '−' : ''}${count(Number(to.replace('-', '')))}</text>
`
}

function rangeOf({ from, to }: Bin, words: ReportWords, count: Format['count']): string {
  if (from === to) return words.exactly
  const [first, last] = [from, to].map((edge) => (edge === undefined ? '' : count(Number(edge))))
  if (from === undefined) return fill(words.below, { to: String(last) })
  if (to === undefined) return fill(words.above, { from: String(first) })
  return fill(words.upTo, { from: String(first), to: String(last) })
}
