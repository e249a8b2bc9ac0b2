import type { ExplainedTax, Explanation, TaxGroup, TypeCharges } from '../../explanation/explanation.ts'
import { type Html, html } from '../../http/html.ts'
import { itemsOf } from '../content/texts.ts'
import { fill, labelled } from '../content/vocabulary.ts'
import { sumRow, type Writing } from './tables.ts'

/** Returns how the amount of the bill comes about, folded: browsers open it without a script. */
export function explained(explanation: Explanation, writing: Writing): Html {
  const { bill, taxGroups, taxes, withoutRates, unexplained } = explanation
  const { words, format, content } = writing
  if (bill.amountDue === undefined) return html``
  const own = taxGroups.filter(({ unit }) => unit === bill.unit)
  const charged = taxes.filter(({ unit }) => unit === bill.unit)
  return html`<details>
<summary>${words.explanation}</summary>
<p class="note">${bill.isComputed ? words.explained : words.received}</p>
<table>
<caption>${words.explanation}</caption>
<thead><tr><th scope="col">${words.description}</th>
<th scope="col" class="number">${fill(words.amount, { currency: content.currency })}</th></tr></thead>
${own.map((group) => groupBody(group, writing))}
${charged.map((tax) => taxBody(tax, writing))}
<tfoot>${sumRow(words.withoutItems, withoutRates, format, 1)}${sumRow(words.unexplained, unexplained, format, 1)}
${sumRow(words.gross, bill.amountDue, format, 1)}</tfoot>
</table>
</details>`
}

function groupBody({ taxes, isByProfile, types, exact, rounding, taxExcluded }: TaxGroup, writing: Writing): Html {
  const { words, format } = writing
  const names = taxes.map((tax) => nameOf(tax, writing)).join(', ')
  const named = isByProfile ? names : labelled(words, words.ownTaxes, names)
  return html`<tbody>
<tr class="group"><th scope="rowgroup">${names === '' ? words.untaxed : named}</th>
<td class="number"></td></tr>
${types.map((type) => typeRows(type, writing))}
${sumRow(words.exactSum, exact, format, 1)}${sumRow(words.rounding, shownIn(rounding), format, 1)}
${sumRow(words.base, taxExcluded, format, 1)}</tbody>`
}

function typeRows({ type, exact, products }: TypeCharges, { words, format }: Writing): Html {
  const rows = products.map(({ product, furtherProducts, rateCount, exact: own }) => {
    const further = furtherProducts && fill(words.further, { count: format.count(furtherProducts) })
    const name = further || (product ? (product.name ?? product.id) : itemsOf(rateCount, words, format))
    return html`<tr class="part"><th scope="row">${name}</th><td class="number">${format.amount(own)}</td></tr>`
  })
  return html`<tr class="product"><th scope="row">${words.types[type] ?? type}</th>
<td class="number">${format.amount(exact)}</td></tr>${rows}`
}

function taxBody(tax: ExplainedTax, writing: Writing): Html {
  const { words, format } = writing
  const { exact, rounding, unexplained, amount } = tax
  return html`<tbody>
<tr class="group"><th scope="rowgroup">${nameOf(tax, writing)}</th><td class="number">${format.amount(amount)}</td></tr>
${sumRow(words.exactSum, exact, format, 1)}${sumRow(words.rounding, shownIn(rounding), format, 1)}
${sumRow(words.unexplained, unexplained, format, 1)}</tbody>`
}

function nameOf(
  { taxCategory, taxRate }: Pick<ExplainedTax, 'taxCategory' | 'taxRate'>,
  { words, format }: Writing
): string {
  return [taxCategory ?? words.tax, taxRate && format.percent(taxRate)].filter((part) => part).join(' ')
}

/** A rounding of 0 is left out. */
function shownIn(rounding: string | undefined): string | undefined {
  return rounding === '0' ? undefined : rounding
}
