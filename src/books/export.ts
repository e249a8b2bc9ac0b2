import type { Instant } from '../base/instant.ts'
import { offsetTime } from '../base/time-zone.ts'
import type { Queryable } from '../db/database.ts'
import { decimal, instant, integer, optional, rowOf, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { csvLine } from '../http/csv.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import type { View } from '../tmf/view.ts'
import { sides } from './amounts.ts'
import { type Bookkeeping, codeOf } from './settings.ts'

const BATCH = 500
const CSV_COLUMNS = [
  ...['date', 'postedAt', 'journal', 'line', 'accountCode', 'book', 'detail', 'billingAccount', 'currency'],
  ...['debit', 'credit', 'sourceType', 'source', 'occurredAt']
]

const ENTRY = rowOf(
  'ledger_entry',
  {
    postedAt: instant,
    journalId: text,
    line: integer,
    book: text,
    detail: optional(text),
    billingAccountId: text,
    currency: text,
    amount: decimal,
    sourceType: text,
    sourceId: text,
    occurredAt: optional(instant)
  },
  'e'
)
export type Entry = ReturnType<typeof ENTRY.read>

/** The place of an entry in the order of the export. */
export type Place = Pick<Entry, 'postedAt' | 'journalId' | 'line'>

export interface Stretch {
  readonly start: Instant
  readonly end: Instant
  /** The entry that the export goes on after. */
  readonly after: Place | undefined
}

/** A condition on entries `e`: those of the view's accounts. */
export function entriesOf({ tenantId, partnerId }: View): Sql {
  const own = sql`e."tenant_id" = ${tenantId}`
  if (partnerId === undefined) return own
  return sql`${own} AND e."billing_account_id" IN (SELECT a."id" FROM "billing_account" a
    WHERE a."tenant_id" = ${tenantId} AND a."partner_id" = ${partnerId})`
}

/** Returns the place of an entry of the view, named by its journal and line; undefined if there is none. */
export async function placeOf(
  queryable: Queryable,
  view: View,
  journalId: string,
  line: number
): Promise<Place | undefined> {
  const { rows } = await queryable.run(sql`SELECT ${ENTRY.columns} FROM "ledger_entry" e
    WHERE ${entriesOf(view)} AND e."journal_id" = ${journalId} AND e."line" = ${line}`)
  return rows.map(ENTRY.read)[0]
}

/** Reads the entries of a stretch batch by batch, in the order of posting. Entries never change or go. */
export async function* readEntries(
  queryable: Queryable,
  view: View,
  { start, end, after }: Stretch
): AsyncGenerator<Entry> {
  for (let last = after; ; ) {
    const rest = last
      ? sql`(e."posted_at", e."journal_id", e."line")
          > (${last.postedAt}::timestamptz, ${last.journalId}, ${last.line})`
      : sql`TRUE`
    const { rows } = await queryable.run(sql`SELECT ${ENTRY.columns} FROM "ledger_entry" e
      WHERE ${entriesOf(view)} AND e."posted_at" >= ${start} AND e."posted_at" < ${end} AND ${rest}
      ORDER BY e."posted_at", e."journal_id", e."line" LIMIT ${BATCH}`)
    const entries = rows.map(ENTRY.read)
    yield* entries
    last = entries.at(-1)
    if (!last || entries.length < BATCH) return
  }
}

type Writer = (entries: AsyncIterable<Entry>, bookkeeping: Bookkeeping) => AsyncGenerator<string>

export const WRITERS = {
  'application/x-ndjson': async function* (entries, bookkeeping) {
    for await (const entry of entries) yield `${jsonOf(entry, bookkeeping)}\n`
  },
  'text/csv': async function* (entries, bookkeeping) {
    yield csvLine(CSV_COLUMNS)
    for await (const entry of entries) yield lineOf(entry, bookkeeping)
  }
} as const satisfies Readonly<Record<string, Writer>>

function jsonOf(entry: Entry, bookkeeping: Bookkeeping): string {
  const { postedAt, journalId, line, book, detail, billingAccountId, currency, amount, sourceType, sourceId } = entry
  const occurred = entry.occurredAt && offsetTime(entry.occurredAt, bookkeeping.timeZone)
  const time = offsetTime(postedAt, bookkeeping.timeZone)
  const code = codeOf(bookkeeping, book, detail)
  return objectOf({
    date: JSON.stringify(time.slice(0, 10)),
    postedAt: JSON.stringify(time),
    journal: JSON.stringify(journalId),
    line: String(line),
    accountCode: code && JSON.stringify(code),
    book: JSON.stringify(book),
    detail: detail && JSON.stringify(detail),
    billingAccount: JSON.stringify({ id: billingAccountId }),
    amount: moneyOf(currency, amount),
    source: JSON.stringify({ type: sourceType, id: sourceId }),
    occurredAt: occurred && JSON.stringify(occurred)
  })
}

function lineOf(entry: Entry, bookkeeping: Bookkeeping): string {
  const { postedAt, journalId, line, book, detail, billingAccountId, currency, amount, sourceType, sourceId } = entry
  const occurred = entry.occurredAt && offsetTime(entry.occurredAt, bookkeeping.timeZone)
  const time = offsetTime(postedAt, bookkeeping.timeZone)
  const { debit, credit } = sides(amount)
  return csvLine([
    ...[{ exact: time.slice(0, 10) }, { exact: time }, journalId, { exact: String(line) }],
    ...[codeOf(bookkeeping, book, detail), book, detail, billingAccountId, currency],
    ...[{ exact: debit }, { exact: credit }, sourceType, sourceId, { exact: occurred }]
  ])
}
