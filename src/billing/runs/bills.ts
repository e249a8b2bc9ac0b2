import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { sumDecimals, trimScale } from '../../base/money.ts'
import { offsetTime } from '../../base/time-zone.ts'
import type { Queryable } from '../../db/database.ts'
import { computed, rowOf, text } from '../../db/row.ts'
import { identifiers, sql } from '../../db/sql.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import { preferred } from '../../http/accept.ts'
import { type Cell, csvLine } from '../../http/csv.ts'
import { RUNS } from '../../messages/run.ts'
import { customerBill } from '../../resources/customer-bill.ts'
import { idOf, selectAll, writeDocument } from '../../tmf/representation.ts'
import type { Answer } from '../../tmf/serving/endpoint.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import { timeZoneOf } from '../cycles/cycle.ts'
import type { ReadRun } from './list.ts'

const MEDIA_TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const
const BATCH = 500
const CSV_COLUMNS = [
  ...['billNo', 'id', 'billingAccount', 'billDate', 'paymentDueDate', 'state', 'currency'],
  ...['taxExcludedAmount', 'taxAmount', 'taxIncludedAmount', 'amountDue']
]

/**
 * Streams the bills of a run, also a dry one, in the media type of `Accept`; the API at `apiBase` has them. CSV has
 * times in the tenant's zone.
 */
export async function streamBills(
  request: FastifyRequest,
  tenantId: string,
  context: RouteContext,
  run: ReadRun,
  apiBase: string
): Promise<Answer> {
  const type = preferred(request.headers.accept, MEDIA_TYPES)
  if (!type) throw RUNS.billsMediaType(MEDIA_TYPES)
  const root = context.address(request, apiBase).json
  const slot = slotOf(request)
  const inSlot: Queryable = { run: (statement) => slot.run('read', () => context.database.run(statement)) }
  const documents = run.dryRun ? dryDocuments(inSlot, tenantId, run.id) : billDocuments(inSlot, tenantId, run.id, root)
  const timeZone = await timeZoneOf(context.database, tenantId)
  const body = Readable.from(WRITERS[type](documents, timeZone))
  return { headers: { Vary: 'Accept' }, content: { type: `${type};charset=utf-8`, body } }
}

type Documents = AsyncGenerator<string>
type Writer = (documents: Documents, timeZone: string) => AsyncGenerator<string>

const WRITERS: Readonly<Record<(typeof MEDIA_TYPES)[number], Writer>> = {
  'application/json': async function* (documents) {
    let separator = '['
    for await (const document of documents) {
      yield separator + document
      separator = ','
    }
    yield separator === '[' ? '[]' : ']'
  },
  'application/x-ndjson': async function* (documents) {
    for await (const document of documents) yield `${document}\n`
  },
  'text/csv': async function* (documents, timeZone) {
    yield csvLine(CSV_COLUMNS)
    for await (const document of documents) yield csvLine(cellsOf(document, timeZone))
  }
}

const MONEY = z.object({ unit: z.string(), value: z.string() })
const BILL = z.object({
  id: z.string().optional(),
  billNo: z.string().optional(),
  billDate: z.string().optional(),
  paymentDueDate: z.string().optional(),
  state: z.string().optional(),
  billingAccount: z.object({ id: z.string() }),
  taxItem: z.array(z.object({ taxAmount: MONEY })).optional(),
  taxExcludedAmount: MONEY,
  taxIncludedAmount: MONEY,
  amountDue: MONEY
})

/** Takes a bill as JSON; keeps all digits of its amounts. */
function cellsOf(document: string, timeZone: string): readonly Cell[] {
  const bill = BILL.parse(JSON.parse(document, asWritten))
  const { billNo, id, billingAccount, billDate, paymentDueDate, state, amountDue, taxItem = [] } = bill
  const times = [billDate, paymentDueDate].map((instant) => ({ exact: instant && offsetTime(instant, timeZone) }))
  const tax = sumDecimals(taxItem.map(({ taxAmount }) => taxAmount.value))
  const amounts = [bill.taxExcludedAmount.value, tax, bill.taxIncludedAmount.value, amountDue.value]
  return [
    ...[billNo, id, billingAccount.id, ...times, state, amountDue.unit],
    ...amounts.map((amount) => ({ exact: trimScale(amount) }))
  ]
}

/** Keeps numbers as text: no digit of an amount is lost. */
function asWritten(_: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? context?.source : value
}

async function* billDocuments(queryable: Queryable, tenantId: string, runId: string, root: string): Documents {
  const columns = identifiers(customerBill.columns)
  for (let after = ''; ; ) {
    const { rows } = await queryable.run(sql`SELECT ${columns} FROM "customer_bill" WHERE "tenant_id" = ${tenantId}
      AND "bill_run_id" = ${runId} AND "id" > ${after} ORDER BY "id" LIMIT ${BATCH}`)
    for (const row of rows) yield writeDocument(customerBill.path, selectAll(customerBill), row, root)
    const last = rows.at(-1)
    if (!last || rows.length < BATCH) return
    after = idOf(last)
  }
}

const DRY = rowOf('bill_run_dry_bill', { billingAccountId: text, document: computed(text, sql`"document"`) })

async function* dryDocuments(queryable: Queryable, tenantId: string, runId: string): Documents {
  for (let after = ''; ; ) {
    const { rows } = await queryable.run(sql`SELECT ${DRY.columns} FROM "bill_run_dry_bill"
      WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND "billing_account_id" > ${after}
      ORDER BY "billing_account_id" LIMIT ${BATCH}`)
    for (const { billingAccountId, document } of rows.map(DRY.read)) {
      yield document
      after = billingAccountId
    }
    if (rows.length < BATCH) return
  }
}
