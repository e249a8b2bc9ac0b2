import { z } from 'zod'
import type { Instant } from '../base/instant.ts'
import { isId } from '../base/ulid.ts'
import type { Queryable } from '../db/database.ts'
import { count, instant, integer, json, oneOf, optional, rowOf, scalar, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { Owner } from '../tmf/declaration/resource.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'
import { KINDS, type UploadKind } from './kind.ts'
import { UPLOAD_OPTIONS } from './options.ts'
import { isOpen, UPLOAD_STATES } from './states.ts'

const UPLOAD = rowOf('upload', {
  tenantId: text,
  id: text,
  version: integer,
  kind: oneOf(KINDS),
  state: oneOf(UPLOAD_STATES),
  fileName: optional(text),
  options: json(UPLOAD_OPTIONS),
  rows: integer,
  parts: integer,
  partsDone: integer,
  created: integer,
  replaced: integer,
  duplicate: integer,
  unmatched: integer,
  conflict: integer,
  refused: integer,
  notStored: integer,
  amounts: json(z.record(z.string(), z.string())),
  failure: optional(text),
  failureCode: optional(text),
  createdAt: instant,
  startedAt: optional(instant),
  workedAt: optional(instant),
  finishedAt: optional(instant)
})

export type Upload = ReturnType<typeof UPLOAD.read>

export interface UploadFilter {
  readonly id?: string
  readonly states?: readonly string[] | undefined
}

/** Selects the uploads of a kind in a view. */
export function visible({ tenantId, partnerId }: Owner, { name }: Pick<UploadKind, 'name'>): Sql {
  const own = sql`"tenant_id" = ${tenantId} AND "kind" = ${name}`
  return partnerId === undefined ? own : sql`${own} AND "partner_id" = ${partnerId}`
}

function meant(view: Owner, kind: UploadKind, { id, states }: UploadFilter): Sql {
  return sql`${visible(view, kind)} AND ${id === undefined ? sql`TRUE` : sql`"id" = ${id}`}
    AND ${states ? sql`"state" = ANY(${states}::text[])` : sql`TRUE`}`
}

/** Reads a page of uploads, the newest first, and counts all. */
export async function listUploads(
  queryable: Queryable,
  view: Owner,
  kind: UploadKind,
  filter: UploadFilter,
  { limit, offset }: Range
): Promise<PageOf<Upload>> {
  const { rows } = await queryable.run(sql`SELECT ${UPLOAD.columns} FROM "upload"
    WHERE ${meant(view, kind, filter)} ORDER BY "id" DESC LIMIT ${limit} OFFSET ${offset}`)
  const total = await queryable.run(sql`SELECT count(*) FROM "upload" WHERE ${meant(view, kind, filter)}`)
  return { rows: rows.map(UPLOAD.read), total: scalar(total, count) }
}

/** Reads one upload of a view. Throws `notFound`. */
export async function oneUpload(queryable: Queryable, view: Owner, kind: UploadKind, id: string): Promise<Upload> {
  const found = isId(id) ? await listUploads(queryable, view, kind, { id }, { limit: 1, offset: 0 }) : undefined
  const [upload] = found?.rows ?? []
  if (upload) return upload
  throw RESOURCES.notFound(kind.path)
}

/** Reads the upload with this id, which is there. */
export async function anyUpload(queryable: Queryable, tenantId: string, id: string): Promise<Upload> {
  return UPLOAD.one(
    await queryable.run(sql`SELECT ${UPLOAD.columns} FROM "upload" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  )
}

/** Writes an upload as JSON. */
export function writeUpload(upload: Upload, kind: UploadKind, href: string | undefined): string {
  const { id, state, fileName, options, amounts, startedAt, finishedAt, workedAt = finishedAt } = upload
  const { failure, failureCode, createdAt, rows } = upload
  const counts = { created: upload.created, replaced: upload.replaced, duplicate: upload.duplicate }
  const { unmatched } = upload
  const failed = { conflict: upload.conflict, refused: upload.refused, notStored: upload.notStored }
  const done = Object.values({ ...counts, unmatched, ...failed }).reduce((sum, one) => sum + one, 0)
  const speed = startedAt && workedAt && { rowsPerSecond: perSecond(done, startedAt, workedAt) }
  const members = {
    ...{ id, href, kind: kind.name, state, fileName, dryRun: options.dryRun, atomic: options.atomic },
    ...Object.fromEntries(kind.takes.map((name) => [name === 'state' ? 'billState' : name, options[name]])),
    ...{
      rows,
      ...counts,
      ...(kind.name === 'payment' && { unmatched }),
      ...failed,
      progress: progress(upload, done),
      ...speed
    },
    ...{ createdAt, startedAt, finishedAt, failure, failureCode }
  }
  const texts = Object.entries(members).map(([name, value]) => [name, JSON.stringify(value)])
  const amount = Object.entries(amounts).map(([unit, value]) => moneyOf(unit, value))
  return objectOf({ ...Object.fromEntries(texts), amount: `[${amount.join()}]` })
}

function progress({ state, rows }: Upload, done: number): number {
  if (state === 'receiving') return 0
  return isOpen(state) || done < rows ? Math.floor((done / Math.max(rows, 1)) * PRECISION) / PRECISION : 1
}

const PRECISION = 1_000

function perSecond(rows: number, from: Instant, to: Instant): number {
  return Math.round((rows * 1_000) / Math.max(Date.parse(to) - Date.parse(from), 1))
}
