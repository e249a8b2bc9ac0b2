import { z } from 'zod'
import { HOLDS } from '../billing/review/judge.ts'
import { oneRun } from '../billing/runs/list.ts'
import { takeMemory } from '../db/memory.ts'
import { compareWithPrevious } from '../explanation/comparison.ts'
import { explain } from '../explanation/explanation.ts'
import { comparisonJson } from '../explanation/json.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { FIELDS } from '../messages/field.ts'
import { RESOURCES } from '../messages/resource.ts'
import { RUNS } from '../messages/run.ts'
import { RUN_BILL_STATES } from '../resources/customer-bill.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { COUNT, objectOf } from '../tmf/openapi/json-schema.ts'
import { anyQuery, type Endpoint, endpoint, noBody, noQuery } from '../tmf/serving/endpoint.ts'
import type { Requested } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { readDistribution, writeDistribution } from './distribution.ts'
import { type Roots, readHeld, writeHeld } from './list.ts'
import { reviewPage, reviewQuery } from './page.ts'
import { DISTRIBUTION_SCHEMA, HELD_BILL_SCHEMA } from './schema.ts'
import { discardHeld, releaseHeld, type Selection } from './select.ts'

const BILLS_MAX = 1_000

const COMMON = {
  tag: 'billRun',
  access: { scopes: ['billing:run'], supportsProxy: false },
  body: noBody
} as const

/** Returns the operations on the reviews of runs; bills have their addresses below `apiBase`. */
export function reviewEndpoints(apiBase: string): readonly Endpoint[] {
  return [list(apiBase), retrieve(apiBase), release, discard, distribution]
}

function list(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
    method: 'GET',
    path: '/billRun/{id}/review',
    operationId: 'listBillRunReview',
    summary: 'Read the review of a run',
    description: `Returns the bills that the run held by the rules of the tenant, each with its reasons, the oddest
first. The next page is that of the link \`next\`.`,
    query: reviewQuery,
    replies: pagesOf(HELD_BILL_SCHEMA),
    handle: async (asked, context) => {
      const { id } = await oneRun(context, asked.view.tenantId, String(asked.params.id))
      return reviewPage(asked, context, id, rootsOf(asked, context, apiBase))
    }
  })
}

function retrieve(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
    method: 'GET',
    path: '/billRun/{id}/review/{billId}',
    pathParameters: { billId: 'Identifier of the bill' },
    operationId: 'retrieveBillRunReview',
    summary: 'Read one bill of a review',
    description: "Returns why the bill is held, and compares it with the account's previous one by type and product.",
    query: noQuery(RUNS.noReviewQuery),
    replies: { 200: { description: 'The held bill with the comparison', schema: HELD_BILL_SCHEMA } },
    handle: async (asked, context) => {
      const { database } = context
      const { params, request, view } = asked
      const { tenantId } = view
      const { id: runId } = await oneRun(context, tenantId, String(params.id))
      await slotOf(request).become('expensive')
      const roots = rootsOf(asked, context, apiBase)
      const json = await database.snapshot(async (tx) => {
        await takeMemory(tx)
        const filter = { tenantId, runId, billIds: [String(params.billId)] }
        const [held] = await readHeld(tx, filter, { limit: 1 })
        if (!held) throw RESOURCES.notFound('bill in the review of this billRun')
        const explanation = await explain(tx, tenantId, held.billId)
        const comparison = (await compareWithPrevious(tx, view, explanation)) ?? null
        return writeHeld(held, runId, roots, { comparison: comparisonJson(comparison, explanation.bill, roots) })
      })
      return { json }
    }
  })
}

