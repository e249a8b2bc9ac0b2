import { readable } from '../documents/content/colour.ts'

/** Returns the style sheet of all pages. `colour` is `#rrggbb`; where text needs contrast, a pale one gives way. */
export function styleOf(colour: string): string {
  return `
:root { color-scheme: light dark; --brand: ${colour}; --fill: ${readable(colour)}; --link: ${readable(colour)};
  --ink: #1a1a1a; --soft: #5a5f66; --ground: #fff; --sheet: #f3f4f6; --rule: #c4c8ce; --field: #767b83;
  --alert: #b3261e; --alert-ground: #fdeceb; --done: #1b6e3a; --done-ground: #e8f5ec }
@media (prefers-color-scheme: dark) {
  :root { --link: #9cc4ff; --ink: #ececec; --soft: #b0b5bc; --ground: #16181c; --sheet: #212429; --rule: #454a52;
    --field: #8d939c; --alert: #ffb4ab; --alert-ground: #3b1512; --done: #8fd6a5; --done-ground: #12301c } }
* { box-sizing: border-box }
html { font: 100%/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); overflow-wrap: anywhere }
body { margin: 0; min-height: 100vh; border-top: 6px solid var(--brand) }
body > header, main, body > footer { width: 100%; max-width: 52rem; margin: 0 auto; padding: 1rem 1.25rem }
body > header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center }
.issuer { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; margin: 0 auto 0 0; font-size: 1.1rem;
  font-weight: 600 }
.issuer img { display: block; max-width: 12rem; max-height: 3rem; padding: .25rem; background: #fff;
  border-radius: .25rem }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: center }
main.narrow { max-width: 28rem; padding-top: 2rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0 1rem }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem }
a { color: var(--link) }
a[aria-current] { color: inherit; text-decoration: none; font-weight: 600 }
label { display: block; margin-top: 1rem; font-weight: 600 }
.hint { margin: 0; color: var(--soft); font-size: .9rem }
input, select, textarea { width: 100%; font: inherit; color: inherit; background: var(--ground); padding: .55rem .7rem;
  border: 1px solid var(--field); border-radius: .3rem }
button { font: inherit; font-weight: 600; color: #fff; background: var(--fill); border: 1px solid transparent;
  border-radius: .3rem; padding: .6rem 1.1rem; cursor: pointer }
@media (prefers-color-scheme: dark) { main button { border-color: var(--field) } }
input[type=checkbox] { width: auto; margin: 0 .5rem 0 0 }
fieldset { margin: 1rem 0 0; padding: .25rem 1rem 1rem; border: 1px solid var(--rule); border-radius: .3rem }
fieldset label { font-weight: normal; margin-top: .5rem }
.captcha { margin-top: 1.25rem; overflow-x: auto }
main.narrow button { width: 100%; margin: 1.5rem 0 .5rem }
nav button { padding: 0; color: var(--link); background: none; border: 0; font-weight: 400; text-decoration: underline }
nav form { margin: 0 }
:focus-visible { outline: 3px solid #d97b00; outline-offset: 2px }
.alert, .done { padding: .6rem .9rem; border-left: 4px solid; border-radius: .2rem }
.alert { color: var(--alert); background: var(--alert-ground) }
.done { color: var(--done); background: var(--done-ground) }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; margin: 0 0 1.5rem }
.figures > div { padding: 1rem 1.1rem; background: var(--sheet); border-left: 4px solid var(--brand) }
dt { color: var(--soft) }
dd { margin: 0 }
dd strong { font-size: 1.5rem; line-height: 1.3 }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--rule);
  font-weight: normal }
tbody th, td.date { white-space: nowrap }
thead th { color: var(--soft); font-size: .9rem; overflow-wrap: normal }
.number { text-align: right; white-space: nowrap }
tr > :last-child { padding-right: 0 }
.late { color: var(--alert); font-weight: 600 }
.pager { display: flex; justify-content: space-between; gap: 1rem; margin-top: 1rem }
body > footer { color: var(--soft); font-size: .85rem }
@media (max-width: 36rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
  table, tbody { display: block }
  tr { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; padding: .6rem 0;
    border-bottom: 1px solid var(--rule) }
  th, td { padding: 0; border: 0 }
  tr > * { grid-column: 1 / -1 }
  tr > th { grid-column: 1 }
  tr > .number { grid-column: 2; grid-row: 1 }
  tbody th { white-space: normal }
  .figures { grid-template-columns: 1fr }
}
`
}
