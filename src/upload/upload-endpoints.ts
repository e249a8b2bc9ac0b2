import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { allowLongBody } from '../http/long-body.ts'
import { BODIES } from '../messages/body.ts'
import { FIELDS } from '../messages/field.ts'
import { UPLOADS } from '../messages/upload.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { requireKnown } from '../tmf/query/list-query.ts'
import {
  type Answer,
  anyQuery,
  type Endpoint,
  endpoint,
  listQuery,
  noBody,
  noQuery,
  queryOf,
  versioned
} from '../tmf/serving/endpoint.ts'
import { answerPage, type Requested, urlOf } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { isFileBody } from './file/body.ts'
import { FORMATS, typeOf } from './file/media.ts'
import { openFile } from './file/open.ts'
import { fileBodies } from './file-bodies.ts'
import type { UploadKind } from './kind.ts'
import { listUploads, oneUpload, writeUpload } from './list.ts'
import { optionsQuery, readOptions } from './options.ts'
import { receive } from './receive.ts'
import { streamRejected } from './rejected.ts'
import { STATUSES } from './results.ts'
import { streamRows } from './rows.ts'
import { isOpen, UPLOAD_STATES } from './states.ts'
import { cancelUpload, removeUpload } from './upload.ts'

const SCHEMA = schemaRef('Upload')
const POLL_AFTER_S = '1'

/** Returns the operations on uploads of a kind, except the receipt of a file. */
export function uploadEndpoints(kind: UploadKind, apiBase: string): readonly Endpoint[] {
  return [list(kind), retrieve(kind), rows(kind, apiBase), rejected(kind), cancel(kind), remove(kind)]
}

/** Takes files for the body parsers of `takeFiles`. */
export function receiveEndpoint(kind: UploadKind): Endpoint {
  return endpoint({
    method: 'POST',
    path: `/${kind.path}`,
    operationId: `create${capital(kind.path)}`,
    tag: 'upload',
    summary: 'Upload a file',
    description: `Takes the rows of a file, and stores them in the background.`,
    access: { scopes: kind.scopes.write, supportsProxy: true },
    query: queryOf(optionsQuery(kind)),
    body: z.unknown(),
    bodies: fileBodies(kind),
    work: 'transfer',
    replies: { 202: { description: 'The upload, which is running', schema: SCHEMA, headers: ['Location', 'ETag'] } },
    handle: async (asked, context) => {
      const { request, view, author, body } = asked
      if (!isFileBody(body)) throw BODIES.missing()
      const options = readOptions(asked.query)
      allowLongBody(request)
      const file = await openFile(request.headers, body, kind.columns, kind.takesStatements)
      const slot = slotOf(request)
      const transaction: Database['transaction'] = (work) => slot.run('write', () => context.database.transaction(work))
      const { clock, newId } = context
      const id = await receive({ view, author, clock, newId, database: { transaction } }, kind, file, options)
      const answer = await answered(asked, context, kind, id)
      return {
        status: 202,
        ...answer,
        headers: { ...answer.headers, Location: urlOf(asked, context, `${kind.path}/${id}`) }
      }
    }
  })
}

function list(kind: UploadKind): Endpoint {
  return endpoint({
    ...ofKind(kind.scopes.read),
    method: 'GET',
    path: `/${kind.path}`,
    operationId: `list${capital(kind.path)}`,
    summary: 'Find uploads',
    description: 'Returns uploads, the newest first.',
    query: listQuery(kind.path, {
      state: `Any of these states, separated by commas: ${UPLOAD_STATES.join(', ')}`
    }),
    replies: pagesOf(SCHEMA),
    handle: async (asked, context) => {
      const { state: states } = asked.query.values
      requireKnown('state', states, UPLOAD_STATES, UPLOADS.unknownState)
      return answerPage(
        asked,
        context,
        kind.path,
        (queryable, range) => listUploads(queryable, asked.view, kind, { states }, range),
        (upload, url) => writeUpload(upload, kind, `${url}/${upload.id}`)
      )
    }
  })
}

function retrieve(kind: UploadKind): Endpoint {
  return endpoint({
    ...ofKind(kind.scopes.read),
    method: 'GET',
    path: `/${kind.path}/{id}`,
    operationId: `retrieve${capital(kind.path)}`,
    summary: 'Read one upload',
    description: 'Returns the progress and the figures of an upload.',
    headers: ['IfNoneMatch'],
    query: noQuery(UPLOADS.noQuery),
    replies: {
      200: { description: 'The upload', schema: SCHEMA, headers: ['ETag', 'Retry-After'] },
      304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag', 'Retry-After'] }
    },
    handle: (asked, context) => answered(asked, context, kind, String(asked.params.id))
  })
}

