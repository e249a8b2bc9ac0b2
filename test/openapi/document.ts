import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Schemas } from './comparison.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
export const OPENAPI_FILE = path.join(ROOT, 'openapi/tmf678-server.openapi.json')
export const ASYNCAPI_FILE = path.join(ROOT, 'openapi/tmf678-server.asyncapi.json')
export const CONFORMANCE_FILE = path.join(ROOT, 'docs/conformance.md')

/** The tested part of our OpenAPI document. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Schemas
    readonly parameters: Readonly<Record<string, { readonly name: string; readonly in: string }>>
    readonly headers: Readonly<Record<string, { readonly required?: boolean }>>
    readonly responses: Readonly<Record<string, Response>>
    readonly securitySchemes: Readonly<Record<string, unknown>>
  }
}

export interface Operation {
  readonly operationId: string
  readonly 'x-tmf-operation': 'standard' | 'extension'
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Example>> }
  readonly responses: Readonly<Record<string, Response & { readonly $ref?: string }>>
}

interface Example {
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

interface Response {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>
}

export function readDocument(): Document {
  return JSON.parse(readFileSync(OPENAPI_FILE, 'utf8'))
}

/** Returns all operations with their paths and methods. */
export function operationsOf({ paths }: Document) {
  return Object.entries(paths).flatMap(([name, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      method === SERVERS ? [] : [{ path: name, method, operation, isOfApi: !(SERVERS in item) }]
    )
  )
}

/** Path items below another base name their server. */
const SERVERS = 'servers'
