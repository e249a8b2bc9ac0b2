import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Schemas } from './comparison.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
export const OPENAPI_FILE = path.join(ROOT, 'openapi/tmf678-server.openapi.json')
export const CONFORMANCE_FILE = path.join(ROOT, 'docs/conformance.md')

/** Our OpenAPI document, as far as the tests read it. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Schemas
    readonly parameters: Readonly<Record<string, { readonly name: string; readonly in: string }>>
    readonly headers: Readonly<Record<string, { readonly required?: boolean }>>
    readonly responses: Readonly<Record<string, Response>>
  }
}

export interface Operation {
  readonly operationId: string
  readonly 'x-tmf-operation': 'standard' | 'extension'
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<Record<string, Response & { readonly $ref?: string }>>
}

interface Response {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>
}

/** The committed document. */
export function readDocument(): Document {
  return JSON.parse(readFileSync(OPENAPI_FILE, 'utf8'))
}

/** All operations with the path and the method under which they stand. */
export function operationsOf({ paths }: Document) {
  return Object.entries(paths).flatMap(([name, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      method === SERVERS ? [] : [{ path: name, method, operation, isOfApi: !(SERVERS in item) }]
    )
  )
}

/** What stands below a base of its own says so beside its operations. */
const SERVERS = 'servers'

/** The paths of the API, below each of its base paths, or those that begin with a base of their own; with methods. */
export function methodsBelow({ paths }: Document, base?: string): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(paths).flatMap(([name, { servers, ...item }]) => {
    const isMeant = base === undefined ? servers === undefined : name.startsWith(`${base}/`)
    return isMeant ? [[name, Object.keys(item).map((method) => method.toUpperCase())] as const] : []
  })
}
