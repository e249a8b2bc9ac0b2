import Big from 'big.js'
import { alignColumns } from '../src/cli/table.ts'
import { computed, decimal, rowOf, text } from '../src/db/row.ts'
import { sql } from '../src/db/sql.ts'
import { moneyText, type Sums, sumOf } from './arithmetic.ts'
import { expectLike, expectSame } from './expectation.ts'
import { OPERATOR } from './names.ts'
import { looks } from './patience.ts'
import { outputOf, runCommand, type Scene } from './stage.ts'

const BOOKS = ['receivable', 'revenue', 'tax', 'rounding', 'cash', 'balance'] as const

/** Billed = paid - credit + owed. */
export type Figures = Readonly<Record<'billed' | 'paid' | 'credit' | 'owed', Sums>>

export interface Totals {
  readonly bills: number
  readonly payments: number
}

const SUM = rowOf('ledger_entry', { currency: text, book: text, sum: computed(decimal, sql`sum("amount")`) })

/** Shows the sums of the ledger's books by currency, debits positive, and compares them with the API's figures. */
export async function showLedger({ commands, narrator }: Scene, { paid, credit, owed }: Figures): Promise<void> {
  const { rows } = await commands.database.run(sql`SELECT ${SUM.columns} FROM "ledger_entry"
    WHERE "tenant_id" = ${OPERATOR.id} GROUP BY 1, 2 ORDER BY 1, 2`)
  const lines = [...Map.groupBy(rows.map(SUM.read), ({ currency }) => currency)].map(([unit, entries]) => {
    const sums = new Map(entries.map(({ book, sum }) => [book, new Big(sum)]))
    const sumIn = (book: (typeof BOOKS)[number]) => sums.get(book) ?? new Big(0)
    const nothing = new Big(0)
    expectSame(`what is receivable in ${unit}`, sumIn('receivable'), owed.get(unit) ?? nothing)
    expectSame(`what came in in ${unit}`, sumIn('cash'), paid.get(unit) ?? nothing)
    expectSame(`the balances in ${unit}`, nothing.minus(sumIn('balance')), credit.get(unit) ?? nothing)
    const total = sumOf([...sums.values()])
    expectSame(`the sum of the ledger in ${unit}`, total, nothing)
    return [...BOOKS.map((book) => moneyText({ unit, value: sumIn(book) })), moneyText({ unit, value: total })]
  })
  narrator.say('The ledger has the same figures. Its books sum to zero in each currency:')
  narrator.show(alignColumns([[...BOOKS, 'sum'], ...lines]))
}

/** Runs the commands that verify ledger and audit. */
export async function verifyAll(scene: Scene, { bills, payments }: Totals): Promise<void> {
  const { narrator, signal } = scene
  narrator.say('Two commands recompute the ledger from its rows, and prove that nobody changed the audit.')
  const ledger = ownLine(await runCommand(scene, ['ledger', 'verify']))
  narrator.answer(ledger)
  expectLike('the ledger', ledger, new RegExp(`: sound, \\d+ journals, ${bills} bills, ${payments} payments$`))
  for await (const _ of looks('the sealing of the audit', signal)) {
    if (ownLine(await outputOf(scene, ['audit', 'verify'])).includes(' sealed, 0 not yet')) break
  }
  const audit = ownLine(await runCommand(scene, ['audit', 'verify']))
  narrator.answer(audit)
  expectLike('the audit', audit, /: sound, [1-9]\d* rows sealed, 0 not yet, /)
}

/** Returns this tenant's line of the output. */
function ownLine(printed: string): string {
  return printed.split('\n').find((line) => line.startsWith(`${OPERATOR.id}:`)) ?? printed
}
