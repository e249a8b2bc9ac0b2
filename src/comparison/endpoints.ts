import { z } from 'zod'
import { isCurrency } from '../base/codes.ts'
import { decimalFault } from '../base/money.ts'
import { COMPARISONS } from '../messages/comparison.ts'
import { FIELDS } from '../messages/field.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { requireKnown } from '../tmf/query/list-query.ts'
import { type Endpoint, endpoint, listQuery, noQuery } from '../tmf/serving/endpoint.ts'
import { answerPage, urlOf } from '../tmf/serving/pages.ts'
import { accountsEndpoint } from './accounts-endpoint.ts'
import { COMMON } from './common.ts'
import { removeComparison, STATES, sourceOf, startComparison } from './comparison.ts'
import { answerComparison, listComparisons, writeComparison } from './list.ts'
import { reportEndpoint } from './report-endpoint.ts'
import { COMPARISON_SCHEMA } from './schema.ts'

const REFERENCE = z.strictObject({ id: z.string({ error: FIELDS.text() }) }, { error: FIELDS.objectWithId() })

const TOLERANCE = z
  .record(
    z.string().refine(isCurrency, { error: FIELDS.currency() }),
    z
      .number({ error: FIELDS.number() })
      .min(0, { error: FIELDS.tooSmall(0) })
      .superRefine((value, context) => {
        const message = decimalFault(String(value))
        if (message !== undefined) context.addIssue({ code: 'custom', message, input: value })
      }),
    { error: ({ code }) => (code === 'invalid_key' ? FIELDS.currency() : FIELDS.object()) }
  )
  .default({})
  .meta({ description: 'By currency, the largest difference that counts as equal', examples: [{ EUR: 0.01 }] })

const start = endpoint({
  ...COMMON,
  method: 'POST',
  path: '/comparison',
  operationId: 'createComparison',
  summary: 'Compare bills of another system with a run',
  description: `Compares account by account, in the background; the comparison tells when it is done. The bills of the
other system are those of an upload, or of a cycle: those that name it, and those that name none and whose period
begins in the cycle's. Bills of one account and currency are added up.`,
  body: z.strictObject({
    billCycle: REFERENCE.optional().meta({ description: 'The cycle of the bills of the other system' }),
    upload: REFERENCE.optional().meta({ description: 'The billUpload of these bills, in place of a cycle' }),
    billRun: REFERENCE.meta({ description: 'A run that is done, dry or not' }),
    tolerance: TOLERANCE
  }),
  example: {
    billCycle: { id: '01M3TFKCM0XQBSCKDHZDMA8K5E' },
    billRun: { id: '01M7ADBH80B4TPYHKCZWMBD85V' },
    tolerance: { EUR: 0.01 }
  },
  failures: [409],
  replies: { 202: { description: 'The comparison, queued', schema: COMPARISON_SCHEMA, headers: ['Location'] } },
  handle: async (asked, context) => {
    const { author, body } = asked
    if ((body.billCycle === undefined) === (body.upload === undefined)) throw COMPARISONS.oneSource()
    const limits = Object.entries(body.tolerance).map(([currency, value]) => [currency, String(value)])
    const wanted = {
      source: sourceOf({ billCycleId: body.billCycle?.id, uploadId: body.upload?.id }),
      billRunId: body.billRun.id,
      tolerance: Object.fromEntries(limits)
    }
    const id = await context.database.transaction((tx) => startComparison(tx, { ...context, author }, wanted))
    const headers = { Location: urlOf(asked, context, `comparison/${id}`) }
    return { status: 202, headers, json: await answerComparison(asked, context, id) }
  }
})

const list = endpoint({
  ...COMMON,
  method: 'GET',
  path: '/comparison',
  operationId: 'listComparison',
  summary: 'Find comparisons',
  description: 'The comparisons of the tenant, the newest first.',
  query: listQuery('comparison', {
    state: `Any of these states, separated by commas: ${STATES.join(', ')}`,
    'billRun.id': 'Any of these runs'
  }),
  replies: pagesOf(COMPARISON_SCHEMA),
  handle: async (asked, context) => {
    const { tenantId } = asked.view
    const { values } = asked.query
    requireKnown('state', values.state, STATES, COMPARISONS.unknownState)
    const filter = { states: values.state, runs: values['billRun.id'] }
    return answerPage(
      asked,
      context,
      'comparison',
      (queryable, range) => listComparisons(queryable, tenantId, filter, range),
      (comparison, url) => writeComparison(comparison, `${url}/${comparison.id}`)
    )
  }
})

const retrieve = endpoint({
  ...COMMON,
  method: 'GET',
  path: '/comparison/{id}',
  operationId: 'retrieveComparison',
  summary: 'Read one comparison',
  description: 'Returns the state of a comparison and, when it is done, what it found.',
  query: noQuery(COMPARISONS.noQuery),
  replies: { 200: { description: 'The comparison', schema: COMPARISON_SCHEMA } },
  handle: async (asked, context) => ({ json: await answerComparison(asked, context, String(asked.params.id)) })
})

const removal = endpoint({
  ...COMMON,
  method: 'DELETE',
  path: '/comparison/{id}',
  operationId: 'deleteComparison',
  summary: 'Delete a comparison',
  description: 'Deletes a comparison with its results. The bills and the run stay.',
  failures: [409],
  replies: { 204: { description: 'It is gone' } },
  handle: async ({ params, author }, context) => {
    await context.database.transaction((tx) => removeComparison(tx, { ...context, author }, String(params.id)))
    return { status: 204 }
  }
})

export const comparisonEndpoints: readonly Endpoint[] = [
  start,
  list,
  retrieve,
  removal,
  accountsEndpoint,
  reportEndpoint
]
