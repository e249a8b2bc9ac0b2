import type { Operation, Resource } from '../declaration/resource.ts'
import { componentHeaders, componentParameters, componentResponses } from './components.ts'
import { operationObject, VERBS } from './operations.ts'
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
  /** All resources by path. */
  readonly resources: ReadonlyMap<string, Resource>
  /** Path items besides those of the resources, whose operations any of these security schemes opens. */
  readonly furtherPaths: (schemes: readonly string[]) => Json
}

/** The OpenAPI 3.1 document of some resources, made from their declarations alone. */
export function openApiDocument(api: ApiDescription): Json {
  const { title, version, description, basePaths, securitySchemes, resources, furtherPaths } = api
  const served = [...resources.values()]
  const schemes = Object.keys(securitySchemes)
  return {
    openapi: '3.1.0',
    info: { title, version, description, license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' } },
    servers: basePaths.map((url) => ({ url })),
    tags: served.map((resource) => ({ name: resource.path, description: resource.description })),
    paths: {
      ...Object.fromEntries(served.flatMap((resource) => pathItems(resource, served, schemes))),
      ...furtherPaths(schemes)
    },
    components: {
      schemas: componentSchemas(served),
      parameters: componentParameters(),
      headers: componentHeaders(),
      responses: componentResponses(),
      securitySchemes
    }
  }
}

function pathItems(
  resource: Resource,
  all: readonly Resource[],
  schemes: readonly string[]
): (readonly [path: string, item: Json])[] {
  const items = [
    [`/${resource.path}`, operationsAt('collection', resource, all, schemes)],
    [`/${resource.path}/{id}`, operationsAt('item', resource, all, schemes)]
  ] as const
  return items.filter(([, operations]) => Object.keys(operations).length > 0)
}

function operationsAt(
  place: 'collection' | 'item',
  resource: Resource,
  all: readonly Resource[],
  schemes: readonly string[]
): Json {
  const served = (Object.keys(VERBS) as Operation[]).filter(
    (operation) => VERBS[operation].place === place && resource.operations[operation]
  )
  return Object.fromEntries(
    served.map((operation) => [VERBS[operation].method, operationObject(resource, operation, all, schemes)])
  )
}
