import type { Readable } from 'node:stream'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { WorkClass } from '../../fairness/scheduler.ts'
import { rawQuery } from '../../http/address.ts'
import { entityTag, isUnchanged } from '../../http/conditional.ts'
import { findingAt, listing, parameterFault, refusal } from '../../http/findings.ts'
import { JSON_TYPE } from '../../http/media-types.ts'
import { readBody } from '../../http/read-body.ts'
import { FIELDS } from '../../messages/field.ts'
import type { Problem } from '../../messages/problem.ts'
import { QUERIES } from '../../messages/query.ts'
import { parameterRefs } from '../openapi/components.ts'
import { type EndpointDescription, type QueryReader, queryParameters } from '../openapi/endpoint.ts'
import { type ListQuery, noParameter, readListQuery } from '../query/list-query.ts'
import type { Requester, RouteContext } from './routes.ts'

/** An operation outside the TMF resources: route, access, validation and documentation in one place. */
export interface Declaration<Query, Body> extends EndpointDescription {
  readonly query: QueryReader<Query>
  readonly body: z.ZodType<Body>
  readonly work?: WorkClass
  /** See the settings of routes in body.ts and errors.ts. */
  readonly config?: Pick<FastifyContextConfig, 'takesMany' | 'takesForms' | 'messageMember'>
  readonly handle: (asked: Asked<Query, Body>, context: RouteContext) => Promise<Answer>
}

export interface Asked<Query, Body> extends Requester {
  readonly request: Request
  readonly base: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
}

/** A response: empty, JSON as text, so that no digit of an amount is lost, or content of another media type. */
export interface Answer {
  /** 200 by default. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | number>>
  readonly json?: string | Buffer
  readonly content?: { readonly type: string; readonly body: Readable | Buffer }
}

export interface Endpoint {
  register(app: FastifyInstance, base: string, context: RouteContext): void
  readonly description: EndpointDescription
}

type Request = FastifyRequest<{ Params: Readonly<Record<string, string>> }>

/** Declares an operation. The compiler checks `handle` against the types of `query` and `body`. */
export function endpoint<Query, Body>(declared: Declaration<Query, Body>): Endpoint {
  const { method, path, access, work, config } = declared
  return {
    register: (app, base, context) => {
      const url = base + path.replaceAll(/\{(\w+)\}/g, ':$1')
      app.route({
        method,
        url,
        config: { ...config, access, ...(work && { work }) },
        handler: handlerOf(declared, base, context)
      })
    },
    description: declared
  }
}

function handlerOf<Query, Body>(declared: Declaration<Query, Body>, base: string, context: RouteContext) {
  const { query, body, isBodyOptional = body === noBody, handle } = declared
  return async (request: Request, reply: FastifyReply): Promise<FastifyReply> => {
    const read = {
      query: query.read(rawQuery(request)),
      body: readBody(body, isBodyOptional ? (request.body ?? {}) : request.body)
    }
    const asked: Asked<Query, Body> = {
      ...{ request, base, params: request.params, ...read },
      // A public request has no principal; reading it is a bug.
      get view() {
        return context.requester(request).view
      },
      get author() {
        return context.requester(request).author
      }
    }
    const { status = 200, headers = {}, json, content } = await handle(asked, context)
    reply.code(status).headers(headers)
    if (content) return reply.type(content.type).send(content.body)
    return json === undefined ? reply.send() : reply.type(JSON_TYPE).send(json)
  }
}

export const noBody = z.strictObject({})

export const anyQuery: QueryReader<undefined> = { parameters: [], read: () => undefined }

export function noQuery(refuse: () => Problem): QueryReader<undefined> {
  return {
    parameters: [],
    read: (raw) => {
      const given = [...new URLSearchParams(raw).keys()]
      if (raw !== '')
        throw listing(
          refuse(),
          given.map((name) => findingAt(name, noParameter([])))
        )
    }
  }
}

export function queryOf<Query>(schema: z.ZodObject & z.ZodType<Query>): QueryReader<Query> {
  return { parameters: queryParameters(schema), read: (raw) => readQuery(schema, raw) }
}

/**
 * Reads the query of a paged list, filtered by equality of a few attributes, and by the order of instants, both given
 * with their descriptions.
 */
export function listQuery<Name extends string>(
  noun: string,
  filters: Readonly<Record<Name, string>>,
  instants: Readonly<Record<string, string>> = {}
): QueryReader<ListQuery<Name>> {
  const described = Object.entries<string>({ ...filters, ...instants })
  const schema = { type: 'string' }
  return {
    parameters: [
      ...described.map(([name, description]) => ({ name, in: 'query', description, schema })),
      ...parameterRefs('Offset', 'Limit')
    ],
    read: (raw) => readListQuery<Name>(raw, noun, Object.keys(filters), Object.keys(instants))
  }
}

/** Responds with a versioned value, or 304 if the client has it. */
export function versioned({ headers }: FastifyRequest, version: string, json: string): Answer {
  const tag = { ETag: entityTag(version) }
  return isUnchanged(headers['if-none-match'], tag.ETag) ? { status: 304, headers: tag } : { headers: tag, json }
}

/** Throws `invalidQuery` with the parameters at fault. */
function readQuery<Query>(schema: z.ZodObject & z.ZodType<Query>, raw: string): Query {
  const sent = new URLSearchParams(raw)
  const repeated = [...sent.keys()].find((name) => sent.getAll(name).length > 1)
  if (repeated !== undefined) throw parameterFault(QUERIES.repeated, repeated, FIELDS.repeated())
  const result = schema.safeParse(Object.fromEntries(sent))
  if (result.success) return result.data
  const findings = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => findingAt(name, noParameter(Object.keys(schema.shape))))
      : [findingAt(issue.path.join('.'), issue.message)]
  )
  throw refusal(QUERIES.invalid, findings)
}
