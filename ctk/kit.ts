import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { Ajv } from 'ajv'
import { UsageError } from './options.ts'
import type { RunnableFolder } from './runner.ts'

/** An unpacked official kit, ready to run. */
export interface Kit {
  readonly collection: RunnableFolder
  /** The variables of the kit's environment, including the base URL. */
  readonly variables: Readonly<Record<string, string>>
  /** The headers of the kit's config, in place of the collection's. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Reads a kit as its own runner does: `config.json` has the headers of all requests and the bodies of the POSTs, which
 * must be valid by `ctk/schemas`; `url` replaces the one in it, and the variable of `ctk/TMFENV*.json` with which the
 * requests begin. Leaves the kit's files unchanged. Throws a UsageError.
 */
export function loadKit(folder: string, url: string): Kit {
  const config = readConfig(folder)
  const collection = readObject(onlyFile(folder, /\.(postman_collection|testkit)\.json$/))
  const bodies = new Map(Object.entries(config.payloads).map(([type, body]) => [type.toLowerCase(), body]))
  for (const [type, body] of Object.entries(config.payloads)) validate(folder, type, body)
  return {
    collection: withoutHeaders(withBodies(collection, bodies)),
    variables: { ...environment(folder), [urlVariable(collection)]: url },
    headers: config.headers
  }
}

type JsonObject = Readonly<Record<string, unknown>>

interface Config {
  readonly headers: Readonly<Record<string, string>>
  readonly payloads: JsonObject
}

function readConfig(folder: string): Config {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`no such folder: ${folder}`)
  const config = readObject(path.join(folder, 'config.json'))
  const headers = Object.entries(objectOf(config.headers)).map(([name, value]) => [name, String(value)])
  const payloads = Object.entries(objectOf(config.payloads)).flatMap(([type, methods]) => {
    const post = objectOf(objectOf(methods).POST)
    return 'payload' in post ? [[type, post.payload]] : []
  })
  return { headers: Object.fromEntries(headers), payloads: Object.fromEntries(payloads) }
}

/** Returns the variables of the environment file, if the kit has one. */
function environment(folder: string): Readonly<Record<string, string>> {
  const file = files(folder).find((each) => /^TMFENV.*\.postman_environment\.json$/.test(path.basename(each)))
  const values = file === undefined ? [] : listOf(readObject(file).values).map(objectOf)
  return Object.fromEntries(values.map(({ key, value }) => [String(key), String(value)]))
}

/** Returns the variable of the base URL, e.g. `Customer_Bill`. */
function urlVariable(collection: JsonObject): string {
  const variable = requests(collection)
    .map((each) => /^\{\{([^}]+)\}\}/.exec(urlOf(each))?.[1])
    .find((each) => each !== undefined)
  if (variable === undefined) throw new UsageError("no request of the kit's collection begins with a variable")
  return variable
}

function validate(folder: string, type: string, body: unknown): void {
  const file = path.join(folder, 'ctk', 'schemas', `${type}.schema.json`)
  // Kits name drafts of JSON Schema that the validator lacks; the keywords in use are the same.
  const { $schema: _, ...schema } = readObject(file)
  const ajv = new Ajv({ strict: false, validateFormats: false })
  const isValid = ajv.compile(schema)
  if (isValid(body)) return
  throw new UsageError(`the payload of ${type} in config.json does not fit ${file}: ${ajv.errorsText(isValid.errors)}`)
}

/** Gives each POST to a resource its body of the config. */
function withBodies(node: JsonObject, bodies: ReadonlyMap<string, unknown>): JsonObject {
  if (Array.isArray(node.item)) return { ...node, item: node.item.map((each) => withBodies(objectOf(each), bodies)) }
  const request = objectOf(node.request)
  const resource = urlOf(node).replace(/^\{\{[^}]+\}\}\/?|\?.*$/g, '')
  const body = bodies.get(resource.toLowerCase())
  if (request.method !== 'POST' || body === undefined) return node
  return { ...node, request: { ...request, body: { mode: 'raw', raw: JSON.stringify(body) } } }
}

function withoutHeaders(node: JsonObject): RunnableFolder {
  if (Array.isArray(node.item)) return { ...node, item: node.item.map((each) => withoutHeaders(objectOf(each))) }
  // Every request gets the headers of the config, even those marked as `noauth`.
  const { auth: _, ...request } = objectOf(node.request)
  return { ...node, request: { ...request, header: [] } }
}

function requests(node: JsonObject): JsonObject[] {
  return Array.isArray(node.item) ? node.item.flatMap((each) => requests(objectOf(each))) : [node]
}

function urlOf(node: JsonObject): string {
  const { url } = objectOf(node.request)
  return typeof url === 'string' ? url : String(objectOf(url).raw ?? '')
}

function onlyFile(folder: string, pattern: RegExp): string {
  const found = files(folder).filter((each) => pattern.test(each))
  const [file, ...others] = found
  if (file === undefined) throw new UsageError(`no *.postman_collection.json in ${path.join(folder, 'ctk')}`)
  if (others.length > 0) throw new UsageError(`more than one collection: ${found.join(', ')}`)
  return file
}

function files(folder: string): string[] {
  const ctk = path.join(folder, 'ctk')
  if (!statSync(ctk, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`no such folder: ${ctk}`)
  return readdirSync(ctk).map((name) => path.join(ctk, name))
}

function readObject(file: string): JsonObject {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new UsageError(`no such file: ${file}`)
  try {
    return objectOf(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}

function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
