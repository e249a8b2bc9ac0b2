import { z } from 'zod'
import type { Instant } from '../base/instant.ts'
import { canonicalDecimal } from '../base/money.ts'
import { DAY_MS, dayOf, dayText } from '../base/time-zone.ts'
import { timeZoneOf } from '../billing/cycles/cycle.ts'
import { DAY } from '../billing/cycles/day.ts'
import type { Queryable } from '../db/database.ts'
import { takeMemory } from '../db/memory.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { preferred } from '../http/accept.ts'
import { csvLine } from '../http/csv.ts'
import { findingAt, listing, parameterFault } from '../http/findings.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import { FIELDS } from '../messages/field.ts'
import { OVERDUE } from '../messages/overdue.ts'
import { QUERIES } from '../messages/query.ts'
import { pagesOf } from '../tmf/openapi/endpoint.ts'
import { TEXT } from '../tmf/openapi/json-schema.ts'
import type { ListQuery } from '../tmf/query/list-query.ts'
import { type Answer, type Endpoint, endpoint, listQuery, noBody, queryOf } from '../tmf/serving/endpoint.ts'
import { answerPage } from '../tmf/serving/pages.ts'
import { listOverdue, type OverdueFilter, writeOverdue } from './accounts.ts'
import { type Aged, type AgedOfPartner, BUCKETS, readAging, totalsOf } from './aging.ts'
import { AGING_SCHEMA, OVERDUE_SCHEMA } from './schema.ts'

const MEDIA_TYPES = ['application/json', 'text/csv'] as const
const READ = {
  method: 'GET',
  tag: 'overdue',
  access: { scopes: ['account:read'], supportsProxy: true },
  body: noBody
} as const

const AS_OF = z.strictObject({
  asOf: DAY.transform((text) => Date.parse(text) / DAY_MS)
    .optional()
    .meta({ description: 'The day, in the time zone of the tenant; today by default', format: 'date' })
})

const agingEndpoint: Endpoint = endpoint({
  ...READ,
  path: '/agingReport',
  operationId: 'retrieveAgingReport',
  summary: 'Read the aging report',
  description: `Returns what was open at the end of a day, by the days since it was due, for each currency and partner.
It comes from the ledger, so that any past day can be asked for, and its totals are the receivables of that day. As JSON
or, by \`Accept\`, as CSV.`,
  query: queryOf(AS_OF),
  failures: [406],
  replies: {
    200: {
      description: 'The report',
      headers: ['Vary'],
      media: { 'application/json': AGING_SCHEMA, 'text/csv': TEXT }
    }
  },
  handle: async ({ request, query, view }, { database, clock }) => {
    const type = preferred(request.headers.accept, MEDIA_TYPES)
    if (!type) throw OVERDUE.mediaType(MEDIA_TYPES)
    const zone = await zoneOf(database, view.tenantId, clock())
    const { asOf = zone.today } = query
    if (asOf > zone.today) {
      throw parameterFault(QUERIES.invalid, 'asOf', FIELDS.afterEnd(`today, ${dayText(zone.today)}`))
    }
    await slotOf(request).become('expensive')
    const rows = await database.snapshot(async (tx) => {
      await takeMemory(tx)
      return readAging(tx, view, asOf, zone.timeZone)
    })
    return { ...written(type, dayText(asOf), rows), headers: { Vary: 'Accept' } }
  }
})

interface Zone {
  readonly timeZone: string
  readonly today: number
}

async function zoneOf(queryable: Queryable, tenantId: string, now: Instant): Promise<Zone> {
  const timeZone = await timeZoneOf(queryable, tenantId)
  return { timeZone, today: dayOf(Date.parse(now), timeZone) }
}

function written(type: (typeof MEDIA_TYPES)[number], asOf: string, rows: readonly AgedOfPartner[]): Answer {
  if (type === 'application/json') {
    const totals = totalsOf(rows).map((total) => objectOf(amountsOf(total)))
    return { json: `{"asOf":"${asOf}","rows":[${rows.map(rowJson).join()}],"totals":[${totals.join()}]}` }
  }
  const head = csvLine(['asOf', 'currency', 'partnerId', 'partnerName', 'billCount', ...BUCKETS, 'total'])
  const lines = rows.map(({ currency, partnerId, partnerName, billCount, ...amounts }) =>
    csvLine([
      ...[{ exact: asOf }, currency, partnerId, partnerName, { exact: String(billCount) }],
      ...[...BUCKETS, 'total' as const].map((name) => ({ exact: amounts[name] }))
    ])
  )
  return { content: { type: 'text/csv;charset=utf-8;header=present', body: Buffer.from(head + lines.join('')) } }
}

function rowJson({ partnerId: id, partnerName: name, ...aged }: AgedOfPartner): string {
  return objectOf({ ...amountsOf(aged), partner: id === undefined ? undefined : JSON.stringify({ id, name }) })
}

function amountsOf(aged: Aged): Readonly<Record<string, string>> {
  const amounts = [...BUCKETS, 'total' as const].map((name) => [name, moneyOf(aged.currency, aged[name])])
  return {
    currency: JSON.stringify(aged.currency),
    billCount: String(aged.billCount),
    ...Object.fromEntries(amounts)
  }
}

const FILTERS = {
  minDays: 'Accounts whose oldest overdue bill was due at least so many days ago',
  minAmount: 'Accounts that owe at least so much of overdue bills, in the currency of the row',
  currency: 'Any of these currencies'
}

function overdueEndpoint(apiBase: string): Endpoint {
  return endpoint({
    ...READ,
    path: '/overdueAccounts',
    operationId: 'listOverdueAccounts',
    summary: 'Find accounts with overdue bills',
    description: `Returns the accounts with bills that were due before today and are not paid, the longest overdue
first, with a row for each currency. Bills on hold do not count.`,
    query: listQuery('overdueAccounts', FILTERS),
    replies: pagesOf(OVERDUE_SCHEMA),
    handle: async (asked, context) => {
      const filter = filterOf(asked.query.values)
      const zone = await zoneOf(context.database, asked.view.tenantId, context.clock())
      const apiUrl = context.address(asked.request, apiBase).url
      return answerPage(
        asked,
        context,
        'overdueAccounts',
        (queryable, range) => listOverdue(queryable, asked.view, filter, zone, range),
        (row) => writeOverdue(row, zone, apiUrl)
      )
    }
  })
}

const DAYS_MAX = 36_500

function filterOf(values: ListQuery<keyof typeof FILTERS>['values']): OverdueFilter {
  const { minDays: days = ['1'], minAmount: amounts = [], currency: currencies } = values
  const [minDays, minAmount] = [Number(days[0]), amounts[0] && canonicalDecimal(amounts[0])]
  if (days.length !== 1 || !Number.isInteger(minDays) || minDays < 1 || minDays > DAYS_MAX) {
    throw listing(OVERDUE.minDays(1, DAYS_MAX), [findingAt('minDays', FIELDS.wholeNumber(1, DAYS_MAX))])
  }
  if (amounts.length > 1 || (amounts.length > 0 && minAmount === undefined)) {
    throw listing(OVERDUE.minAmount('12.5'), [findingAt('minAmount', FIELDS.decimal())])
  }
  return { minDays, minAmount, currencies }
}

export function overdueEndpoints(apiBase: string): readonly Endpoint[] {
  return [agingEndpoint, overdueEndpoint(apiBase)]
}
