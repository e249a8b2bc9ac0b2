import { z } from 'zod'
import type { Transaction } from '../../db/database.ts'
import { FIELDS } from '../../messages/field.ts'
import { ISSUING_STATES } from '../../resources/customer-bill.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import type { EndpointDescription } from '../../tmf/openapi/endpoint.ts'
import { COUNT, listOf, objectOf, TEXT } from '../../tmf/openapi/json-schema.ts'
import { anyQuery, type Endpoint, endpoint, noBody, queryOf } from '../../tmf/serving/endpoint.ts'
import { cancelRun, resumeRun, retryRun } from './bill-run.ts'
import { discardBills } from './discard.ts'
import { answerRun } from './list.ts'
import { LEAVES, releaseBills } from './release.ts'
import { RUN_SCHEMA } from './schema.ts'

/** Common to operations on a run, which belongs to the provider, since it bills all of its accounts. */
export const RUN = {
  tag: 'billRun',
  access: { scopes: ['billing:run'], supportsProxy: false },
  query: anyQuery,
  body: noBody
} as const satisfies Partial<EndpointDescription>

const FILTER = z
  .string({ error: FIELDS.text() })
  .optional()
  .meta({ description: 'Selects bills, written like the query of their list; all by default' })

const release = endpoint({
  ...RUN,
  method: 'POST',
  path: '/billRun/{id}/release',
  operationId: 'releaseBillRunBills',
  summary: 'Release bills of a run',
  description: `Issues or sends bills of an ended run. It works in chunks; after an interruption, the same request
continues where it ended.`,
  body: z.strictObject({
    state: z.enum(ISSUING_STATES, { error: FIELDS.oneOf(ISSUING_STATES) }).meta({ description: 'The new state' }),
    filter: FILTER
  }),
  examples: { all: { value: { state: 'sent' } } },
  failures: [409],
  replies: {
    200: {
      description: 'The number of moved bills, and of others by reason',
      schema: objectOf({
        released: COUNT,
        skipped: listOf(objectOf({ reason: { ...TEXT, enum: [...LEAVES] }, count: COUNT }))
      })
    }
  },
  handle: async ({ params, body, author }, context) => {
    const meant = { runId: String(params.id), ...body }
    return { json: JSON.stringify(await releaseBills(context.database, { ...context, author }, meant)) }
  }
})

const discard = endpoint({
  ...RUN,
  method: 'POST',
  path: '/billRun/{id}/discard',
  operationId: 'discardBillRunBills',
  summary: 'Take back bills of a run that were never issued',
  description: `Removes bills of an ended run that were never issued, frees their rates, and parks their accounts, which
a retry of the run bills again. It works in chunks; after an interruption, the same request continues where it ended.
Bills that are not discarded were issued.`,
  query: queryOf(z.strictObject({})),
  body: z.strictObject({ filter: FILTER }),
  examples: { cheap: { value: { filter: 'amountDue.value.lt=100' } } },
  failures: [409],
  replies: {
    200: {
      description: 'The number of discarded bills, and of selected ones that stay because they were issued',
      schema: objectOf({ discarded: COUNT, skipped: COUNT })
    }
  },
  handle: async ({ params, body, author }, context) => {
    const meant = { runId: String(params.id), ...body }
    return { json: JSON.stringify(await discardBills(context.database, { ...context, author }, meant)) }
  }
})

function steering(
  verb: string,
  summary: string,
  description: string,
  act: (tx: Transaction, context: ChangeContext, id: string) => Promise<unknown>
): Endpoint {
  return endpoint({
    ...RUN,
    method: 'POST',
    path: `/billRun/{id}/${verb}`,
    operationId: `${verb}BillRun`,
    summary,
    description,
    failures: [409],
    replies: { 202: { description: 'The changed run', schema: RUN_SCHEMA } },
    handle: async (asked, context) => {
      const id = String(asked.params.id)
      await context.database.transaction((tx) => act(tx, { ...context, author: asked.author }, id))
      return { status: 202, json: await answerRun(asked, context, id) }
    }
  })
}

export const runCommands: readonly Endpoint[] = [
  release,
  discard,
  steering('cancel', 'Cancel a run', 'Stops a queued or running run. Its bills stay.', cancelRun),
  steering('resume', 'Resume a run', 'Continues a failed or cancelled run where it ended.', resumeRun),
  steering('retry', 'Bill the parked accounts of a run', 'Bills the parked accounts of a run.', retryRun)
]
