import { kindNamed } from '../upload/kinds.ts'
import type { Upload } from '../upload/list.ts'
import type { Command, Result } from './command.ts'
import { endsOf, importing } from './file-import.ts'
import { alignColumns } from './table.ts'

const BILLS = kindNamed('bill')

export const uploadCommands: Readonly<Record<string, Command>> = {
  upload: {
    description: 'uploads a file of bills of another system',
    parameters: ['FILE'],
    options: ['tenant', 'dry-run', 'state'],
    details: () =>
      `FILE ends with ${endsOf(BILLS).join(', ')}. The command works on the upload itself, with or without servers,\n` +
      'and ends with a report; it exits with 1 if a row is not stored. A --dry-run stores nothing. Bills get the\n' +
      'state --state, sent by default.',
    prepare: (args) => {
      const store = importing(BILLS, args)
      return async (context) => report(await store(context))
    }
  }
}

function report({ id, state, failure, options, rows, amounts, ...upload }: Upload): Result {
  const { created, replaced, duplicate, conflict, refused, notStored } = upload
  const counts = { rows, created, replaced, duplicate, conflict, refused, 'not stored': notStored }
  const lines: readonly (readonly [string, string])[] = [
    ['upload', options.dryRun ? `${id} (dry)` : id],
    ['state', failure ? `${state}: ${failure}` : state],
    ...Object.entries(counts).map(([name, count]) => [name, String(count)] as const),
    ...Object.entries(amounts).map(([unit, value]) => ['amount', `${value} ${unit}`] as const)
  ]
  return { text: alignColumns(lines), isFailure: state !== 'done' || conflict + refused + notStored > 0 }
}
