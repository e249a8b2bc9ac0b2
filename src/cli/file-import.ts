import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { openFile } from '../upload/file/open.ts'
import type { kindNamed } from '../upload/kinds.ts'
import { oneUpload, type Upload } from '../upload/list.ts'
import { readOptions } from '../upload/options.ts'
import { receive } from '../upload/receive.ts'
import { isOpen } from '../upload/states.ts'
import { type Arguments, type Context, Misuse } from './command.ts'
import { enterTenant } from './lookup.ts'
import { workUntil } from './working.ts'

/** By the end of a file's name. */
const TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.tsv': 'text/csv',
  '.ndjson': 'application/x-ndjson',
  '.json': 'application/json'
}
const STATEMENTS: Readonly<Record<string, string>> = { '.xml': 'application/xml' }
const FILE_MAX_BYTES = 1_073_741_824

type Kind = ReturnType<typeof kindNamed>

/** Returns the ends of the names of files that a kind takes. */
export function endsOf({ takesStatements }: Kind): readonly string[] {
  return Object.keys(takesStatements ? { ...TYPES, ...STATEMENTS } : TYPES)
}

/** Takes the file that the first parameter names; returns what stores it and waits for its end. Throws Misuse. */
export function importing(kind: Kind, { parameters, options }: Arguments): (context: Context) => Promise<Upload> {
  const [file = ''] = parameters
  const end = path.extname(file).toLowerCase()
  const type = endsOf(kind).includes(end) ? { ...TYPES, ...STATEMENTS }[end] : undefined
  if (type === undefined) throw new Misuse(`FILE must end with ${endsOf(kind).join(', ')}`)
  const sent = { dryRun: String(options['dry-run'] ?? false), ...(options.state && { state: options.state }) }
  return async (context) => {
    const asked = await enterTenant(context, { parameters, options, assignments: [] })
    await requireFile(file)
    const body = { stream: createReadStream(file), maxBytes: FILE_MAX_BYTES }
    const read = await openFile({ 'content-type': type }, body, kind.columns, kind.takesStatements)
    const named = { ...read, fileName: path.basename(file) }
    const id = await receive({ ...asked, database: context.database }, kind, named, readOptions(sent))
    return workUntil(context, async () => {
      const found = await oneUpload(context.database, asked.view, kind, id)
      return isOpen(found.state) ? undefined : found
    })
  }
}

async function requireFile(file: string): Promise<void> {
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false
  )
  if (!isFile) throw new Misuse(`there is no file ${file}`)
}
