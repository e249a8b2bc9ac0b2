import { kindNamed } from '../upload/kinds.ts'
import type { Upload } from '../upload/list.ts'
import type { Command, Result } from './command.ts'
import { endsOf, importing } from './file-import.ts'

const PAYMENTS = kindNamed('payment')

export const paymentCommands: Readonly<Record<string, Command>> = {
  'payment import': {
    description: 'imports payments from a file, or the credits of a bank statement',
    parameters: ['FILE'],
    options: ['tenant', 'dry-run'],
    details: () =>
      `FILE ends with ${endsOf(PAYMENTS).join(', ')}: rows, or a camt.053 or camt.054 as XML. The same file again\n` +
      'does nothing twice. What names no bill and no account waits for a person, and is no failure. A --dry-run\n' +
      'changes nothing. It exits with 1 if a row is refused or in conflict with an earlier one.',
    prepare: (args) => {
      const store = importing(PAYMENTS, args)
      return async (context) => report(await store(context))
    }
  }
}

function report({ id, state, rows, failure, amounts, ...upload }: Upload): Result {
  const { created, duplicate, unmatched, conflict, refused } = upload
  const counts = { created, duplicate, unmatched, conflict, refused }
  const sums = Object.entries(amounts).map(([unit, value]) => `${value} ${unit}`)
  const text = [
    `paymentImport ${id}: ${state}, ${rows} rows`,
    ...(failure === undefined ? [] : [failure]),
    ...Object.entries(counts).map(([name, count]) => `${name.padEnd(NAME_WIDTH)} ${count}`),
    ...(sums.length > 0 ? [`${'amount'.padEnd(NAME_WIDTH)} ${sums.join(', ')}`] : [])
  ].join('\n')
  return { text, isFailure: state !== 'done' || conflict + refused > 0 }
}

const NAME_WIDTH = 10
