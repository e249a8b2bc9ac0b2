import { z } from 'zod'
import type { Access } from '../../http/access.ts'
import { ERROR_RESPONSES, type HeaderName, headerRefs, parameterRefs, responseRef } from './components.ts'
import type { Json } from './schemas.ts'

/** What the OpenAPI document says about an operation that belongs to no TMF resource. */
export interface EndpointDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base path, parameters in braces: `/payment/{id}/reverse`. */
  readonly path: string
  /** What its parameters of the path are; `id` needs no words. */
  readonly pathParameters?: Readonly<Record<string, string>>
  /** What it is about, for messages: `a statement`. */
  readonly subject: string
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  readonly access: Exclude<Access, 'public'>
  readonly query: z.ZodType
  readonly body: z.ZodType
  /** Bodies that succeed on the demo data, by name. */
  readonly examples?: Readonly<Record<string, Json>>
  readonly replies: Readonly<Record<number, Reply>>
  /** Failures besides those that every operation may meet. */
  readonly failures?: readonly (keyof typeof ERROR_RESPONSES)[]
}

/** A success: what it means, its JSON schema, and headers besides the request id. */
export interface Reply {
  readonly description: string
  readonly schema: Json
  readonly headers?: readonly HeaderName[]
}

const COMMON = [400, 401, 403, 405, 429, 500, 503, 'default'] as const

/** The OpenAPI operation of an endpoint, opened by any of the security schemes. */
export function operationOf(declared: EndpointDescription, schemes: readonly string[]): Json {
  const { operationId, tag, summary, description, access, examples, replies, failures = [] } = declared
  const body = jsonSchema(declared.body)
  const ofItem = declared.path.includes('{') ? ([404, 414] as const) : []
  const statuses: readonly (keyof typeof ERROR_RESPONSES)[] = [...COMMON, ...failures, ...ofItem]
  return {
    operationId,
    tags: [tag],
    summary: `${summary} (extension)`,
    description,
    'x-tmf-operation': 'extension',
    security: schemes.map((scheme) => ({ [scheme]: access.scopes })),
    parameters: [
      ...pathParameters(declared),
      ...queryParameters(declared.query),
      ...parameterRefs(...(access.supportsProxy ? (['ProxyAccountNumber'] as const) : []), 'RequestId')
    ],
    ...(hasMembers(body) && {
      requestBody: { required: true, content: { 'application/json': { schema: body, ...(examples && { examples }) } } }
    }),
    responses: {
      ...Object.fromEntries(Object.entries(replies).map(([status, reply]) => [status, response(reply)])),
      ...Object.fromEntries(statuses.map((status) => [status, responseRef(ERROR_RESPONSES[status].name)]))
    }
  }
}

function response({ description, schema, headers = [] }: Reply): Json {
  return { description, headers: headerRefs('X-Request-Id', ...headers), content: { 'application/json': { schema } } }
}

function pathParameters({ path, pathParameters = {} }: EndpointDescription): readonly Json[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return names.flatMap((name) => {
    const description = pathParameters[name]
    if (description === undefined) return parameterRefs('Id')
    return [{ name, in: 'path', required: true, description, schema: { type: 'string' } }]
  })
}

function queryParameters(query: z.ZodType): readonly Json[] {
  const { properties = {}, required = [] } = jsonSchema(query)
  return Object.entries(properties).map(([name, { description, ...schema }]) => {
    return { name, in: 'query', required: required.includes(name), description, schema }
  })
}

interface ObjectSchema {
  readonly [keyword: string]: unknown
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
}

/** The JSON schema of what is sent, before it is transformed. */
function jsonSchema(schema: z.ZodType): ObjectSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest as ObjectSchema
}

function hasMembers({ properties = {} }: ObjectSchema): boolean {
  return Object.keys(properties).length > 0
}
