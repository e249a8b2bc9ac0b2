import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SIGNIFICANT_DIGITS } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import { isStorable } from './code-points.ts'
import { PATCH_TYPES } from './patch.ts'
import { jsonPath } from './schema.ts'

const DEPTH_MAX = 64

/** Makes an app read the JSON media types of this API, in UTF-8, and nothing else. */
export function registerBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([...PATCH_TYPES], { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: Buffer) => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity') throw new Problem('unsupportedMediaType', 'The body must not be compressed')
    const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8'
    if (/^utf-?8$/i.test(charset)) return parseBody(bytes)
    throw new Problem('unsupportedMediaType', `The charset must be utf-8, not ${charset}`)
  })
}

/**
 * Reads a JSON body; undefined when it is empty, as with a DELETE whose client always sends a Content-Type. Throws
 * `invalidBody` or `invalidField` for everything that JSON.parse would lose or choke on.
 */
function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw new Problem('invalidBody', 'The body is not valid UTF-8')
  // Some clients begin with a byte order mark; RFC 8259 lets a reader ignore it.
  const text = bytes.toString().replace(/^\uFEFF/, '')
  checkDepth(text)
  const value = parsed(text)
  if (SUSPECT_NUMBER.test(text)) checkNumbers(text)
  if (SUSPECT_TEXT.test(text)) checkTexts(value)
  if (text.includes('__proto__')) checkNames(value)
  return value
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const position = /position \d+/.exec(error instanceof Error ? error.message : '')?.[0]
    throw new Problem('invalidBody', `The body is not JSON${position ? ` (at ${position})` : ''}`)
  }
}

/** Counts brackets outside of texts, before anything recursive sees the body. */
function checkDepth(text: string): void {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === QUOTE) at = textEnd(text, at + 1)
    else if (character === OPEN_BRACKET || character === OPEN_BRACE) depth++
    else if (character === CLOSE_BRACKET || character === CLOSE_BRACE) depth--
    if (depth > DEPTH_MAX) throw new Problem('invalidBody', `The body is nested deeper than ${DEPTH_MAX} levels`)
  }
}

/** Where the text that begins at `start` has its closing quote. */
function textEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1
  return end
}

const [QUOTE, BACKSLASH, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [...'"\\[]{}'].map((character) =>
  character.charCodeAt(0)
)

const LISTED_FINDINGS = 20
const SHOWN_LENGTH = 40

/** Only long numbers and those with an exponent can lose anything as an IEEE double. */
const SUSPECT_NUMBER = /[\d.]{16,}|\d[eE][+-]?\d/

/** Refuses numbers that a double does not hold digit for digit: amounts are never rounded on the way in. */
function checkNumbers(text: string): void {
  const sources = new Map<unknown, string>()
  const marked = JSON.parse(text, (_: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined || isExact(context.source, value)) return value
    const mark = {}
    sources.set(mark, context.source.slice(0, SHOWN_LENGTH))
    return mark
  })
  const refused = `at most ${SIGNIFICANT_DIGITS} significant digits are kept`
  refuseWhere(marked, (value) => sources.has(value) && `cannot be ${sources.get(value)}: ${refused}`)
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
  const hasBadName = (item: unknown) => isObject(item) && Object.keys(item).some(isBad)
  refuseWhere(value, (item) => (isBad(item) || hasBadName(item)) && 'must not contain NUL or unpaired surrogates')
}

function checkNames(value: unknown): void {
  refuseWhere(value, (item) => isObject(item) && Object.hasOwn(item, '__proto__') && 'must not have a member __proto__')
}

/** Throws `invalidField` with the path of every value that `fault` finds something wrong with. */
function refuseWhere(value: unknown, fault: (value: unknown) => string | false): void {
  const found = [...faults(value, fault, [])]
  if (found.length > 0) throw new Problem('invalidField', found.slice(0, LISTED_FINDINGS).join('; '))
}

function* faults(
  value: unknown,
  fault: (value: unknown) => string | false,
  path: readonly PropertyKey[]
): Generator<string> {
  const found = fault(value)
  if (found) yield `${jsonPath(path)} ${found}`
  else if (Array.isArray(value)) for (const [at, item] of value.entries()) yield* faults(item, fault, [...path, at])
  else if (isObject(value))
    for (const [name, item] of Object.entries(value)) yield* faults(item, fault, [...path, name])
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
