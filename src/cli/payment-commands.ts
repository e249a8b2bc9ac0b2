import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { openFile } from '../upload/file/open.ts'
import { kindNamed } from '../upload/kinds.ts'
import { oneUpload, type Upload } from '../upload/list.ts'
import { readOptions } from '../upload/options.ts'
import { receive } from '../upload/receive.ts'
import { isOpen } from '../upload/states.ts'
import { type Command, Misuse, type Result } from './command.ts'
import { enterTenant } from './lookup.ts'
import { workUntil } from './working.ts'

/** By the end of a file's name. */
const TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.tsv': 'text/csv',
  '.ndjson': 'application/x-ndjson',
  '.json': 'application/json',
  '.xml': 'application/xml'
}
const FILE_MAX_BYTES = 1_073_741_824

export const paymentCommands: Readonly<Record<string, Command>> = {
  'payment import': {
    description: 'imports payments from a file, or the credits of a bank statement',
    parameters: ['FILE'],
    options: ['tenant', 'dry-run'],
    details: () =>
      `FILE ends with ${Object.keys(TYPES).join(', ')}: rows, or a camt.053 or camt.054 as XML. The same file again\n` +
      'does nothing twice. What names no bill and no account waits for a person, and is no failure. A --dry-run\n' +
      'changes nothing. It exits with 1 if a row is refused or in conflict with an earlier one.',
    prepare: (args) => {
      const [file = ''] = args.parameters
      const type = TYPES[path.extname(file).toLowerCase()]
      if (type === undefined) throw new Misuse(`FILE must end with ${Object.keys(TYPES).join(', ')}`)
      return async (context) => {
        const asked = await enterTenant(context, args)
        const kind = kindNamed('payment')
        await requireFile(file)
        const body = { stream: createReadStream(file), maxBytes: FILE_MAX_BYTES }
        const read = await openFile({ 'content-type': type }, body, kind.columns, kind.takesStatements)
        const options = readOptions({ dryRun: String(args.options['dry-run'] ?? false) })
        const named = { ...read, fileName: path.basename(file) }
        const id = await receive({ ...asked, database: context.database }, kind, named, options)
        const upload = await workUntil(context, async () => {
          const found = await oneUpload(context.database, asked.view, kind, id)
          return isOpen(found.state) ? undefined : found
        })
        return report(upload)
      }
    }
  }
}

async function requireFile(file: string): Promise<void> {
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false
  )
  if (!isFile) throw new Misuse(`there is no file ${file}`)
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
