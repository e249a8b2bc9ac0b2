import { z } from 'zod'
import { entityTag } from '../http/conditional.ts'
import { FIELDS } from '../messages/field.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { anyQuery, type Endpoint, endpoint, listQuery, noBody, versioned } from '../tmf/serving/endpoint.ts'
import { answerPage, urlOf } from '../tmf/serving/pages.ts'
import { closePeriod } from './close.ts'
import { listCloses, readClose, writeClose } from './closes.ts'
import { day } from './days.ts'
import { CLOSE_SCHEMA } from './schema.ts'

const PATH = 'periodClose'
const READ = { tag: 'books', access: { scopes: ['account:read'], supportsProxy: false }, body: noBody } as const
const WRITE = { tag: 'books', access: { scopes: ['account:write'], supportsProxy: false } } as const
const DESCRIPTION_MAX = 1_000

const create: Endpoint = endpoint({
  ...WRITE,
  method: 'POST',
  path: `/${PATH}`,
  operationId: 'createPeriodClose',
  summary: 'Close the books of a period',
  description: `Closes the ledger through the end of a day, for ever: nothing is posted before that any more. What
belongs there and comes later is posted at once, and says when it happened. Waits for postings under way. The same day
again means the earlier close.`,
  query: anyQuery,
  body: z.strictObject({
    through: day('The last day to close, in the time zone of the tenant: over, and after all closed days'),
    description: z
      .string({ error: FIELDS.text() })
      .max(DESCRIPTION_MAX, { error: FIELDS.tooLong(DESCRIPTION_MAX) })
      .optional()
      .meta({ description: 'Words on it' })
  }),
  example: { through: '2026-03-31', description: 'March' },
  failures: [409],
  replies: {
    200: { description: 'The earlier close of that day', schema: CLOSE_SCHEMA, headers: ['ETag'] },
    201: { description: 'The closed period', schema: CLOSE_SCHEMA, headers: ['ETag', 'Location'] }
  },
  handle: async (asked, context) => {
    const { author, body, view } = asked
    const { id, isNew } = await closePeriod(context.database, { ...context, author }, body)
    const close = await readClose(context.database, view.tenantId, id)
    const href = urlOf(asked, context, `${PATH}/${id}`)
    const headers = { ETag: entityTag(String(close.version)), ...(isNew && { Location: href }) }
    return { status: isNew ? 201 : 200, headers, json: writeClose(close, href) }
  }
})

const list: Endpoint = endpoint({
  ...READ,
  method: 'GET',
  path: `/${PATH}`,
  operationId: 'listPeriodClose',
  summary: 'Find closed periods',
  description: 'Returns the closed periods, the last one first.',
  query: listQuery('closed period', {}),
  replies: pagesOf(CLOSE_SCHEMA),
  handle: (asked, context) =>
    answerPage(
      asked,
      context,
      PATH,
      (queryable, range) => listCloses(queryable, asked.view.tenantId, range),
      (close, url) => writeClose(close, `${url}/${close.id}`)
    )
})

const retrieve: Endpoint = endpoint({
  ...READ,
  method: 'GET',
  path: `/${PATH}/{id}`,
  operationId: 'retrievePeriodClose',
  summary: 'Read one closed period',
  description: 'Returns one of the closed periods.',
  query: anyQuery,
  headers: ['IfNoneMatch'],
  replies: {
    200: { description: 'The closed period', schema: CLOSE_SCHEMA, headers: ['ETag'] },
    304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag'] }
  },
  handle: async (asked, context) => {
    const id = String(asked.params.id)
    const close = await readClose(context.database, asked.view.tenantId, id)
    return versioned(asked.request, String(close.version), writeClose(close, urlOf(asked, context, `${PATH}/${id}`)))
  }
})

export const closeEndpoints: readonly Endpoint[] = [create, list, retrieve]
