import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Author } from '../../audit/record.ts'
import type { Clock } from '../../base/clock.ts'
import type { Database, Row, Transaction } from '../../db/database.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import { type Address, rawQuery } from '../../http/address.ts'
import { entityTag, expectedVersion, isUnchanged } from '../../http/conditional.ts'
import { isLines } from '../../http/lines.ts'
import { JSON_TYPE, PATCH_TYPES, type PatchType } from '../../http/media-types.ts'
import { BODIES } from '../../messages/body.ts'
import { createMany } from '../bulk/bulk.ts'
import type { Served } from '../declaration/define.ts'
import type { Resource } from '../declaration/resource.ts'
import { type Answer, idempotencyKey, once } from '../idempotency.ts'
import { pageOf } from '../page.ts'
import { type Fields, parseFieldsOnly, parseQuery } from '../query/query.ts'
import { find } from '../read.ts'
import type { Resolve } from '../references.ts'
import { remove } from '../remove.ts'
import { idOf, selectAll, selectFields, versionOf, writeDocument } from '../representation.ts'
import { secretFor } from '../secret.ts'
import type { View } from '../view.ts'
import { create, patch, type WriteContext } from '../write.ts'
import { answerList } from './list.ts'
import { writeParts } from './list-text.ts'

export interface Requester {
  readonly view: View
  readonly author: Author
}

export interface RouteContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly resources: ReadonlyMap<string, Resource>
  readonly resolvers?: ReadonlyMap<string, Resolve>
  /** Returns the requester; the route's declared access has checked its rights. */
  readonly requester: (request: FastifyRequest) => Requester
  readonly supportsProxy: boolean
  readonly address: Address
  /** `If-Match` takes tags that a proxy has made weak. */
  readonly takesWeakTags?: boolean
}

type ItemRequest = FastifyRequest<{ Params: { id: string } }>

/** Registers the routes of one resource below a base path, e.g. `/customerBillManagement/v4`. */
export function registerResource(app: FastifyInstance, base: string, resource: Served, context: RouteContext): void {
  const collection = `${base}/${resource.path}`
  const item = `${collection}/:id`
  const handlers = itemHandlers(base, resource, context)
  const { operations } = resource
  const { supportsProxy } = context
  const opened = (scopes: readonly string[]) => ({ config: { access: { scopes, supportsProxy } } })
  const [read, write] = [opened(resource.scopes.read), opened(resource.scopes.write)]
  if (operations.list) app.get(collection, read, listHandler(base, resource, context))
  const creation = { config: { ...write.config, takesMany: resource.bulk !== undefined } }
  if (operations.create) app.post(collection, creation, createHandler(base, resource, context))
  if (operations.retrieve) app.get(item, read, handlers.retrieve)
  if (operations.patch) app.patch(item, write, handlers.patch)
  if (operations.remove) app.delete(item, write, handlers.remove)
}

function listHandler(base: string, resource: Resource, context: RouteContext) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const query = parseQuery(rawQuery(request))
    const page = pageOf(resource, context.requester(request).view, query)
    const root = context.address(request, base)
    const url = `${root.url}/${resource.path}`
    const write = (row: Row) => writeDocument(resource.path, page.selection, row, root.json)
    const { status, headers, made } = await answerList({ request, ...context, query, page, url }, (parts) =>
      writeParts(parts, write)
    )
    return reply.code(status).headers(headers).type(JSON_TYPE).send(made)
  }
}

function itemHandlers(base: string, resource: Served, context: RouteContext) {
  return {
    retrieve: async (request: ItemRequest, reply: FastifyReply) => {
      const fields = parseFieldsOnly(rawQuery(request))
      const row = await find(context.database, resource, context.requester(request).view, request.params.id)
      const tag = entityTag(versionOf(row))
      if (isUnchanged(request.headers['if-none-match'], tag)) return reply.code(304).header('ETag', tag).send()
      return sendOne(reply, row, json(resource, row, fields, context.address(request, base).json))
    },
    patch: async (request: ItemRequest, reply: FastifyReply) => {
      const fields = parseFieldsOnly(rawQuery(request))
      const type = patchType(request)
      const requireExpected = expectedVersion(request.headers['if-match'], context.takesWeakTags)
      const body = required(request.body)
      const write = { ...context, ...context.requester(request) }
      const { id } = request.params
      const row = await context.database.transaction((tx) =>
        patch(tx, write, resource, id, requireExpected, type, body)
      )
      return sendOne(reply, row, json(resource, row, fields, context.address(request, base).json))
    },
    remove: async (request: ItemRequest, reply: FastifyReply) => {
      const requireExpected = expectedVersion(request.headers['if-match'], context.takesWeakTags)
      await context.database.transaction((tx) =>
        remove(tx, { ...context, ...context.requester(request) }, resource, request.params.id, requireExpected)
      )
      return reply.code(204).send()
    }
  }
}

