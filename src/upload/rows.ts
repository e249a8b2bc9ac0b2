import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Queryable } from '../db/database.ts'
import { integer, optional, rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { preferred } from '../http/accept.ts'
import { csvLine } from '../http/csv.ts'
import { UPLOADS } from '../messages/upload.ts'
import type { Answer } from '../tmf/serving/endpoint.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import type { Upload } from './list.ts'
import { errorText, type KeptResult, readResults } from './results.ts'

/** In order of preference: a client that takes anything gets the first. */
export const ROW_TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const
const CSV_COLUMNS = ['line', 'status', 'id', 'error']

/** Streams the results of an upload, or those of a status, in the media type of `Accept`. */
export async function streamRows(
  request: FastifyRequest,
  context: RouteContext,
  upload: Upload,
  { status, root }: { readonly status: KeptResult['status'] | undefined; readonly root: string | undefined }
): Promise<Answer> {
  const type = preferred(request.headers.accept, ROW_TYPES)
  if (!type) throw UPLOADS.rowsMediaType(ROW_TYPES)
  const slot = slotOf(request)
  const inSlot: Queryable = { run: (statement) => slot.run('read', () => context.database.run(statement)) }
  const body = Readable.from(WRITERS[type](resultsOf(inSlot, upload, status), root))
  return { headers: { Vary: 'Accept' }, content: { type: `${type};charset=utf-8`, body } }
}

type Results = AsyncGenerator<readonly KeptResult[]>
type Writer = (results: Results, root: string | undefined) => AsyncGenerator<string>

const WRITERS: Readonly<Record<(typeof ROW_TYPES)[number], Writer>> = {
  'application/json': async function* (groups, root) {
    let separator = '['
    for await (const results of groups) {
      yield separator + results.map((result) => resultJson(result, root)).join(',\n')
      separator = ',\n'
    }
    yield separator === '[' ? '[]' : ']'
  },
  'application/x-ndjson': async function* (groups, root) {
    for await (const results of groups) yield results.map((result) => `${resultJson(result, root)}\n`).join('')
  },
  'text/csv': async function* (groups) {
    yield csvLine(CSV_COLUMNS)
    for await (const results of groups) yield results.map(resultLine).join('')
  }
}

/** Writes a result as JSON; what it made is below `root`. */
function resultJson({ line, status, id, errors }: KeptResult, root: string | undefined): string {
  const href = id === undefined || root === undefined ? undefined : `${root}/${id}`
  return JSON.stringify({ line, status, id, href, errors: errors?.map(({ sent: _, ...fault }) => fault) })
}

function resultLine(result: KeptResult): string {
  const { line, status, id, errors } = result
  return csvLine([String(line), status, id, errors && errorText(result)])
}

const PART = rowOf('upload_part', { number: integer, results: optional(text), content: text })

/** Reads the results of the parts that are done, part after part. */
async function* resultsOf(queryable: Queryable, upload: Upload, status: KeptResult['status'] | undefined): Results {
  for await (const { results } of partsOf(queryable, upload, status)) {
    if (results === undefined) return
    const found = readResults(results).filter((one) => status === undefined || one.status === status)
    if (found.length > 0) yield found
  }
}

type StoredPart = ReturnType<typeof PART.read>

/** Reads the parts of an upload that have rows of a status, or all. */
export async function* partsOf(
  queryable: Queryable,
  { tenantId, id }: Pick<Upload, 'tenantId' | 'id'>,
  status: KeptResult['status'] | undefined
): AsyncGenerator<StoredPart> {
  const has = status === undefined ? sql`TRUE` : sql`("counts"->>${status}::text)::int > 0`
  for (let after = 0; ; ) {
    const { rows } = await queryable.run(sql`SELECT ${PART.columns} FROM "upload_part" WHERE "tenant_id" = ${tenantId}
      AND "upload_id" = ${id} AND "number" > ${after} AND ${has} ORDER BY "number" LIMIT 1`)
    const [part] = rows.map(PART.read)
    if (!part) return
    yield part
    after = part.number
  }
}