const distribution = endpoint({
  ...COMMON,
  method: 'GET',
  path: '/billRun/{id}/distribution',
  operationId: 'retrieveBillRunDistribution',
  summary: 'Read the distribution of the amounts of a run',
  description: `Counts the bills of a run, also of a dry one, by their amounts, beside those of the last run of the same
specification before it: the data of a picture.`,
  query: noQuery(RUNS.noDistributionQuery),
  replies: { 200: { description: 'The distribution', schema: DISTRIBUTION_SCHEMA } },
  handle: async (asked, context) => {
    const { tenantId } = asked.view
    const { id } = await oneRun(context, tenantId, String(asked.params.id))
    await slotOf(asked.request).become('expensive')
    const found = await context.database.snapshot((tx) => readDistribution(tx, tenantId, id))
    return { json: writeDistribution(found, id, context.address(asked.request, asked.base).url) }
  }
})

const SELECTION = {
  bills: z
    .array(z.strictObject({ id: z.string({ error: FIELDS.text() }) }, { error: FIELDS.objectWithId() }), {
      error: FIELDS.list()
    })
    .min(1, { error: FIELDS.tooFew(1) })
    .max(BILLS_MAX, { error: FIELDS.tooManyNamed(BILLS_MAX) })
    .optional()
    .meta({ description: 'Bills of the review' }),
  reason: z
    .enum(HOLDS, { error: FIELDS.oneOf(HOLDS) })
    .optional()
    .meta({ description: 'All that are held for this reason, in place of bills' })
}

const release = endpoint({
  ...COMMON,
  method: 'POST',
  path: '/billRun/{id}/review/release',
  operationId: 'releaseBillRunReview',
  summary: 'Release bills from the review',
  description: `Moves held bills to \`new\`, which the release of the run takes along, or issues them. It works in
chunks; after an interruption, the same request continues where it ended.`,
  query: anyQuery,
  body: z.strictObject({
    state: z
      .enum(RUN_BILL_STATES, { error: FIELDS.oneOf(RUN_BILL_STATES) })
      .default('new')
      .meta({ description: 'The new state' }),
    ...SELECTION
  }),
  examples: {
    bills: { value: { bills: [{ id: '01M3TFKCM0XQBSCKDHZDMA8K5E' }] } },
    reason: { value: { reason: 'sample', state: 'validated' } }
  },
  failures: [409],
  replies: {
    200: {
      description: 'The number of released bills, and of selected ones that were no longer in review',
      schema: objectOf({ released: COUNT, skipped: COUNT })
    }
  },
  handle: async ({ params, body: { state, ...selected }, author }, context) => {
    const selection = selectionOf(String(params.id), selected)
    return { json: JSON.stringify(await releaseHeld(context.database, { ...context, author }, selection, state)) }
  }
})

const discard = endpoint({
  ...COMMON,
  method: 'POST',
  path: '/billRun/{id}/review/discard',
  operationId: 'discardBillRunReview',
  summary: 'Take back bills of the review',
  description: `Removes held bills, frees their rates to be corrected, and parks their accounts, which a retry of the
run bills again. It works in chunks; after an interruption, the same request continues where it ended.`,
  query: anyQuery,
  body: z.strictObject(SELECTION),
  examples: { reason: { value: { reason: 'overMean' } } },
  failures: [409],
  replies: {
    200: {
      description: 'The number of discarded bills, and of selected ones that were no longer in review',
      schema: objectOf({ discarded: COUNT, skipped: COUNT })
    }
  },
  handle: async ({ params, body, author }, context) => {
    const selection = selectionOf(String(params.id), body)
    return { json: JSON.stringify(await discardHeld(context.database, { ...context, author }, selection)) }
  }
})

interface Selected {
  readonly bills?: readonly { readonly id: string }[] | undefined
  readonly reason?: Selection['reason']
}

/** Throws `invalidField` for a body that selects by neither or both. */
function selectionOf(runId: string, { bills, reason }: Selected): Selection {
  if ((bills === undefined) === (reason === undefined)) throw RUNS.oneSelection()
  return { runId, billIds: bills?.map(({ id }) => id), reason }
}

function rootsOf(asked: Requested, { address }: RouteContext, apiBase: string): Roots {
  return { api: address(asked.request, apiBase).url, billing: address(asked.request, asked.base).url }
}
