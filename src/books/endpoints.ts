import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Instant } from '../base/instant.ts'
import { sumDecimals } from '../base/money.ts'
import { dayOf, dayText } from '../base/time-zone.ts'
import type { Queryable } from '../db/database.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { preferred } from '../http/accept.ts'
import { csvLine } from '../http/csv.ts'
import { parameterFault } from '../http/findings.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import { BOOKS } from '../messages/books.ts'
import { FIELDS } from '../messages/field.ts'
import { QUERIES } from '../messages/query.ts'
import { TEXT } from '../tmf/openapi/json-schema.ts'
import { type Endpoint, endpoint, noBody, queryOf } from '../tmf/serving/endpoint.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import type { View } from '../tmf/view.ts'
import { type Booked, type Held, readBalances, readTrialBalance } from './balances.ts'
import { closeEndpoints } from './close-endpoints.ts'
import { day, startOf } from './days.ts'
import { type Place, placeOf, readEntries, WRITERS } from './export.ts'
import { BALANCES_SCHEMA, ENTRY_SCHEMA, TRIAL_SCHEMA } from './schema.ts'
import { type Bookkeeping, codeOf, readBookkeeping } from './settings.ts'

const LINES = ['application/x-ndjson', 'text/csv'] as const
const TABLES = ['application/json', 'text/csv'] as const
const CSV_TYPE = 'text/csv;charset=utf-8;header=present'

const READ = {
  method: 'GET',
  tag: 'books',
  access: { scopes: ['account:read'], supportsProxy: true },
  body: noBody,
  failures: [406]
} as const

const AFTER_FAULT = FIELDS.ledgerEntry('01M3TFKCM0XQBSCKDHZDMA8K5E.2')
const PERIOD = z
  .strictObject({
    from: day('The first day, in the time zone of the tenant'),
    to: day('The last day'),
    after: z
      .string()
      .regex(/^.+\.\d{1,9}$/, { error: AFTER_FAULT })
      .optional()
      .meta({ description: 'Journal and line of the last entry that has come, with a dot between: the rest follows' })
  })
  .refine(({ from, to }) => from <= to, { path: ['from'], error: FIELDS.afterEnd('to') })
const AS_OF = z.strictObject({ asOf: day('The day, in the time zone of the tenant; today by default').optional() })

const ledgerExport: Endpoint = endpoint({
  ...READ,
  path: '/ledgerExport',
  operationId: 'exportLedger',
  summary: 'Export the ledger',
  description: `Streams the entries of some days in the order of posting, with the account codes of the tenant, by
\`Accept\` as lines of JSON or as CSV. An export that broke off goes on with \`after\`.`,
  query: queryOf(PERIOD),
  work: 'transfer',
  replies: {
    200: {
      description: 'The entries',
      headers: ['Vary'],
      media: { 'application/x-ndjson': ENTRY_SCHEMA, 'text/csv': TEXT }
    }
  },
  handle: async ({ request, query: { from, to, after }, view }, context) => {
    const type = preferred(request.headers.accept, LINES)
    if (!type) throw BOOKS.mediaType(LINES)
    const bookkeeping = await readBookkeeping(context.database, view.tenantId)
    const stretch = {
      start: startOf(from, bookkeeping.timeZone),
      end: startOf(to + 1, bookkeeping.timeZone),
      after: after === undefined ? undefined : await requirePlace(context.database, view, after)
    }
    const entries = readEntries(inSlot(request, context), view, stretch)
    const body = Readable.from(WRITERS[type](entries, bookkeeping))
    const written = type === 'text/csv' ? CSV_TYPE : `${type};charset=utf-8`
    return { headers: { Vary: 'Accept' }, content: { type: written, body } }
  }
})

const trialBalance: Endpoint = endpoint({
  ...READ,
  path: '/trialBalance',
  operationId: 'retrieveTrialBalance',
  summary: 'Read the trial balance',
  description: `Returns debits, credits and balance of every book and detail at the end of a day, for each currency.
The totals of debits and credits are the same. As JSON or, by \`Accept\`, as CSV.`,
  query: queryOf(AS_OF),
  replies: {
    200: {
      description: 'The trial balance',
      headers: ['Vary'],
      media: { 'application/json': TRIAL_SCHEMA, 'text/csv': TEXT }
    }
  },
  handle: async ({ request, query, view }, { database, clock }) => {
    const type = preferred(request.headers.accept, TABLES)
    if (!type) throw BOOKS.mediaType(TABLES)
    const bookkeeping = await readBookkeeping(database, view.tenantId)
    const asOf = requireBegun(query.asOf, bookkeeping, clock())
    await slotOf(request).become('expensive')
    const rows = await readTrialBalance(database, view, startOf(asOf + 1, bookkeeping.timeZone))
    const headers = { Vary: 'Accept' }
    if (type === 'application/json') return { headers, json: trialJson(dayText(asOf), rows, bookkeeping) }
    const lines = rows.map(({ book, detail, currency, debit, credit, balance }) =>
      csvLine([
        ...[{ exact: dayText(asOf) }, codeOf(bookkeeping, book, detail), book, detail, currency],
        ...[debit, credit, balance].map((exact) => ({ exact }))
      ])
    )
    const head = csvLine(['asOf', 'accountCode', 'book', 'detail', 'currency', 'debit', 'credit', 'balance'])
    return { headers, content: { type: CSV_TYPE, body: Buffer.from(head + lines.join('')) } }
  }
})

