import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Reply, TestServer } from '../support/server.ts'
import { type Document, type Operation, readDocument } from './document.ts'

/** Sends requests and records deviations of responses from the document. */
export interface Contract {
  readonly document: Document
  readonly call: TestServer['call']
  /** Returns the deviations since the last call. */
  readonly breaches: () => readonly string[]
  /** Statuses seen: operationId -> statuses. */
  readonly seen: ReadonlyMap<string, ReadonlySet<string>>
}

/** Headers of HTTP itself, and those that restrict browsers. */
const PLAIN_HEADERS = [
  ...['content-type', 'content-length', 'date', 'connection', 'transfer-encoding'],
  ...['content-security-policy', 'cross-origin-resource-policy', 'referrer-policy'],
  ...['x-content-type-options', 'x-frame-options', 'cache-control', 'pragma']
]

/** Checks a server against the committed document. */
export function watch(server: TestServer): Contract {
  const document = readDocument()
  const check = bodyCheck(document)
  const breaches: string[] = []
  const seen = new Map<string, Set<string>>()
  return {
    document,
    breaches: () => breaches.splice(0),
    seen,
    call: async (method, path, body, headers) => {
      const answer = await server.call(method, path, body, headers)
      for (const operation of operationsFor(document, String(method), path)) {
        const statuses = seen.get(operation.operationId) ?? new Set()
        seen.set(operation.operationId, statuses.add(String(answer.status)))
        const found = [...faults(document, operation, answer, check(path))]
        breaches.push(...found.map((fault) => `${method} ${path.slice(0, 80)} ${answer.status}: ${fault}`))
      }
      return answer
    }
  }
}

/** Returns the operation of a request, or all of a path that lacks the method: each has the 405. */
function operationsFor({ paths }: Document, method: string, path: string): readonly Operation[] {
  const segments = path.replace(/^\/|\?.*/g, '').split('/')
  const [, item = {}] = Object.entries(paths).find(([template]) => isOf(template.slice(1).split('/'), segments)) ?? []
  const operation = item[method.toLowerCase()]
  return operation ? [operation] : Object.values(item).filter((member) => 'responses' in member)
}

function isOf(template: readonly string[], segments: readonly string[]): boolean {
  if (template.length !== segments.length) return false
  return template.every((segment, index) => segment.startsWith('{') || segment === segments[index])
}

type BodyCheck = (body: unknown, schema: Readonly<Record<string, unknown>>) => string | undefined

function* faults(document: Document, operation: Operation, answer: Reply, check: BodyCheck): Generator<string> {
  const described = operation.responses[answer.status]
  if (!described) {
    yield 'this status is not described'
    return
  }
  const name = described.$ref?.slice('#/components/responses/'.length)
  const { headers = {}, content } = name ? (document.components.responses[name] ?? {}) : described
  const known = Object.keys(headers)
  const unknown = Object.keys(answer.headers).filter(
    (header) => !PLAIN_HEADERS.includes(header) && !known.some((candidate) => candidate.toLowerCase() === header)
  )
  for (const header of unknown) yield `the header ${header} is not described`
  for (const header of known.filter((candidate) => document.components.headers[candidate]?.required)) {
    if (answer.headers[header.toLowerCase()] === undefined) yield `the header ${header} is missing`
  }
  const type = String(answer.headers['content-type']).split(';')[0] ?? ''
  const schema = (content?.[type] ?? content?.['*/*'])?.schema
  if (!schema && answer.text !== '') yield `it has a body of ${type}`
  const fault = schema && type === 'application/json' && check(answer.body, schema)
  if (fault) yield fault
}

/** Checks bodies by the document's schemas; with `fields` in the query, only id and href are required. */
function bodyCheck(document: Document): (path: string) => BodyCheck {
  const closed = JSON.stringify(document).replaceAll('"additionalProperties":true', '"additionalProperties":false')
  const whole = compiler(JSON.parse(closed))
  const partial = compiler(JSON.parse(closed, (name, value) => (name === 'required' ? onlyAddress(value) : value)))
  return (path) => (body, schema) => {
    const validate = (/[?&]fields=/.test(path) ? partial : whole)(schema)
    return validate(body) ? undefined : JSON.stringify(validate.errors)
  }
}

function onlyAddress(required: unknown): unknown {
  return Array.isArray(required) && required.includes('href') ? ['id', 'href'] : undefined
}

/** Returns a compiler of schemas that refer to the components of a document. */
export function compiler(document: object): (schema: object) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: FORMATS, logger: FAILING })
  ajv.addSchema(document, 'openapi.json')
  const known = new Map<string, ValidateFunction>()
  return (schema) => {
    const text = JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"openapi.json#')
    const validate = known.get(text) ?? ajv.compile(JSON.parse(text))
    known.set(text, validate)
    return validate
  }
}

/** A format that is not here is a warning of the compiler, which goes on without it. */
const FAILING = { log: fail, warn: fail, error: fail }

function fail(what: unknown): never {
  throw new Error(String(what))
}

const FORMATS = {
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  uri: (text: string) => URL.canParse(text),
  'uri-reference': (text: string) => !/[\s"<>\\^`{|}]/.test(text) && URL.canParse(text, 'http://localhost'),
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  int32: { type: 'number', validate: (value: number) => value === Math.trunc(value) && Math.abs(value) < 2 ** 31 }
} as const
