import { type Action, recordChange } from '../audit/record.ts'
import type { Instant } from '../base/instant.ts'
import type { Transaction } from '../db/database.ts'
import { oneOf, optional, rowOf, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { addJob } from '../jobs/queue.ts'
import type { Reason } from '../messages/message.ts'
import { RESOURCES } from '../messages/resource.ts'
import { UPLOADS } from '../messages/upload.ts'
import type { ChangeContext, Owner } from '../tmf/declaration/resource.ts'
import { recordUpload } from './events.ts'
import type { Layout } from './file/file.ts'
import type { UploadKind } from './kind.ts'
import { visible } from './list.ts'
import type { UploadOptions } from './options.ts'
import { isOpen, UPLOAD_STATES } from './states.ts'

export const WORK_UPLOADS = 'uploadWork'
/** Uploads at a time that are receiving or running: their rows take room until they are stored. */
const OPEN_MAX = 50
const OPEN_OF_PARTNER_MAX = 20
const RETRY_AFTER_S = '5'

export interface UploadContext extends ChangeContext {
  readonly view: Owner
}

export interface NewUpload {
  readonly kind: UploadKind
  readonly layout: Layout
  readonly fileName: string | undefined
  readonly options: UploadOptions
}

/** Rows that are worked off in one transaction. */
export interface NewPart {
  readonly number: number
  readonly rows: number
  /** JSON of a list of FileRow. */
  readonly content: string
}

/** Creates an upload that is received. Returns its id. Throws `tooManyRequests` if too many are open. */
export async function beginUpload(tx: Transaction, context: UploadContext, upload: NewUpload): Promise<string> {
  const { view, author } = context
  const { kind, layout, fileName, options } = upload
  const [id, now] = [context.newId(), context.clock()]
  await requireRoom(tx, view)
  await tx.run(sql`INSERT INTO "upload" ("tenant_id", "id", "partner_id", "kind", "state", "file_name", "layout",
      "options", "author", "created_at", "heard_at")
    VALUES (${view.tenantId}, ${id}, ${view.partnerId}, ${kind.name}, 'receiving', ${fileName},
      ${JSON.stringify(layout)}, ${JSON.stringify(options)}, ${JSON.stringify(author)}, ${now}, ${now})`)
  await record(tx, context, id, 'create', { kind: kind.name, fileName, ...options })
  await recordUpload(tx, context, 'created', id)
  return id
}

const OPEN = rowOf('upload', { partnerId: optional(text) })

/** Counts under a lock, so that two uploads at a time cannot both be the last. */
async function requireRoom(tx: Transaction, { tenantId, partnerId }: Owner): Promise<void> {
  await tx.run(sql`SELECT FROM "tenant" WHERE "id" = ${tenantId} FOR NO KEY UPDATE`)
  const { rows } = await tx.run(sql`SELECT ${OPEN.columns} FROM "upload"
    WHERE "tenant_id" = ${tenantId} AND "state" IN ('receiving', 'running')`)
  const open = rows.map(OPEN.read)
  const own = open.filter((upload) => upload.partnerId === partnerId)
  const refusal =
    open.length >= OPEN_MAX
      ? UPLOADS.tooManyOpen(OPEN_MAX)
      : partnerId !== undefined && own.length >= OPEN_OF_PARTNER_MAX && UPLOADS.tooManyOfPartner(OPEN_OF_PARTNER_MAX)
  if (refusal) throw refusal.with({ 'Retry-After': RETRY_AFTER_S })
}

/** Adds a part to an upload that is received. Throws `conflict` if it has ended. */
export async function addPart(
  tx: Transaction,
  { view: { tenantId }, clock }: UploadContext,
  id: string,
  { number, rows, content }: NewPart
): Promise<void> {
  const added = await tx.run(
    sql`UPDATE "upload" SET "rows" = "rows" + ${rows}::int, "parts" = "parts" + 1,
      "heard_at" = ${clock()} WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'receiving'`
  )
  if (added.rowCount === 0) throw await endedMeanwhile(tx, tenantId, id)
  await tx.run(
    sql`INSERT INTO "upload_part" ("tenant_id", "upload_id", "number", "rows", "content")
      VALUES (${tenantId}, ${id}, ${number}, ${rows}, ${content})`
  )
}

/** Notes a sign of life of the process that receives an upload. */
export async function hear(tx: Transaction, tenantId: string, id: string, now: Instant): Promise<void> {
  await tx.run(sql`UPDATE "upload" SET "heard_at" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'receiving'`)
}

/** Ends the receipt: the rows are worked off from now on. Throws `conflict` if the upload has ended. */
export async function startUpload(tx: Transaction, context: UploadContext, id: string): Promise<void> {
  const { tenantId } = context.view
  const started = await tx.run(sql`UPDATE "upload" SET "state" = 'running', "started_at" = ${context.clock()},
    "version" = "version" + 1 WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'receiving'`)
  if (started.rowCount === 0) throw await endedMeanwhile(tx, tenantId, id)
  await addWork(tx, tenantId)
  await recordUpload(tx, context, 'stateChanged', id)
}

/** Has the uploads of a tenant worked off. */
export function addWork(tx: Transaction, tenantId: string): Promise<void> {
  return addJob(tx, { task: WORK_UPLOADS, payload: { tenantId }, key: `${KEY}${tenantId}` })
}

const KEY = 'uploads '

/** Returns the key of the job that works the uploads of a tenant off. */
export function workKey(tenantId: Sql): Sql {
  return sql`concat(${KEY}::text, ${tenantId})`
}

const STATE = rowOf('upload', { state: oneOf(UPLOAD_STATES) })

async function endedMeanwhile(tx: Transaction, tenantId: string, id: string) {
  const found = await tx.run(sql`SELECT ${STATE.columns} FROM "upload"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  const [upload] = found.rows.map(STATE.read)
  return upload ? UPLOADS.ended(upload.state) : RESOURCES.notFound('upload')
}

/** Fails an upload in this state, if it still is. */
export async function failUpload(
  tx: Transaction,
  context: UploadContext,
  id: string,
  from: 'receiving' | 'running',
  { text, code }: Reason
): Promise<void> {
  const { tenantId } = context.view
  const failed = await tx.run(sql`UPDATE "upload" SET "state" = 'failed', "failure" = ${text},
      "failure_code" = ${code}, "finished_at" = ${context.clock()}, "version" = "version" + 1
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = ${from}`)
  if (failed.rowCount > 0) await recordUpload(tx, context, 'stateChanged', id)
}

/** Cancels an open upload; what it stored stays. Throws `notFound`, or `conflict` if it has ended. */
export async function cancelUpload(
  tx: Transaction,
  context: UploadContext,
  kind: UploadKind,
  id: string
): Promise<void> {
  const state = await lock(tx, context, kind, id)
  if (!isOpen(state)) throw UPLOADS.notCancellable(state)
  await tx.run(sql`UPDATE "upload" SET "state" = 'cancelled', "finished_at" = ${context.clock()},
    "version" = "version" + 1 WHERE ${one(context, id)}`)
  await record(tx, context, id, 'cancel', undefined)
  await recordUpload(tx, context, 'stateChanged', id)
}

/** Removes an upload that has ended, and its results; what it stored stays. */
export async function removeUpload(
  tx: Transaction,
  context: UploadContext,
  kind: UploadKind,
  id: string
): Promise<void> {
  const state = await lock(tx, context, kind, id)
  if (isOpen(state)) throw UPLOADS.notEnded(state)
  await tx.run(sql`DELETE FROM "upload" WHERE ${one(context, id)}`)
  await record(tx, context, id, 'remove', undefined)
}

async function lock(tx: Transaction, context: UploadContext, kind: UploadKind, id: string) {
  const { rows } = await tx.run(sql`SELECT ${STATE.columns} FROM "upload"
    WHERE ${visible(context.view, kind)} AND "id" = ${id} FOR UPDATE`)
  const [upload] = rows.map(STATE.read)
  if (upload) return upload.state
  throw RESOURCES.notFound(kind.path)
}

function one({ view: { tenantId } }: UploadContext, id: string): Sql {
  return sql`"tenant_id" = ${tenantId} AND "id" = ${id}`
}

function record(tx: Transaction, context: ChangeContext, id: string, action: Action, after: object | undefined) {
  const change = { action, resourceType: 'Upload', resourceId: id, after }
  return recordChange(tx, context, change, context.clock())
}
