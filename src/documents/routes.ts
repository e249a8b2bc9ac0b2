import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Database, Queryable } from '../db/database.ts'
import { json, rowOf } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { preferred } from '../http/accept.ts'
import type { Access } from '../http/access.ts'
import { isUnchanged } from '../http/conditional.ts'
import { DOCUMENTS } from '../messages/document.ts'
import { inTurns } from '../pace/turns.ts'
import { ATTACHMENTS, type Attachment, isOwnDocument } from '../resources/bill-document.ts'
import { customerBill } from '../resources/customer-bill.ts'
import { find } from '../tmf/read.ts'
import { idOf } from '../tmf/representation.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { renderCsv } from './csv/csv.ts'
import { renderHtml } from './html/html.ts'
import { renderPdfAside } from './pdf/thread.ts'
import { spool } from './spool.ts'
import { readBill } from './view/bill-reading.ts'
import type { BillSource } from './view/bill-source.ts'
import { billView } from './view/bill-view.ts'

type DocumentRequest = FastifyRequest<{ Params: { id: string; documentId: string } }>

interface Rendered {
  readonly pieces: AsyncIterable<string | Buffer>
  readonly type: string
  readonly disposition: string
  readonly contentSecurityPolicy?: string
}

/** In order of preference: a client that takes anything gets the first. */
const MEDIA_TYPES = ['application/pdf', 'text/html', 'text/csv'] as const
/** A document of more lines takes a slot for expensive work, or one slot for each slice it reads. */
const READ_LINES_MAX = 1_000
const MEDIA_TYPE = /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/
const ANY_BYTES = 'application/octet-stream'

export function registerDocuments(app: FastifyInstance, base: string, context: RouteContext): void {
  const access: Access = { scopes: customerBill.scopes.read, supportsProxy: context.supportsProxy }
  app.get(`${base}/customerBill/:id/document/:documentId`, { config: { access } }, documentHandler(context))
}

function documentHandler({ database, requester }: RouteContext) {
  return async (request: DocumentRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { id, documentId } = request.params
    const { view } = requester(request)
    const billId = idOf(await find(database, customerBill, view, id))
    const attachment = await attachmentOf(database, view.tenantId, billId, documentId)
    const { accept } = request.headers
    const rendered = isOwnDocument(attachment)
      ? await rendering(request, (queryable) => readBill(queryable, view.tenantId, billId), database)
      : posted(accept, attachment)
    return send(request, reply, rendered)
  }
}

const ATTACHED = rowOf('customer_bill', { billDocument: json(ATTACHMENTS) })

async function attachmentOf(
  queryable: Queryable,
  tenantId: string,
  billId: string,
  documentId: string
): Promise<Attachment> {
  const attached = sql`SELECT ${ATTACHED.columns} FROM "customer_bill"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${billId}`
  const { rows } = await queryable.run(attached, { prepared: true })
  const found = rows.flatMap((row) => ATTACHED.read(row).billDocument).find(({ id }) => id === documentId)
  if (found) return found
  throw DOCUMENTS.notFound()
}

async function rendering(
  request: FastifyRequest,
  read: (queryable: Queryable) => Promise<BillSource>,
  database: Database
): Promise<Rendered> {
  const type = chosen(request.headers.accept, MEDIA_TYPES)
  const slot = slotOf(request)
  let isTransfer = false
  const run: Queryable['run'] = (...statement) =>
    isTransfer ? slot.run('read', () => database.run(...statement)) : database.run(...statement)
  const source = await read({ run })
  if (source.lineCount > READ_LINES_MAX) {
    isTransfer = type === 'text/csv'
    await slot.become(isTransfer ? 'transfer' : 'expensive')
  }
  const name = fileName(source.billNo ?? source.id)
  switch (type) {
    case 'application/pdf':
      return {
        pieces: only(await renderPdfAside(await billView(source), slot.requireClient)),
        type,
        disposition: `inline; filename="${name}.pdf"`
      }
    case 'text/html': {
      const { pieces, contentSecurityPolicy } = renderHtml(await billView(source))
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
async function send(request: FastifyRequest, reply: FastifyReply, rendered: Rendered): Promise<FastifyReply> {
  const { pieces, type, disposition, contentSecurityPolicy } = rendered
  const content = await spool(pieces)
  const tag = 'tag' in content ? content.tag : undefined
  const isKnown = tag !== undefined && isUnchanged(request.headers['if-none-match'], tag)
  reply.header('Vary', 'Accept').header('Cache-Control', 'private, no-cache')
  if (tag !== undefined) reply.header('ETag', tag)
  if (isKnown) return reply.code(304).send()
  if (contentSecurityPolicy) reply.header('Content-Security-Policy', contentSecurityPolicy)
  return reply
    .header('Content-Disposition', disposition)
    .type(type)
    .send('tag' in content ? content.whole : content.stream)
}
