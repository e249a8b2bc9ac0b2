import type { FastifyRequest } from 'fastify'
import type { Database, Queryable } from '../db/database.ts'
import { json, rowOf } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { explain } from '../explanation/explanation.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { preferred } from '../http/accept.ts'
import { isUnchanged } from '../http/conditional.ts'
import { DOCUMENTS } from '../messages/document.ts'
import { inTurns } from '../pace/turns.ts'
import { ATTACHMENTS, type Attachment, isOwnDocument } from '../resources/bill-document.ts'
import { customerBill } from '../resources/customer-bill.ts'
import { TEXT } from '../tmf/openapi/json-schema.ts'
import { find } from '../tmf/read.ts'
import { idOf } from '../tmf/representation.ts'
import { type Answer, anyQuery, type Endpoint, endpoint, noBody } from '../tmf/serving/endpoint.ts'
import { billContent } from './content/bill-content.ts'
import { readBill } from './content/bill-reading.ts'
import { ITEMISED_MAX } from './content/bill-source.ts'
import { renderCsv } from './csv/csv.ts'
import { renderHtml } from './html/html.ts'
import { renderPdfAside } from './pdf/pdf-aside.ts'
import { spool } from './spool.ts'

interface Rendered {
  readonly pieces: AsyncIterable<string | Buffer>
  readonly type: string
  readonly disposition: string
  readonly contentSecurityPolicy?: string
}

const MEDIA_TYPES = ['application/pdf', 'text/html', 'text/csv'] as const
/** A document of more lines takes a slot for expensive work, or one slot for each slice it reads. */
const READ_LINES_MAX = 1_000
const MEDIA_TYPE = /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/
const ANY_BYTES = 'application/octet-stream'

const DESCRIPTION = `The standard does not say where \`billDocument\` leads.

Returns the document of a bill as PDF, HTML or CSV, by \`Accept\`: its number, lines, taxes and amount due. Payments
do not change it, and the same bill has the same bytes. A document posted with its \`content\` is returned unchanged.
A bill whose rates and amounts contradict each other is a 409.`

const CSV = `billNo,rateId,date,type,productId,product,name,description,periodStart,periodEnd,taxCategory,taxRate,\
currency,taxExcludedAmount,taxIncludedAmount,taxAmount,record
INV-2026-000180,01M6ADBH80B4TPYHKCZWMBD85V,2026-10-01T00:00:00.000Z,appliedBillingCharge,P-1,Fibre 500,Fibre 500,\
Basic charge,2026-10-01T00:00:00.000Z,2026-11-01T00:00:00.000Z,VAT,0.19,EUR,39.9,47.481,7.581,rate
INV-2026-000180,,,,,,,,,,VAT,0.19,EUR,39.9,,7.58,tax
`

export const documentEndpoint: Endpoint = endpoint({
  method: 'GET',
  path: `/${customerBill.path}/{id}/document/{documentId}`,
  pathParameters: { documentId: 'Identifier of the document, from `billDocument` of the bill' },
  operationId: 'retrieveCustomerBillDocument',
  tag: customerBill.path,
  summary: 'Read the document of one CustomerBill',
  description: DESCRIPTION,
  access: { scopes: customerBill.scopes.read, supportsProxy: true },
  headers: ['IfNoneMatch'],
  query: anyQuery,
  body: noBody,
  failures: [406, 409],
  replies: {
    200: {
      description: 'The document',
      headers: ['ETag', 'Vary', 'Content-Disposition'],
      media: {
        'application/pdf': { ...TEXT, contentMediaType: 'application/pdf' },
        'text/html': TEXT,
        'text/csv': { ...TEXT, examples: [CSV] },
        '*/*': { ...TEXT, description: 'The posted content with its posted `mimeType`' }
      }
    },
    304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag', 'Vary'] }
  },
  handle: async ({ request, params, view }, { database }) => {
    const billId = idOf(await find(database, customerBill, view, String(params.id)))
    const document = { tenantId: view.tenantId, billId, documentId: String(params.documentId) }
    return answerDocument(request, database, document, request.headers.accept)
  }
})

interface DocumentName {
  readonly tenantId: string
  readonly billId: string
  readonly documentId: string
}

