import type { Database } from '../db/database.ts'
import type { Reason } from '../messages/message.ts'
import { Problem } from '../messages/problem.ts'
import { UPLOADS } from '../messages/upload.ts'
import { UPLOAD_FAILURES } from '../messages/upload-failure.ts'
import type { FileRow, UploadFile } from './file/file.ts'
import type { UploadKind } from './kind.ts'
import type { UploadOptions } from './options.ts'
import { addPart, beginUpload, failUpload, hear, type NewPart, startUpload, type UploadContext } from './upload.ts'

/** Rows that are stored in one transaction. */
const PART_ROWS = 1_000
/** Characters that end a part early. */
const PART_LENGTH = 4_194_304
export const ATOMIC_ROWS_MAX = 100_000
const HEARD_INTERVAL_MS = 5_000

export interface ReceiveContext extends UploadContext {
  readonly database: Pick<Database, 'transaction'>
}

/**
 * Receives a file part by part and has it worked off. Returns the id of the upload. Throws a Problem if the file cannot
 * be read to its end; an upload that had begun has then failed.
 */
export async function receive(
  context: ReceiveContext,
  kind: UploadKind,
  file: UploadFile,
  options: UploadOptions
): Promise<string> {
  const receipt: Receipt = { id: undefined, rows: 0 }
  const beat = setInterval(() => void keepAlive(context, receipt), HEARD_INTERVAL_MS)
  try {
    await store(context, receipt, { kind, options, layout: file.layout, fileName: file.fileName }, file.groups)
  } catch (error) {
    await giveUp(context, receipt, error)
    throw error
  } finally {
    clearInterval(beat)
  }
  if (receipt.id === undefined) throw UPLOADS.noRows()
  return receipt.id
}

interface Receipt {
  id: string | undefined
  rows: number
}

type New = Parameters<typeof beginUpload>[2]

async function store(context: ReceiveContext, receipt: Receipt, upload: New, groups: UploadFile['groups']) {
  const { database } = context
  let storing: Promise<void> = Promise.resolve()
  for await (const part of partsOf(groups)) {
    await storing
    const rows = receipt.rows + part.rows
    if (upload.options.atomic && rows > ATOMIC_ROWS_MAX) throw UPLOADS.atomicTooLong(ATOMIC_ROWS_MAX)
    const id = receipt.id ?? (await database.transaction((tx) => beginUpload(tx, context, upload)))
    receipt.id = id
    receipt.rows = rows
    // While it is stored, the next one is read.
    storing = database.transaction((tx) => addPart(tx, context, id, part))
    storing.catch(() => undefined)
  }
  await storing
  const { id } = receipt
  if (id !== undefined) await database.transaction((tx) => startUpload(tx, context, id))
}

async function* partsOf(groups: AsyncIterable<readonly FileRow[]>): AsyncGenerator<NewPart> {
  let number = 0
  let texts: string[] = []
  let length = 0
  const part = () => {
    const made = { number: ++number, rows: texts.length, content: `[${texts.join()}]` }
    texts = []
    length = 0
    return made
  }
  for await (const group of groups) {
    for (const row of group) {
      const text = JSON.stringify(row)
      length += text.length
      if (texts.push(text) >= PART_ROWS || length >= PART_LENGTH) yield part()
    }
  }
  if (texts.length > 0) yield part()
}

/** Says that this process lives: a client may take long for its next part. */
async function keepAlive({ database, view, clock }: ReceiveContext, { id }: Receipt): Promise<void> {
  if (id === undefined) return
  await database.transaction((tx) => hear(tx, view.tenantId, id, clock())).catch(() => undefined)
}

async function giveUp(context: ReceiveContext, { id, rows }: Receipt, error: unknown): Promise<void> {
  if (id === undefined) return
  const reason: Reason =
    error instanceof Problem ? UPLOAD_FAILURES.unreadable(rows, error.message) : UPLOAD_FAILURES.broken(rows)
  // Without a database another process notices that nobody receives it any more.
  await context.database.transaction((tx) => failUpload(tx, context, id, 'receiving', reason)).catch(() => undefined)
}
