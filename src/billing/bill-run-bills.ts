import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { preferred } from '../base/accept.ts'
import { trimScale } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import type { Queryable } from '../db/database.ts'
import { identifier, join, sql } from '../db/sql.ts'
import { customerBill } from '../resources/customer-bill.ts'
import { selectAll, writeDocument } from '../tmf/representation.ts'
import type { RouteContext } from '../tmf/routes.ts'
import type { ReadRun } from './bill-run-list.ts'

/** In the order of preference: a client that takes anything gets the first. */
const MEDIA_TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const
/** Bills are read so many at a time, and never all of them held. */
const BATCH = 500
const CSV_HEAD =
  'billNo,id,billingAccount,billDate,paymentDueDate,state,currency,taxExcludedAmount,taxIncludedAmount,amountDue'

/** Answers the bills of a run, dry ones too, in the media type that `Accept` asks for; streamed. */
export function sendBills(
  reply: FastifyReply,
  request: FastifyRequest,
  context: RouteContext,
  run: ReadRun
): FastifyReply {
  const type = preferred(request.headers.accept, MEDIA_TYPES)
  if (!type) throw new Problem('notAcceptable', `The bills come as ${MEDIA_TYPES.join(', ')}`)
  const { tenantId } = context.requester(request).view
  const root = context.address(request, '/customerBillManagement/v4').json
  const documents = run.dryRun
    ? dryDocuments(context.database, tenantId, run.id)
    : billDocuments(context.database, tenantId, run.id, root)
  reply.type(`${type};charset=utf-8`).header('Vary', 'Accept')
  return reply.send(Readable.from(WRITERS[type](documents)))
}

type Documents = AsyncGenerator<string>

const WRITERS: Readonly<Record<(typeof MEDIA_TYPES)[number], (documents: Documents) => AsyncGenerator<string>>> = {
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
  'text/csv': async function* (documents) {
    yield `${CSV_HEAD}\r\n`
    for await (const document of documents) yield `${csvLine(JSON.parse(document, asWritten))}\r\n`
  }
}

/** A number stays the text that it is: no digit of an amount is lost. */
function asWritten(_: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? context?.source : value
}

interface Money {
  readonly unit: string
  readonly value: string
}

interface BillDocument {
  readonly id?: string
  readonly billNo?: string
  readonly billDate?: string
  readonly paymentDueDate?: string
  readonly state?: string
  readonly billingAccount: { readonly id: string }
  readonly taxExcludedAmount: Money
  readonly taxIncludedAmount: Money
  readonly amountDue: Money
}

function csvLine(bill: BillDocument): string {
  const { billNo, id, billingAccount, billDate, paymentDueDate, state, amountDue } = bill
  const amounts = [bill.taxExcludedAmount, bill.taxIncludedAmount, amountDue].map(({ value }) => trimScale(value))
  const texts = [billNo, id, billingAccount.id, billDate, paymentDueDate, state, amountDue.unit]
  return [...texts.map(csvCell), ...amounts].join()
}

/** RFC 4180; what a spreadsheet would take for a formula is made text. */
function csvCell(text = ''): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

async function* billDocuments(queryable: Queryable, tenantId: string, runId: string, root: string): Documents {
  const columns = join(customerBill.columns.map(identifier), sql`, `)
  for (let after = ''; ; ) {
    const { rows } = await queryable.run(sql`SELECT ${columns} FROM "customer_bill" WHERE "tenant_id" = ${tenantId}
      AND "bill_run_id" = ${runId} AND "id" > ${after} ORDER BY "id" LIMIT ${BATCH}`)
    for (const row of rows) yield writeDocument(customerBill.path, selectAll(customerBill), row, root)
    if (rows.length < BATCH) return
    after = String(rows.at(-1)?.[0])
  }
}

async function* dryDocuments(queryable: Queryable, tenantId: string, runId: string): Documents {
  for (let after = ''; ; ) {
    const { rows } = await queryable.run(sql`SELECT "billing_account_id", "document" FROM "bill_run_dry_bill"
      WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND "billing_account_id" > ${after}
      ORDER BY "billing_account_id" LIMIT ${BATCH}`)
    for (const [, document] of rows) yield String(document)
    if (rows.length < BATCH) return
    after = String(rows.at(-1)?.[0])
  }
}
