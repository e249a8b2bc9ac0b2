import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Queryable } from '../db/database.ts'
import { json, rowOf } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { slotOf } from '../fairness/request-slot.ts'
import type { Answer } from '../tmf/serving/endpoint.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import type { Layout } from './file/file.ts'
import { FORMATS, typeOf } from './file/media.ts'
import { type Rejected, rejectedFile } from './file/rejected.ts'
import type { Upload } from './list.ts'
import { errorText, isLeft, type KeptResult, readResults } from './results.ts'
import { partsOf } from './rows.ts'
import { readRows } from './running.ts'
import { isOpen } from './states.ts'

const LAYOUT: z.ZodType<Layout> = z.object({
  format: z.enum(FORMATS),
  delimiter: z.enum([',', ';', '\t']).optional(),
  header: z.array(z.string()).optional()
})

const FORM = rowOf('upload', { layout: json(LAYOUT) })

/** Streams the rows that an upload has not stored, as a file of its own form that says why. */
export async function streamRejected(request: FastifyRequest, context: RouteContext, upload: Upload): Promise<Answer> {
  const slot = slotOf(request)
  const inSlot: Queryable = { run: (statement) => slot.run('read', () => context.database.run(statement)) }
  const found = await inSlot.run(sql`SELECT ${FORM.columns} FROM "upload"
    WHERE "tenant_id" = ${upload.tenantId} AND "id" = ${upload.id}`)
  const { layout } = FORM.one(found)
  const body = Readable.from(rejectedFile(layout, rejectedOf(inSlot, upload)))
  const name = `rejected-${upload.id}.${layout.format}`
  return {
    headers: { 'Content-Disposition': `attachment; filename="${name}"` },
    content: { type: `${typeOf(layout.format)};charset=utf-8`, body }
  }
}

/** Reads rows that are not stored, part after part: of parts that are done, and of all if the upload has ended. */
async function* rejectedOf(queryable: Queryable, upload: Upload): AsyncGenerator<readonly Rejected[]> {
  for await (const { results, content } of partsOf(queryable, upload, undefined)) {
    if (results === undefined && isOpen(upload.state)) return
    const rows = readRows(content)
    const undone = rows.map(({ line }): KeptResult => ({ line, status: 'notStored' }))
    const left = (results === undefined ? undone : readResults(results)).filter(isLeft)
    const errors = new Map(left.map((result) => [result.line, errorText(result)]))
    yield rows.flatMap((row) => {
      const error = errors.get(row.line)
      return error === undefined ? [] : [{ row, error }]
    })
  }
}