const RESULT = schemaRef('UploadResult')
const ROWS_QUERY = z.strictObject({
  status: z
    .enum(STATUSES, { error: FIELDS.oneOf(STATUSES) })
    .optional()
    .meta({ description: 'Rows of this status only' })
})

function rows(kind: UploadKind, apiBase: string): Endpoint {
  return endpoint({
    ...ofKind(kind.scopes.read),
    method: 'GET',
    path: `/${kind.path}/{id}/rows`,
    operationId: `list${capital(kind.path)}Rows`,
    summary: 'Read what became of the rows',
    description: 'Returns the result of each row that is done, by `Accept`, in the order of the file.',
    query: queryOf(ROWS_QUERY),
    work: 'transfer',
    failures: [406],
    replies: {
      200: {
        description: 'The results',
        headers: ['Vary'],
        media: {
          'application/json': { type: 'array', items: RESULT },
          'application/x-ndjson': RESULT,
          'text/csv': { type: 'string' }
        }
      }
    },
    handle: async ({ request, view, params, query }, context) => {
      const upload = await oneUpload(context.database, view, kind, String(params.id))
      const root = kind.makes && `${context.address(request, apiBase).url}/${kind.makes}`
      return streamRows(request, context, upload, { status: query.status, root })
    }
  })
}

function rejected(kind: UploadKind): Endpoint {
  return endpoint({
    ...ofKind(kind.scopes.read),
    method: 'GET',
    path: `/${kind.path}/{id}/rejected`,
    operationId: `list${capital(kind.path)}Rejected`,
    summary: 'Read the rows that were not stored',
    description: 'Returns a file of the form of the one that was sent; its last column says why. It can be sent again.',
    query: noQuery(UPLOADS.noQuery),
    work: 'transfer',
    replies: {
      200: {
        description: 'The file',
        headers: ['Content-Disposition'],
        media: Object.fromEntries(FORMATS.map((format) => [typeOf(format), {}]))
      }
    },
    handle: async ({ request, view, params }, context) =>
      streamRejected(request, context, await oneUpload(context.database, view, kind, String(params.id)))
  })
}

function cancel(kind: UploadKind): Endpoint {
  return endpoint({
    ...ofKind(kind.scopes.write),
    method: 'POST',
    path: `/${kind.path}/{id}/cancel`,
    operationId: `cancel${capital(kind.path)}`,
    summary: 'Cancel an upload',
    description: 'Ends an upload that is receiving or running. What it stored stays.',
    query: anyQuery,
    failures: [409],
    replies: { 202: { description: 'The cancelled upload', schema: SCHEMA, headers: ['ETag'] } },
    handle: async (asked, context) => {
      const id = String(asked.params.id)
      const { view, author } = asked
      await context.database.transaction((tx) => cancelUpload(tx, { ...context, view, author }, kind, id))
      return { ...(await answered(asked, context, kind, id)), status: 202 }
    }
  })
}

function remove(kind: UploadKind): Endpoint {
  return endpoint({
    ...ofKind(kind.scopes.write),
    method: 'DELETE',
    path: `/${kind.path}/{id}`,
    operationId: `delete${capital(kind.path)}`,
    summary: 'Remove an upload',
    description: 'Removes an upload that has ended, with its results. What it stored stays.',
    query: anyQuery,
    failures: [409],
    replies: { 204: { description: 'Removed' } },
    handle: async ({ params, view, author }, context) => {
      const id = String(params.id)
      await context.database.transaction((tx) => removeUpload(tx, { ...context, view, author }, kind, id))
      return { status: 204 }
    }
  })
}

function ofKind(scopes: readonly string[]) {
  return { tag: 'upload', access: { scopes, supportsProxy: true }, body: noBody } as const
}

async function answered(asked: Requested, context: RouteContext, kind: UploadKind, id: string): Promise<Answer> {
  const upload = await oneUpload(context.database, asked.view, kind, id)
  const json = writeUpload(upload, kind, urlOf(asked, context, `${kind.path}/${id}`))
  const answer = versioned(asked.request, `${upload.version}.${upload.parts}.${upload.partsDone}`, json)
  return { ...answer, headers: { ...answer.headers, ...(isOpen(upload.state) && { 'Retry-After': POLL_AFTER_S }) } }
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