/** Responds with a document of a bill that the requester may see. Throws `notFound` and `notAcceptable`. */
export async function answerDocument(
  request: FastifyRequest,
  database: Database,
  { tenantId, billId, documentId }: DocumentName,
  accept: string | undefined
): Promise<Answer> {
  const attachment = await attachmentOf(database, tenantId, billId, documentId)
  const rendered = isOwnDocument(attachment)
    ? await rendering(request, database, { tenantId, billId }, accept)
    : posted(accept, attachment)
  return answerOf(request, rendered)
}

const ATTACHED = rowOf('customer_bill', { billDocument: json(ATTACHMENTS) })

async function attachmentOf(
  queryable: Queryable,
  tenantId: string,
  billId: string,
  documentId: string
): Promise<Attachment> {
  const attached = prepared`SELECT ${ATTACHED.columns} FROM "customer_bill"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${billId}`
  const { rows } = await queryable.run(attached)
  const found = rows.flatMap((row) => ATTACHED.read(row).billDocument).find(({ id }) => id === documentId)
  if (found) return found
  throw DOCUMENTS.notFound()
}

async function rendering(
  request: FastifyRequest,
  database: Database,
  { tenantId, billId }: Pick<DocumentName, 'tenantId' | 'billId'>,
  accept: string | undefined
): Promise<Rendered> {
  const type = chosen(accept, MEDIA_TYPES)
  const slot = slotOf(request)
  let isTransfer = false
  const run: Queryable['run'] = (statement) =>
    isTransfer ? slot.run('read', () => database.run(statement)) : database.run(statement)
  const source = await readBill({ run }, tenantId, billId)
  if (source.lineCount > READ_LINES_MAX) {
    isTransfer = type === 'text/csv'
    await slot.become(isTransfer ? 'transfer' : 'expensive')
  }
  const name = fileName(source.billNo ?? source.id)
  switch (type) {
    case 'application/pdf':
      return {
        pieces: only(await renderPdfAside(await billContent(source), slot.requireClient)),
        type,
        disposition: `inline; filename="${name}.pdf"`
      }
    case 'text/html': {
      const isExplained = source.lineCount <= ITEMISED_MAX
      const explanation = isExplained ? await database.snapshot((tx) => explain(tx, tenantId, billId)) : undefined
      const { pieces, contentSecurityPolicy } = renderHtml(await billContent(source), explanation)
      const disposition = `inline; filename="${name}.html"`
      return { pieces: inTurns(pieces), type: `${type};charset=utf-8`, disposition, contentSecurityPolicy }
    }
    case 'text/csv':
      return {
        pieces: renderCsv(source),
        type: `${type};charset=utf-8;header=present`,
        disposition: `attachment; filename="${name}.csv"`
      }
  }
}

/** Returns a document that came with the bill. Browsers save it; they never show it as a page of ours. */
function posted(accept: string | undefined, { content, mimeType = '', name, id }: Attachment): Rendered {
  if (content === undefined) throw DOCUMENTS.elsewhere()
  const type = MEDIA_TYPE.test(mimeType) ? mimeType.toLowerCase() : ANY_BYTES
  chosen(accept, [type])
  return {
    pieces: only(Buffer.from(content, 'base64')),
    type,
    disposition: `attachment; filename="${fileName(name ?? id)}"`
  }
}

function chosen<T extends string>(accept: string | undefined, offered: readonly T[]): T {
  const type = preferred(accept, offered)
  if (type) return type
  throw DOCUMENTS.mediaType(offered)
}

function fileName(text: string): string {
  return text.replace(/[^\w.-]+/g, '-').replace(/^[-.]+/, '') || 'document'
}

async function* only(content: Buffer): AsyncGenerator<Buffer> {
  yield content
}

/** Sends a large document as it is made, without an entity tag, which would be known at the end only. */
async function answerOf({ headers }: FastifyRequest, rendered: Rendered): Promise<Answer> {
  const { pieces, type, disposition, contentSecurityPolicy } = rendered
  const made = await spool(pieces)
  const tag = 'tag' in made ? made.tag : undefined
  const known = { Vary: 'Accept', 'Cache-Control': 'private, no-cache', ...(tag !== undefined && { ETag: tag }) }
  if (tag !== undefined && isUnchanged(headers['if-none-match'], tag)) return { status: 304, headers: known }
  return {
    headers: {
      ...known,
      ...(contentSecurityPolicy && { 'Content-Security-Policy': contentSecurityPolicy }),
      'Content-Disposition': disposition
    },
    content: { type, body: 'tag' in made ? made.whole : made.stream }
  }
}
