import { z } from 'zod'
import { resolveAccounts } from '../accounts/lookup.ts'
import { ACTOR_TYPES } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import type { Instant } from '../base/instant.ts'
import { catalogue } from '../billing/catalogue.ts'
import type { Database, Queryable } from '../db/database.ts'
import { integer, json, oneOf, optional, rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import type { WriteContext } from '../tmf/write.ts'
import { type FileRow, isFileRow } from './file/file.ts'
import { KINDS, type Prepared } from './kind.ts'
import { kindNamed } from './kinds.ts'
import { UPLOAD_OPTIONS } from './options.ts'
import type { Place } from './place.ts'

export interface WorkContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
}

const AUTHOR = z.object({
  tenantId: z.string(),
  actor: z.object({ type: z.enum(ACTOR_TYPES), id: z.string(), name: z.string() }),
  onBehalfOf: z.string().optional(),
  address: z.string().optional(),
  requestId: z.string().optional()
})

const RUNNING = rowOf('upload', {
  tenantId: text,
  id: text,
  partnerId: optional(text),
  kind: oneOf(KINDS),
  options: json(UPLOAD_OPTIONS),
  author: json(AUTHOR),
  rows: integer,
  parts: integer,
  partsDone: integer
})

/** An upload whose rows are worked off. */
export type Running = ReturnType<typeof RUNNING.read>

/** Finds the upload of a tenant that has waited longest for its turn. */
export async function nextUpload(queryable: Queryable, tenantId: string): Promise<Running | undefined> {
  const { rows } = await queryable.run(sql`SELECT ${RUNNING.columns} FROM "upload"
    WHERE "tenant_id" = ${tenantId} AND "state" = 'running' ORDER BY "worked_at" NULLS FIRST, "id" LIMIT 1`)
  return rows.map(RUNNING.read)[0]
}

/** Finds uploads whose receiving process has given no sign of life since an instant. */
export async function lostReceipts(queryable: Queryable, since: Instant): Promise<readonly Running[]> {
  const { rows } = await queryable.run(sql`SELECT ${RUNNING.columns} FROM "upload"
    WHERE "state" = 'receiving' AND "heard_at" < ${since}`)
  return rows.map(RUNNING.read)
}

/** Returns the context of what an upload changes: it has the author of the upload. */
export function changeBy({ clock, newId }: WorkContext, { tenantId, id, author, partnerId }: Running): WriteContext {
  const resolvers = new Map([['BillingAccountRef', resolveAccounts]])
  return { view: { tenantId, partnerId }, author, clock, newId, correlationId: id, resources: catalogue, resolvers }
}

/** A part whose rows were read. */
export interface Part {
  readonly number: number
  readonly rows: readonly FileRow[]
  readonly prepared: Prepared
}

const CONTENT = rowOf('upload_part', { content: text })

export async function preparePart(queryable: Queryable, upload: Running, place: Place, number: number): Promise<Part> {
  const { tenantId, id, kind, options } = upload
  const found = await queryable.run(sql`SELECT ${CONTENT.columns} FROM "upload_part"
    WHERE "tenant_id" = ${tenantId} AND "upload_id" = ${id} AND "number" = ${number}`)
  const rows = readRows(CONTENT.one(found).content)
  return { number, rows, prepared: await kindNamed(kind).prepare(rows, place, options) }
}

export function readRows(content: string): readonly FileRow[] {
  const rows: unknown = JSON.parse(content)
  if (Array.isArray(rows) && rows.every(isFileRow)) return rows
  throw new Error('the database holds no rows where those of a part must be')
}
