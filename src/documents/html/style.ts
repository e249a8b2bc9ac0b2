import { readable } from '../content/colour.ts'

/** Returns the style sheet. `colour` is six hexadecimal digits. */
export function styleOf(colour: string): string {
  return `
:root { --brand: ${colour}; --ink: ${readable(colour)}; --grey: #5f6368; --rule: #c4c7cc; }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; max-width: 50rem; margin: 0 auto; padding: 1.5rem;
  border-top: 6px solid var(--brand); overflow-wrap: anywhere; }
header { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem 2rem; align-items: start; }
header img { justify-self: end; max-width: 100%; max-height: 60px; }
.issuer { font-size: 1.4rem; font-weight: 600; color: var(--ink); margin: 0; grid-column: 1; }
address { font-style: normal; grid-column: 1; }
dl { margin: 0; }
header dl { grid-column: 2; }
dl div { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
dt, small, footer, .note { color: var(--grey); }
dd { margin: 0; }
header dd { text-align: right; margin-left: auto; }
h1 { font-size: 1.5rem; color: var(--ink); margin: 2rem 0 1rem; }
h2 { font-size: 1.1rem; color: var(--ink); margin: 1.5rem 0 .25rem; }
.due { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; padding: 1rem;
  border-left: 4px solid var(--brand); background: color-mix(in srgb, var(--brand) 8%, white); }
.due > div { flex: 1 1 10rem; }
.due > div + div { flex-basis: 17rem; }
.due p { margin: 0; }
.due .amount { font-size: 1.8rem; font-weight: 600; color: var(--ink); line-height: 1.2; }
.due .by { margin-top: .5rem; }
.due h2 { margin-top: 0; }
.due dd { flex: 1 1 9rem; }
.due dt { flex: 0 0 auto; min-width: 9.5rem; }
.due figure { margin: 0; text-align: center; }
.due svg { width: 132px; height: 132px; display: block; background: #fff; }
figcaption { font-size: .8rem; color: var(--grey); }
table { width: 100%; border-collapse: collapse; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
caption { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
th, td { text-align: left; vertical-align: top; padding: .15rem .5rem .15rem 0; font-weight: normal; }
time { white-space: nowrap; }
thead th { color: var(--ink); font-weight: 600; border-bottom: 2px solid var(--brand); overflow-wrap: normal; }
.number { text-align: right; }
td.number { white-space: nowrap; overflow-wrap: normal; }
tr > :last-child { padding-right: 0; }
.group th, .group td { color: var(--ink); font-weight: 600; padding-top: .75rem; }
.product th, .product td, tfoot > tr > * { font-weight: 600; }
tfoot > tr > * { border-top: 1px solid var(--rule); }
.part th { padding-left: 1rem; }
summary { cursor: pointer; color: var(--ink); font-weight: 600; margin: 1.5rem 0 .25rem; }
footer { border-top: 1px solid var(--rule); margin-top: 2rem; padding-top: .5rem; font-size: .8rem; }
footer p { margin: 0; }
@media (max-width: 34rem) {
  body { padding: 1rem .75rem; font-size: 14px; }
  header { grid-template-columns: 1fr; }
  header > *, header dl { grid-column: 1; justify-self: stretch; }
  header img { justify-self: start; }
  .items thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .items, .items tbody, .items tfoot { display: block; }
  .items tr { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; padding: .2rem 0; }
  .items tr > :empty { display: none; }
  .items tr > * { padding: 0; }
  .items tr > .text { grid-area: 1 / 1; }
  .items tr > .number:last-child { grid-area: 1 / 2; }
  .items tr > .date, .items tr > .rate { color: var(--grey); font-size: .9em; }
  .items tr > .date { grid-area: 2 / 1; }
  .items tr > .rate { grid-area: 2 / 2; }
  .taxes tr > :not(:last-child) { padding-right: .35rem; }
  .taxes td.number { white-space: normal; overflow-wrap: anywhere; min-width: 4rem; }
}
@page { size: A4; margin: 18mm; }
@media print { body { padding: 0; max-width: none; font-size: 10pt; } tr, section { break-inside: avoid; }
  .group, .product { break-after: avoid; } }
`
}
