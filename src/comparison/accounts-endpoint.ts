import { Readable } from 'node:stream'
import type { Queryable } from '../db/database.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { preferred } from '../http/accept.ts'
import { COMPARISONS } from '../messages/comparison.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { TEXT } from '../tmf/openapi/json-schema.ts'
import { type ListQuery, type Range, requireKnown } from '../tmf/query/list-query.ts'
import { type Answer, type Asked, type Endpoint, endpoint, listQuery } from '../tmf/serving/endpoint.ts'
import { answerPage } from '../tmf/serving/pages.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { type AccountFilter, listAccounts, tableOf, writeAccount } from './accounts.ts'
import { COMMON, requireDone } from './common.ts'
import { REASONS, STATUSES } from './comparison.ts'
import { oneComparison } from './list.ts'
import { COMPARED_ACCOUNT_SCHEMA } from './schema.ts'

/** In order of preference: a client that takes anything gets the first. */
const MEDIA_TYPES = ['application/json', 'text/csv'] as const

const FILTERS = {
  status: `Any of these, separated by commas: ${STATUSES.join(', ')}`,
  reason: `Any of these, separated by commas: ${REASONS.join(', ')}`,
  currency: 'Any of these currencies',
  'billingAccount.id': 'Any of these accounts'
}

type AskedAccounts = Asked<ListQuery<keyof typeof FILTERS>, unknown>

export const accountsEndpoint: Endpoint = endpoint({
  ...COMMON,
  method: 'GET',
  path: '/comparison/{id}/accounts',
  operationId: 'listComparisonAccounts',
  summary: 'Read the accounts of a comparison',
  description: `Returns accounts with their bills on both sides, the largest difference first: a page as JSON, or all
of them as CSV, by \`Accept\`.`,
  query: listQuery('account of a comparison', FILTERS),
  failures: [406, 409],
  replies: {
    ...pagesOf(COMPARED_ACCOUNT_SCHEMA),
    200: {
      description: 'All matches, or the first page',
      headers: ['X-Total-Count', 'X-Result-Count', 'Link', 'Vary'],
      media: { 'application/json': { type: 'array', items: COMPARED_ACCOUNT_SCHEMA }, 'text/csv': TEXT }
    }
  },
  handle: async (asked, context) => {
    const { tenantId } = asked.view
    const filter = filterOf(asked.query.values)
    const type = preferred(asked.request.headers.accept, MEDIA_TYPES)
    if (!type) throw COMPARISONS.mediaType(MEDIA_TYPES)
    const { id } = requireDone(await oneComparison(context.database, tenantId, String(asked.params.id)))
    const answer = type === 'text/csv' ? table : page
    const { headers, ...answered } = await answer(asked, context, { tenantId, comparisonId: id, ...filter })
    return { ...answered, headers: { ...headers, Vary: 'Accept' } }
  }
})

function filterOf(values: AskedAccounts['query']['values']): Omit<AccountFilter, 'tenantId' | 'comparisonId'> {
  const { status: statuses, reason: reasons, currency: currencies, 'billingAccount.id': accounts } = values
  requireKnown('status', statuses, STATUSES, COMPARISONS.unknownStatus)
  requireKnown('reason', reasons, REASONS, COMPARISONS.unknownReason)
  return { statuses, reasons, currencies, accounts }
}

async function table({ request, query }: AskedAccounts, context: RouteContext, filter: AccountFilter): Promise<Answer> {
  if (query.isPaged) throw COMPARISONS.tableIsWhole()
  const slot = slotOf(request)
  await slot.become('transfer')
  const inSlot: Queryable = { run: (statement) => slot.run('read', () => context.database.run(statement)) }
  const body = Readable.from(tableOf(inSlot, filter))
  return { content: { type: 'text/csv;charset=utf-8;header=present', body } }
}

function page(asked: AskedAccounts, context: RouteContext, filter: AccountFilter): Promise<Answer> {
  const read = (queryable: Queryable, range: Range) => listAccounts(queryable, filter, range)
  return answerPage(asked, context, `comparison/${filter.comparisonId}/accounts`, read, writeAccount)
}