const accountBalances: Endpoint = endpoint({
  ...READ,
  path: '/accountBalances',
  operationId: 'listAccountBalances',
  summary: 'Read the balances of all accounts',
  description: `Streams what each account owed and had at the end of a day. The balance is the closing balance of its
statement of that day. As JSON or, by \`Accept\`, as CSV.`,
  query: queryOf(AS_OF),
  work: 'transfer',
  replies: {
    200: {
      description: 'The balances',
      headers: ['Vary'],
      media: { 'application/json': BALANCES_SCHEMA, 'text/csv': TEXT }
    }
  },
  handle: async ({ request, query, view }, context) => {
    const type = preferred(request.headers.accept, TABLES)
    if (!type) throw BOOKS.mediaType(TABLES)
    const bookkeeping = await readBookkeeping(context.database, view.tenantId)
    const asOf = requireBegun(query.asOf, bookkeeping, context.clock())
    const held = readBalances(inSlot(request, context), view, startOf(asOf + 1, bookkeeping.timeZone))
    const isJson = type === 'application/json'
    const body = Readable.from((isJson ? balancesJson : balancesCsv)(dayText(asOf), held))
    return { headers: { Vary: 'Accept' }, content: { type: isJson ? `${type};charset=utf-8` : CSV_TYPE, body } }
  }
})

export const bookEndpoints: readonly Endpoint[] = [ledgerExport, trialBalance, accountBalances, ...closeEndpoints]

function inSlot(request: Parameters<typeof slotOf>[0], { database }: RouteContext): Queryable {
  const slot = slotOf(request)
  return { run: (statement) => slot.run('read', () => database.run(statement)) }
}

/** Returns the place of `<journal>.<line>`; throws `invalidQuery` if there is no such entry in the view. */
async function requirePlace(queryable: Queryable, view: View, after: string): Promise<Place> {
  const dot = after.lastIndexOf('.')
  const place = await placeOf(queryable, view, after.slice(0, dot), Number(after.slice(dot + 1)))
  if (place) return place
  throw parameterFault(QUERIES.invalid, 'after', AFTER_FAULT)
}

/** Returns the day, or today. Throws `invalidQuery` for a day to come. */
function requireBegun(asOf: number | undefined, { timeZone }: Bookkeeping, now: Instant): number {
  const today = dayOf(Date.parse(now), timeZone)
  if (asOf === undefined || asOf <= today) return asOf ?? today
  throw parameterFault(QUERIES.invalid, 'asOf', FIELDS.afterEnd(`today, ${dayText(today)}`))
}

function trialJson(asOf: string, rows: readonly Booked[], bookkeeping: Bookkeeping): string {
  const written = rows.map(({ book, detail, currency, ...amounts }) => {
    const code = codeOf(bookkeeping, book, detail)
    return objectOf({
      accountCode: code && JSON.stringify(code),
      book: JSON.stringify(book),
      detail: detail && JSON.stringify(detail),
      ...amountsOf(currency, amounts)
    })
  })
  const totals = [...Map.groupBy(rows, ({ currency }) => currency)].map(([currency, those]) => {
    const [debit, credit] = (['debit', 'credit'] as const).map((side) => sumDecimals(those.map((row) => row[side])))
    return objectOf(amountsOf(currency, { debit: String(debit), credit: String(credit) }))
  })
  return `{"asOf":"${asOf}","rows":[${written.join()}],"totals":[${totals.join()}]}`
}

function amountsOf(currency: string, amounts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const written = Object.entries(amounts).map(([name, amount]) => [name, moneyOf(currency, amount)])
  return { currency: JSON.stringify(currency), ...Object.fromEntries(written) }
}

async function* balancesJson(asOf: string, held: AsyncIterable<Held>): AsyncGenerator<string> {
  let separator = `{"asOf":"${asOf}","rows":[`
  for await (const { billingAccountId: id, currency, ...amounts } of held) {
    yield separator + objectOf({ billingAccount: JSON.stringify({ id }), ...amountsOf(currency, amounts) })
    separator = ','
  }
  yield separator === ',' ? ']}' : `${separator}]}`
}

async function* balancesCsv(asOf: string, held: AsyncIterable<Held>): AsyncGenerator<string> {
  yield csvLine(['asOf', 'billingAccount', 'currency', 'receivable', 'credit', 'balance'])
  for await (const { billingAccountId, currency, ...amounts } of held) {
    const written = [amounts.receivable, amounts.credit, amounts.balance].map((exact) => ({ exact }))
    yield csvLine([{ exact: asOf }, billingAccountId, currency, ...written])
  }
}
