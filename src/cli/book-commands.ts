import { closePeriod } from '../books/close.ts'
import { type Close, listCloses, readClose } from '../books/closes.ts'
import { day } from '../books/days.ts'
import { type Command, Misuse } from './command.ts'
import { enterTenant } from './lookup.ts'
import { alignColumns } from './table.ts'

/** More than anybody closes. */
const SHOWN_MAX = 1_000

export const bookCommands: Readonly<Record<string, Command>> = {
  'period close': {
    description: 'closes the books through the end of a day, for ever',
    parameters: ['DAY'],
    options: ['tenant'],
    details: () =>
      'DAY is over in the time zone of the tenant, e.g. 2026-11-30. The command waits for postings under way. The\n' +
      'same day again changes nothing.',
    prepare: (args) => {
      const through = readDay(String(args.parameters[0]))
      return async (context) => {
        const { author, view } = await enterTenant(context, args)
        const { id, isNew } = await closePeriod(context.database, { ...context, author }, { through })
        const close = await readClose(context.database, view.tenantId, id)
        return { text: `${isNew ? 'closed' : 'was closed'} through ${close.through}: ${sumsOf(close)}` }
      }
    }
  },
  'period list': {
    description: 'lists the closed periods of the books',
    options: ['tenant'],
    prepare: (args) => async (context) => {
      const { tenantId } = (await enterTenant(context, args)).view
      const { rows } = await listCloses(context.database, tenantId, { offset: 0, limit: SHOWN_MAX })
      const table = rows.map((close) => [close.through, close.createdAt, sumsOf(close)])
      return { text: alignColumns([['THROUGH', 'CLOSED AT', 'ENTRIES'], ...table]) }
    }
  }
}

function readDay(text: string): number {
  const read = day('').safeParse(text)
  if (read.success) return read.data
  throw new Misuse(`${JSON.stringify(text)} is no day, which looks like 2026-11-30`)
}

function sumsOf({ entries, totals = {} }: Close): string {
  const sums = Object.entries(totals).map(([currency, amount]) => `, ${amount} ${currency}`)
  return entries === undefined ? 'not counted yet' : `${entries} entries${sums.sort().join('')}`
}
