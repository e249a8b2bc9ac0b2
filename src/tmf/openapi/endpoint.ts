import { z } from 'zod'
import type { Access } from '../../http/access.ts'
import {
  ERROR_RESPONSES,
  type FailureStatus,
  type HeaderName,
  headerRefs,
  type ParameterName,
  parameterRefs
} from './components.ts'
import { operationObject } from './operation.ts'
import type { Json } from './schemas.ts'

export interface QueryReader<Query> {
  readonly parameters: readonly Json[]
  /** Throws `invalidQuery`. */
  readonly read: (raw: string) => Query
}

/** The documentation of an operation outside the TMF resources. */
export interface EndpointDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base path, parameters in braces: `/payment/{id}/reverse`. */
  readonly path: string
  readonly pathParameters?: Readonly<Record<string, string>>
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  readonly access: Access
  /** Names of security schemes, where the operation authenticates clients itself. */
  readonly clients?: readonly string[]
  readonly query?: z.ZodType | Pick<QueryReader<unknown>, 'parameters'>
  readonly body?: z.ZodType
  /** Media types of the body; JSON by default. */
  readonly bodyTypes?: readonly string[]
  /** Schemas and examples by media type, where they differ. */
  readonly bodies?: Readonly<Record<string, Json>>
  readonly isBodyOptional?: boolean
  readonly headers?: readonly ParameterName[]
  /** A body that succeeds on the demo data. */
  readonly example?: Json | readonly Json[]
  readonly examples?: Readonly<Record<string, Json>>
  /** Successes, and failures whose body is not `Error`. */
  readonly replies: Readonly<Record<number, Reply>>
  /** Failures besides those of every operation. */
  readonly failures?: readonly FailureStatus[]
  /** The schema of their bodies; `Error` by default. */
  readonly failureSchema?: Json
}

/** A response: its description, the schema of its JSON or of each media type, and headers besides the request id. */
export interface Reply {
  readonly description: string
  readonly schema?: Json
  readonly media?: Readonly<Record<string, Json>>
  readonly headers?: readonly HeaderName[]
}

/** Failures of every operation, and of those without a credential. */
export const COMMON = [400, 401, 403, 405, 429, 500, 503, 'default'] as const
const PUBLIC_COMMON = [405, 429, 500, 503, 'default'] as const

/** Returns the replies of a paged list; `whole` describes one that fits on a page. */
export function pagesOf(schema: Json, whole = 'All matches, or the first page'): EndpointDescription['replies'] {
  const found: Omit<Reply, 'description'> = {
    schema: { type: 'array', items: schema },
    headers: ['X-Total-Count', 'X-Result-Count', 'Link']
  }
  return {
    200: { description: whole, ...found },
    206: { description: 'The part that `offset` and `limit` asked for', ...found }
  }
}

/** Returns path items; any of the security schemes opens their operations. */
export function endpointPaths(described: readonly EndpointDescription[], schemes: readonly string[]) {
  const paths: Record<string, Record<string, Json>> = {}
  for (const one of described) {
    paths[one.path] = { ...paths[one.path], [one.method.toLowerCase()]: endpointOperation(one, schemes) }
  }
  return paths
}

function endpointOperation(declared: EndpointDescription, schemes: readonly string[]): Json {
  const { operationId, tag, summary, description, access, replies } = declared
  const { query = NOTHING, failures = [], failureSchema, headers = [] } = declared
  const ofItem = declared.path.includes('{') ? ([404, 414] as const) : []
  const ofBody = declared.method === 'GET' ? [] : ([413, 415] as const)
  const common = access === 'public' ? PUBLIC_COMMON : COMMON
  const statuses = [...common, ...failures, ...ofItem, ...ofBody]
  return operationObject({
    ...{ operationId, tag, summary, description, kind: 'extension' },
    security: requirements(declared, schemes),
    parameters: [
      ...pathParameters(declared),
      ...('parameters' in query ? query.parameters : queryParameters(query)),
      ...parameterRefs(...headers)
    ],
    supportsProxy: access !== 'public' && access.supportsProxy,
    requestBody: requestBody(declared),
    failures: failureSchema ? [] : statuses,
    responses: {
      ...(failureSchema && failuresOf(statuses, failureSchema)),
      ...Object.fromEntries(Object.entries(replies).map(([status, reply]) => [status, response(reply)]))
    }
  })
}

function requestBody(declared: EndpointDescription): Json | undefined {
  const { example, examples, bodyTypes = ['application/json'], bodies, isBodyOptional = false } = declared
  if (bodies) return { required: true, content: bodies }
  const schema = bodySchema(declared.body ?? NOTHING)
  if (!schema.items && Object.keys(schema.properties ?? {}).length === 0) return undefined
  const content = { schema, ...(example && { example }), ...(examples && { examples }) }
  return { required: !isBodyOptional, content: Object.fromEntries(bodyTypes.map((type) => [type, content])) }
}

const NOTHING = z.object({})

function requirements({ access, clients = [] }: EndpointDescription, schemes: readonly string[]): readonly Json[] {
  if (access !== 'public') return schemes.map((scheme) => ({ [scheme]: access.scopes }))
  // The client's credentials may also be in the form.
  return clients.length === 0 ? [] : [...clients.map((scheme) => ({ [scheme]: [] })), {}]
}

function response({
  description,
  schema,
  media = schema && { 'application/json': schema },
  headers = []
}: Reply): Json {
  const content = media && Object.entries(media).map(([type, of]) => [type, { schema: of }])
  return {
    description,
    headers: headerRefs('X-Request-Id', ...headers),
    ...(content && { content: Object.fromEntries(content) })
  }
}

function failuresOf(statuses: readonly FailureStatus[], schema: Json): Json {
  return Object.fromEntries(statuses.map((status) => [status, response({ ...ERROR_RESPONSES[status], schema })]))
}

function pathParameters({ path, pathParameters = {} }: EndpointDescription): readonly Json[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return names.flatMap((name) => {
    const description = pathParameters[name]
    if (description === undefined) return parameterRefs('Id')
    return [{ name, in: 'path', required: true, description, schema: { type: 'string' } }]
  })
}

export function queryParameters(query: z.ZodType): readonly Json[] {
  const { properties = {}, required = [] } = bodySchema(query)
  return Object.entries(properties).map(([name, { description, ...schema }]) => {
    return { name, in: 'query', required: required.includes(name), description, schema }
  })
}

interface ObjectSchema {
  readonly [keyword: string]: unknown
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
}

/** Returns the schema of the input, before transformations. */
export function bodySchema(schema: z.ZodType): ObjectSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest as ObjectSchema
}