function createHandler(base: string, resource: Served, context: RouteContext) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { body: sent } = request
    if (isLines(sent)) return createMany(request, reply, resource, { ...context, ...context.requester(request) }, sent)
    // A single document is stored whole or not at all: `atomic` changes nothing.
    const raw = resource.bulk ? withoutAtomic(rawQuery(request)) : rawQuery(request)
    const fields = parseFieldsOnly(raw)
    requireJson(request)
    const key = idempotencyKey(request.headers['idempotency-key'])
    const body = required(request.body)
    const root = context.address(request, base)
    const write: WriteContext = { ...context, ...context.requester(request) }
    if (resource.secret?.isSlow) await slotOf(request).become('expensive')
    const made = await secretFor(resource, body)
    let secret: string | undefined
    const work = async (tx: Transaction): Promise<Answer> => {
      const created = await create(tx, write, resource, body, made)
      const { row } = created
      secret = created.secret
      const location = `${root.url}/${resource.path}/${encodeURIComponent(idOf(row))}`
      return { status: 201, location, etag: entityTag(versionOf(row)), body: json(resource, row, fields, root.json) }
    }
    const { answer, isReplay } = await context.database.transaction(async (tx) => {
      if (key === undefined) return { answer: await work(tx), isReplay: false }
      return once(tx, write.view, key, [resource.path, raw, withoutSecret(resource, body)], () => work(tx))
    })
    if (isReplay) reply.header('Idempotency-Replayed', 'true')
    reply.header('Location', answer.location).header('ETag', answer.etag)
    return reply
      .code(answer.status)
      .type(JSON_TYPE)
      .send(withSecret(resource, answer.body, secret))
  }
}

/** Adds the secret to the response; the stored response for repetitions lacks it. */
function withSecret(resource: Resource, body: string, secret: string | undefined): string {
  if (secret === undefined || !resource.secret) return body
  return `${body.slice(0, -1)},${JSON.stringify(resource.secret.member)}:${JSON.stringify(secret)}}`
}

/** Identifies a request for repetitions, without a trace of a chosen secret. */
function withoutSecret({ secret }: Resource, body: unknown): string {
  return JSON.stringify(body, (name, value) => (name === secret?.member ? undefined : value))
}

function sendOne(reply: FastifyReply, row: Row, text: string): FastifyReply {
  return reply
    .header('ETag', entityTag(versionOf(row)))
    .type(JSON_TYPE)
    .send(text)
}

function json(resource: Resource, row: Row, fields: Fields | undefined, root: string): string {
  const selection = fields ? selectFields(resource, fields, resource.columns) : selectAll(resource)
  return writeDocument(resource.path, selection, row, root)
}

function required(body: unknown): unknown {
  if (body === undefined) throw BODIES.missing()
  return body
}

function mediaType(request: FastifyRequest): string | undefined {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
}

function patchType(request: FastifyRequest): PatchType {
  const sent = mediaType(request)
  const type = PATCH_TYPES.find((candidate) => candidate === sent)
  if (type) return type
  if (sent === undefined) required(request.body)
  throw BODIES.notPatchType(PATCH_TYPES)
}

function requireJson(request: FastifyRequest): void {
  const sent = mediaType(request)
  if (sent === undefined || sent === 'application/json') return
  throw BODIES.notJsonType()
}

function withoutAtomic(raw: string): string {
  return raw
    .split('&')
    .filter((part) => !/^atomic=(true|false)$/.test(part))
    .join('&')
}
