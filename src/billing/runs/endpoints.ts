import { z } from 'zod'
import { FIELDS } from '../../messages/field.ts'
import { RUNS } from '../../messages/run.ts'
import { RUN_BILL_STATES } from '../../resources/customer-bill.ts'
import { pagesOf } from '../../tmf/openapi/endpoint.ts'
import { schemaRef } from '../../tmf/openapi/schemas.ts'
import { requireKnown } from '../../tmf/query/list-query.ts'
import { type Endpoint, endpoint, listQuery, noQuery } from '../../tmf/serving/endpoint.ts'
import { answerPage, urlOf } from '../../tmf/serving/pages.ts'
import { startRun } from './bill-run.ts'
import { streamBills } from './bills.ts'
import { RUN, runCommands } from './commands.ts'
import { answerRun, listRuns, oneRun, readRun, writeRun } from './list.ts'
import { RUN_STATES } from './run.ts'
import { RUN_SCHEMA } from './schema.ts'

const start = endpoint({
  ...RUN,
  method: 'POST',
  path: '/billRun',
  operationId: 'createBillRun',
  summary: 'Start a run of a cycle',
  description: 'Bills all accounts of a cycle, in the background; the run tells how far it is.',
  body: z.strictObject({
    billCycle: z
      .strictObject({ id: z.string({ error: FIELDS.text() }) }, { error: FIELDS.objectWithId() })
      .meta({ description: 'The cycle to bill' }),
    dryRun: z
      .boolean({ error: FIELDS.trueOrFalse() })
      .default(false)
      .meta({ description: 'Makes bills for reading only' }),
    billState: z
      .enum(RUN_BILL_STATES, { error: FIELDS.oneOf(RUN_BILL_STATES) })
      .default('new')
      .meta({ description: 'The state of the bills' })
  }),
  example: { billCycle: { id: '01M3TFKCM0XQBSCKDHZDMA8K5E' }, dryRun: true },
  failures: [409, 422],
  replies: { 202: { description: 'The run, which is queued', schema: RUN_SCHEMA, headers: ['Location'] } },
  handle: async (asked, context) => {
    const { author, body } = asked
    const wanted = { billCycleId: body.billCycle.id, isDry: body.dryRun, billState: body.billState }
    const id = await context.database.transaction((tx) => startRun(tx, { ...context, author }, wanted))
    const headers = { Location: urlOf(asked, context, `billRun/${id}`) }
    return { status: 202, headers, json: await answerRun(asked, context, id) }
  }
})

const list = endpoint({
  ...RUN,
  method: 'GET',
  path: '/billRun',
  operationId: 'listBillRun',
  summary: 'Find runs',
  description: 'The runs of the tenant, the newest first.',
  query: listQuery('billRun', {
    state: `Any of these states, separated by commas: ${RUN_STATES.join(', ')}`,
    'billCycle.id': 'Any of these cycles'
  }),
  replies: pagesOf(RUN_SCHEMA),
  handle: async (asked, context) => {
    const { tenantId } = asked.view
    const { values } = asked.query
    requireKnown('state', values.state, RUN_STATES, RUNS.unknownState)
    const filter = { states: values.state, cycles: values['billCycle.id'] }
    return answerPage(
      asked,
      context,
      'billRun',
      (queryable, range) => listRuns(queryable, tenantId, filter, range),
      (row, url) => {
        const run = readRun(row, context.clock())
        return writeRun(run, `${url}/${run.id}`)
      }
    )
  }
})

const retrieve = endpoint({
  ...RUN,
  method: 'GET',
  path: '/billRun/{id}',
  operationId: 'retrieveBillRun',
  summary: 'Read one run',
  description: 'Returns the progress and the results of a run.',
  query: noQuery(RUNS.noQuery),
  replies: { 200: { description: 'The run', schema: RUN_SCHEMA } },
  handle: async (asked, context) => ({ json: await answerRun(asked, context, String(asked.params.id)) })
})

const BILL = schemaRef('CustomerBill')

function bills(apiBase: string): Endpoint {
  return endpoint({
    ...RUN,
    method: 'GET',
    path: '/billRun/{id}/bills',
    operationId: 'listBillRunBills',
    summary: 'Read all bills of a run',
    description: "Returns the bills of a run, also of a dry one, by `Accept`. Times in CSV are in the tenant's zone.",
    query: noQuery(RUNS.billsNoQuery),
    work: 'transfer',
    failures: [406],
    replies: {
      200: {
        description: 'The bills',
        headers: ['Vary'],
        media: {
          // Bills of a dry run are not stored: they have neither id nor href.
          'application/json': { type: 'array', items: { anyOf: [BILL, { type: 'object' }] } },
          'application/x-ndjson': BILL,
          'text/csv': { type: 'string' }
        }
      }
    },
    handle: async ({ request, view, params }, context) =>
      streamBills(request, view.tenantId, context, await oneRun(context, view.tenantId, String(params.id)), apiBase)
  })
}

export function runEndpoints(apiBase: string): readonly Endpoint[] {
  return [start, list, retrieve, bills(apiBase), ...runCommands]
}
