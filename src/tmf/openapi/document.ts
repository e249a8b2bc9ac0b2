import type { Operation, Resource } from '../declaration/resource.ts'
import { componentHeaders, componentParameters, componentResponses } from './components.ts'
import { type OperationContext, operationObject, VERBS } from './operations.ts'
import { componentSchemas, type Json } from './schemas.ts'

/** What an OpenAPI document says besides the declarations of the resources. */
export interface ApiDescription {
  readonly title: string
  /** Version of the standard that the API follows, e.g. `4.0.0`. */
  readonly version: string
  readonly description: string
  /** Every path under which the API stands; the first one is what a client should use. */
  readonly basePaths: readonly string[]
  /** How clients get in: OpenAPI's security schemes by name. */
  readonly securitySchemes: Json
  /** The path before every path of the server, where clients see one; else empty. */
  readonly prefix: string
  readonly sections: readonly Section[]
}

/** Resources and other operations with one base path, or below each of the API's. */
export interface Section {
  /** Stands before the paths of the section; left out for those below each base path of the API. */
  readonly base?: string
  readonly resources: readonly Resource[]
  /** Whether a provider may act as one of its partners on the resources. */
  readonly supportsProxy: boolean
  /** Tags besides those of the resources, with what they mean. */
  readonly tags?: Readonly<Record<string, string>>
  /** Path items besides those of the resources, whose operations any of these security schemes opens. */
  readonly furtherPaths: (schemes: readonly string[]) => Json
}

/** The OpenAPI 3.1 document of some resources, made from their declarations alone. */
export function openApiDocument(api: ApiDescription): Json {
  const { title, version, description, basePaths, prefix, securitySchemes, sections } = api
  const served = sections.flatMap(({ resources }) => resources)
  const schemes = Object.keys(securitySchemes)
  return {
    openapi: '3.1.0',
    info: { title, version, description, license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' } },
    servers: basePaths.map((url) => ({ url: prefix + url })),
    tags: sections.flatMap(tagsOf),
    paths: Object.fromEntries(sections.flatMap((section) => pathsOf(section, prefix, schemes))),
    components: {
      schemas: componentSchemas(served),
      parameters: componentParameters(),
      headers: componentHeaders(),
      responses: componentResponses(),
      securitySchemes
    }
  }
}

function tagsOf({ resources, tags = {} }: Section): readonly Json[] {
  const own = resources.map(({ path, description }) => ({ name: path, description }))
  return [...own, ...Object.entries(tags).map(([name, description]) => ({ name, description }))]
}

/** The path items of a section; with a base of its own, they have their whole path and name their server. */
function pathsOf(
  section: Section,
  prefix: string,
  schemes: readonly string[]
): readonly (readonly [path: string, item: Json])[] {
  const { base, resources, furtherPaths } = section
  const items: Json = {
    ...Object.fromEntries(resources.flatMap((resource) => pathItems(resource, { ...section, schemes }))),
    ...furtherPaths(schemes)
  }
  const servers = [{ url: prefix || '/' }]
  return Object.entries(items).map(([path, item]) =>
    base === undefined ? [path, Object(item)] : [base + path, { servers, ...Object(item) }]
  )
}

function pathItems(resource: Resource, context: OperationContext): (readonly [path: string, item: Json])[] {
  const items = [
    [`/${resource.path}`, operationsAt('collection', resource, context)],
    [`/${resource.path}/{id}`, operationsAt('item', resource, context)]
  ] as const
  return items.filter(([, operations]) => Object.keys(operations).length > 0)
}

function operationsAt(place: 'collection' | 'item', resource: Resource, context: OperationContext): Json {
  const served = (Object.keys(VERBS) as Operation[]).filter(
    (operation) => VERBS[operation].place === place && resource.operations[operation]
  )
  return Object.fromEntries(
    served.map((operation) => [VERBS[operation].method, operationObject(resource, operation, context)])
  )
}
