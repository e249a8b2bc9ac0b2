import { z } from 'zod'
import type { Queryable } from '../db/database.ts'
import { json, optional, rowOf, scalar, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { readBranding } from '../documents/content/branding.ts'
import { languageOf } from '../documents/content/words.ts'
import { preferred } from '../http/accept.ts'
import { COMPARISONS } from '../messages/comparison.ts'
import { TEXT } from '../tmf/openapi/json-schema.ts'
import { type Endpoint, endpoint, noQuery } from '../tmf/serving/endpoint.ts'
import { listAccounts } from './accounts.ts'
import { COMMON, requireDone } from './common.ts'
import { sourceOf } from './comparison.ts'
import { oneComparison } from './list.ts'
import { type Report, renderReport } from './report.ts'
import type { Source } from './sides.ts'

const MEDIA_TYPES = ['text/html'] as const
/** Accounts that the report names. */
const NAMED_MAX = 50

export const reportEndpoint: Endpoint = endpoint({
  ...COMMON,
  method: 'GET',
  path: '/comparison/{id}/report',
  operationId: 'retrieveComparisonReport',
  summary: 'Read the report on a comparison',
  description: `Returns what a comparison found as a page for people, to be read and printed: counts, totals, a picture
of the differences, and the accounts with the largest ones. It is in the language of the tenant.`,
  query: noQuery(COMPARISONS.noQuery),
  failures: [406, 409],
  replies: { 200: { description: 'The report', media: { 'text/html': TEXT } } },
  handle: async ({ request, params, view }, { database }) => {
    if (!preferred(request.headers.accept, MEDIA_TYPES)) throw COMPARISONS.reportMediaType(MEDIA_TYPES)
    const report = await readReport(database, view.tenantId, String(params.id))
    const { pieces, contentSecurityPolicy } = renderReport(report)
    return {
      headers: {
        'Cache-Control': 'private, no-cache',
        'Content-Security-Policy': contentSecurityPolicy,
        'Content-Disposition': `inline; filename="comparison-${report.comparison.id}.html"`
      },
      content: { type: 'text/html;charset=utf-8', body: Buffer.from([...pieces].join('')) }
    }
  }
})

const TENANT = rowOf('tenant', {
  name: text,
  branding: optional(json(z.unknown())),
  timeZone: text,
  language: text
})

/** Returns the name of a cycle, or of the file of an upload; the id of one without a name. */
async function sourceName(queryable: Queryable, tenantId: string, source: Source): Promise<string> {
  const [id, named] =
    'uploadId' in source
      ? [source.uploadId, sql`SELECT "file_name" FROM "upload"`]
      : [source.billCycleId, sql`SELECT "name" FROM "bill_cycle"`]
  const found = await queryable.run(sql`${named} WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  return scalar(found, optional(text)) ?? id
}

/** Throws `notFound` without the comparison, and `conflict` without its results. */
async function readReport(queryable: Queryable, tenantId: string, id: string): Promise<Report> {
  const { summary, finishedAt, ...comparison } = requireDone(await oneComparison(queryable, tenantId, id))
  if (!summary || finishedAt === undefined) throw new Error('a comparison is done without results')
  const filter = { tenantId, comparisonId: id, statuses: ['differs', 'onlyHere', 'onlyThere'] }
  const { rows, total } = await listAccounts(queryable, filter, { offset: 0, limit: NAMED_MAX })
  const found = await queryable.run(sql`SELECT ${TENANT.columns} FROM "tenant" WHERE "id" = ${tenantId}`)
  const { name, branding, timeZone, language } = TENANT.one(found)
  return {
    comparison: { ...comparison, summary, finishedAt },
    source: await sourceName(queryable, tenantId, sourceOf(comparison)),
    unequal: rows,
    unequalCount: total,
    tenant: { name, branding: await readBranding(branding), timeZone, language: languageOf(language) }
  }
}
