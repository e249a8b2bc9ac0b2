import type { Served } from '../declaration/define.ts'
import type { Operation } from '../declaration/resource.ts'
import { componentResponses, HEADERS } from './components.ts'
import { type EndpointDescription, endpointPaths } from './endpoint.ts'
import { type OperationContext, resourceOperation, VERBS } from './operations.ts'
import { PARAMETERS } from './parameters.ts'
import { componentSchemas, type Json } from './schemas.ts'

/** The parts of an OpenAPI document besides the resources' declarations. */
export interface ApiDescription {
  readonly title: string
  /** Version of the standard that the API follows, e.g. `4.0.0`. */
  readonly version: string
  readonly description: string
  readonly basePaths: readonly string[]
  /** OpenAPI's security schemes by name. Any of them opens an operation that is not public. */
  readonly securitySchemes: Json
  /** Security schemes of operations that authenticate clients themselves. */
  readonly clientSchemes: Json
  /** The prefix of every path as clients see it, or empty. */
  readonly prefix: string
  readonly sections: readonly Section[]
}

/** Resources and other operations below one base path, or below each of the API's. */
export interface Section {
  /** Undefined: below each base path of the API. */
  readonly base?: string
  readonly resources?: readonly Served[]
  /** A provider may act as one of its partners on the resources. */
  readonly supportsProxy?: boolean
  readonly tags?: Readonly<Record<string, string>>
  readonly operations: readonly EndpointDescription[]
  readonly schemas?: Json
}

/** Returns the OpenAPI 3.1 document, made from declarations only. */
export function openApiDocument(api: ApiDescription): Json {
  const { title, version, description, basePaths, prefix, securitySchemes, clientSchemes, sections } = api
  const served = sections.flatMap(({ resources = [] }) => resources)
  const schemes = Object.keys(securitySchemes)
  return {
    openapi: '3.1.0',
    info: { title, version, description, license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' } },
    servers: basePaths.map((url) => ({ url: prefix + url })),
    tags: sections.flatMap(tagsOf),
    paths: Object.assign({}, ...sections.map((section) => pathsOf(section, prefix, schemes))),
    components: {
      schemas: Object.assign(componentSchemas(served), ...sections.map(({ schemas = {} }) => schemas)),
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: componentResponses(),
      securitySchemes: { ...securitySchemes, ...clientSchemes }
    }
  }
}

function tagsOf({ resources = [], tags = {} }: Section): readonly Json[] {
  const own = resources.map(({ path, description }) => ({ name: path, description }))
  return [...own, ...Object.entries(tags).map(([name, description]) => ({ name, description }))]
}

/** Returns the path items of a section; with a base of its own they have their whole path and name their server. */
function pathsOf(section: Section, prefix: string, schemes: readonly string[]): Json {
  const { base, resources = [], supportsProxy = false, operations } = section
  const items = {
    ...Object.fromEntries(resources.flatMap((one) => pathItems(one, { resources, supportsProxy, schemes }))),
    ...endpointPaths(operations, schemes)
  }
  if (base === undefined) return items
  const servers = [{ url: prefix || '/' }]
  return Object.fromEntries(Object.entries(items).map(([path, item]) => [base + path, { servers, ...item }]))
}

function pathItems(resource: Served, context: OperationContext): (readonly [path: string, item: Json])[] {
  const items = [
    [`/${resource.path}`, operationsAt('collection', resource, context)],
    [`/${resource.path}/{id}`, operationsAt('item', resource, context)]
  ] as const
  return items.filter(([, operations]) => Object.keys(operations).length > 0)
}

function operationsAt(place: 'collection' | 'item', resource: Served, context: OperationContext): Json {
  const served = (Object.keys(VERBS) as Operation[]).filter(
    (operation) => VERBS[operation].place === place && resource.operations[operation]
  )
  return Object.fromEntries(
    served.map((operation) => [VERBS[operation].method, resourceOperation(resource, operation, context)])
  )
}
