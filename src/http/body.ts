import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isStorable } from '../base/code-points.ts'
import { jsonPath } from '../base/json-path.ts'
import { SIGNIFICANT_DIGITS } from '../base/money.ts'
import { isRecord } from '../base/unknown.ts'
import { BODIES } from '../messages/body.ts'
import { FIELDS } from '../messages/field.ts'
import { nextTurn } from '../pace/turns.ts'
import { type Finding, findingAt, refusal } from './findings.ts'
import { elementsOf, isArray, type Lines, linesOf } from './lines.ts'
import { PATCH_TYPES } from './media-types.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes many documents at once: lines of JSON, or the elements of an array; or only an array. */
    takesMany?: boolean | 'array'
  }
}

export const LINES_TYPE = 'application/x-ndjson'

const DEPTH_MAX = 64
/** Reading and checking this many holds the event loop for some 20 ms. */
const MEMBERS_MAX = 10_000

/**
 * Makes an app read the JSON media types of this API, in UTF-8, and no others. If the route takes many documents, an
 * array or a stream of lines becomes Lines.
 */
export function registerBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([...PATCH_TYPES], { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: Buffer) => {
    requireUtf8(request)
    return takesMany(request) !== false && isArray(bytes) ? parseElements(bytes) : parseJson(bytes)
  })
  app.addContentTypeParser(LINES_TYPE, async (request: FastifyRequest, stream: IncomingMessage) => {
    requireUtf8(request)
    if (takesMany(request) === true) return linesOf(stream, request.routeOptions.bodyLimit)
    throw BODIES.oneDocument()
  })
}

function takesMany({ routeOptions }: FastifyRequest): boolean | 'array' {
  return routeOptions.config.takesMany ?? false
}

/** Throws `unsupportedMediaType` for a body that is compressed or in another charset. */
export function requireUtf8({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw BODIES.compressed()
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8'
  if (/^utf-?8$/i.test(charset)) return
  throw BODIES.charset(charset)
}

/** Checks the array as a whole, in two turns; later each element is read like a body of its own. */
async function parseElements(bytes: Buffer): Promise<Lines> {
  const text = textOf(bytes)
  inspect(text, 1)
  await nextTurn()
  parsed(text)
  return elementsOf(bytes)
}

/**
 * Reads a JSON body; undefined if it is empty, as with a DELETE whose client always sends a Content-Type. Throws
 * `invalidBody` or `invalidField` for anything JSON.parse would lose or choke on.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const text = textOf(bytes)
  const hasSuspectNumbers = inspect(text, 0)
  const value = parsed(text)
  if (hasSuspectNumbers) checkNumbers(text)
  if (SUSPECT_TEXT.test(text)) checkTexts(value)
  if (text.includes('__proto__')) checkNames(value)
  return value
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw BODIES.notUtf8()
  // Some clients begin with a byte order mark; RFC 8259 lets a reader ignore it.
  return bytes.toString().replace(/^\uFEFF/, '')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const position = /position \d+/.exec(error instanceof Error ? error.message : '')?.[0]
    throw BODIES.notJson(position ? `; reading fails at ${position}` : '')
  }
}

/**
 * Scans a text before any recursion: refuses deep nesting and too many members in a document, whose depth is `outside`.
 * Returns whether a number, long or with an exponent, could lose digits as an IEEE double.
 */
function inspect(text: string, outside: 0 | 1): boolean {
  let depth = 0
  let members = 0
  let length = 0
  let isSuspect = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if ((character >= ZERO && character <= NINE) || character === POINT) {
      isSuspect ||= ++length >= SUSPECT_LENGTH
      continue
    }
    isSuspect ||= length > 0 && (character === SMALL_E || character === LARGE_E)
    length = 0
    if (character === QUOTE) at = textEnd(text, at + 1)
    else if (character === COLON) requireFew(++members)
    else depth = nested(depth, character, outside)
    if (depth === outside) members = 0
  }
  return isSuspect
}

function nested(depth: number, character: number, outside: number): number {
  const change = NESTING[character] ?? 0
  if (change > 0 && depth - outside >= DEPTH_MAX) throw BODIES.tooDeep(DEPTH_MAX)
  return depth + change
}

function requireFew(members: number): void {
  if (members > MEMBERS_MAX) throw BODIES.tooManyMembers(MEMBERS_MAX)
}

function textEnd(text: string, start: number): number {
  let end = text.indexOf('"', start)
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const ZERO = 0x30
const NINE = 0x39
const POINT = 0x2e
const SMALL_E = 0x65
const LARGE_E = 0x45
const NESTING: Readonly<Record<number, number>> = Object.fromEntries(
  [...'[{'].map((open) => [open.charCodeAt(0), 1]).concat([...']}'].map((close) => [close.charCodeAt(0), -1]))
)
const SUSPECT_LENGTH = 16

const SHOWN_LENGTH = 40

/** Refuses numbers that a double would change: amounts are never rounded on the way in. */
function checkNumbers(text: string): void {
  const faults = new Map<unknown, string>()
  const marked = JSON.parse(text, (_: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined || isExact(context.source, value)) return value
    const mark = {}
    faults.set(mark, FIELDS.inexact(context.source.slice(0, SHOWN_LENGTH), SIGNIFICANT_DIGITS))
    return mark
  })
  refuseWhere(marked, (value) => faults.get(value))
}

function isExact(source: string, value: number): boolean {
  const digits =
    /^-?([\d.]+)/
      .exec(source)?.[1]
      ?.replace('.', '')
      .replace(/^0+|0+$/g, '') ?? ''
  return digits.length <= SIGNIFICANT_DIGITS && Number.isFinite(value) && (value !== 0 || digits === '')
}

/** In valid UTF-8 only an escape can name a character that Postgres does not store. */
const SUSPECT_TEXT = /\\u(?:0000|d[89a-f])/i

function checkTexts(value: unknown): void {
  const isBad = (text: unknown) => typeof text === 'string' && !isStorable(text)
  const hasBadName = (item: unknown) => isRecord(item) && Object.keys(item).some(isBad)
  refuseWhere(value, (item) => (isBad(item) || hasBadName(item) ? FIELDS.storable() : undefined))
}

function checkNames(value: unknown): void {
  refuseWhere(value, (item) => (isRecord(item) && Object.hasOwn(item, '__proto__') ? FIELDS.prototype() : undefined))
}

/** Throws `invalidField` with the path of every value that has a fault. */
function refuseWhere(value: unknown, fault: (value: unknown) => string | undefined): void {
  const found = [...faults(value, fault, [])]
  if (found.length > 0) throw refusal(BODIES.invalidFields, found)
}

function* faults(
  value: unknown,
  fault: (value: unknown) => string | undefined,
  path: readonly PropertyKey[]
): Generator<Finding> {
  const found = fault(value)
  if (found) yield findingAt(jsonPath(path), found)
  else if (Array.isArray(value)) for (const [at, item] of value.entries()) yield* faults(item, fault, [...path, at])
  else if (isRecord(value))
    for (const [name, item] of Object.entries(value)) yield* faults(item, fault, [...path, name])
}
