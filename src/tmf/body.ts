import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SIGNIFICANT_DIGITS } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import { PATCH_TYPES } from './patch.ts'
import { jsonPath } from './schema.ts'

const DEPTH_MAX = 64

/** Makes an app read the JSON media types of this API, in UTF-8, and nothing else. */
export function registerBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([...PATCH_TYPES], { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: Buffer) => {
    const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8'
    if (/^utf-?8$/i.test(charset)) return parseBody(bytes)
    throw new Problem('unsupportedMediaType', `The charset must be utf-8, not ${charset}`)
  })
}

/** Reads a JSON body. Throws `missingBody` or `invalidBody` for everything that JSON.parse would lose or choke on. */
export function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new Problem('missingBody', 'The request needs a JSON body')
  if (!isUtf8(bytes)) throw new Problem('invalidBody', 'The body is not valid UTF-8')
  const text = bytes.toString()
  checkDepth(text)
  const value = parsed(text)
  if (SUSPECT_NUMBER.test(text)) checkNumbers(text)
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
  let isInText = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (isInText) {
      if (character === BACKSLASH) at++
      else if (character === QUOTE) isInText = false
    } else if (character === QUOTE) isInText = true
    else if (character === OPEN_BRACKET || character === OPEN_BRACE) depth++
    else if (character === CLOSE_BRACKET || character === CLOSE_BRACE) depth--
    if (depth > DEPTH_MAX) throw new Problem('invalidBody', `The body is nested deeper than ${DEPTH_MAX} levels`)
  }
}

const [QUOTE, BACKSLASH, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [...'"\\[]{}'].map((character) =>
  character.charCodeAt(0)
)

/** Only long numbers and those with an exponent can lose anything as an IEEE double. */
const SUSPECT_NUMBER = /[\d.]{16,}|\d[eE][+-]?\d/
const LISTED_NUMBERS = 20
const SHOWN_LENGTH = 40

/** Refuses numbers that a double does not hold digit for digit: amounts are never rounded on the way in. */
function checkNumbers(text: string): void {
  const lossy = new Set<unknown>()
  const marked = JSON.parse(text, (_: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined || isExact(context.source, value)) return value
    const mark = { source: context.source.slice(0, SHOWN_LENGTH) }
    lossy.add(mark)
    return mark
  })
  const found = [...marks(marked, lossy, [])].slice(0, LISTED_NUMBERS)
  if (found.length === 0) return
  throw new Problem('invalidField', `${found.join('; ')}: at most ${SIGNIFICANT_DIGITS} significant digits are kept`)
}

function isExact(source: string, value: number): boolean {
  const digits = /^-?([\d.]+)/.exec(source)?.[1]?.replace('.', '').replace(/^0+|0+$/g, '') ?? ''
  return digits.length <= SIGNIFICANT_DIGITS && Number.isFinite(value) && (value !== 0 || digits === '')
}

function* marks(value: unknown, lossy: ReadonlySet<unknown>, path: readonly PropertyKey[]): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  if (lossy.has(value)) yield `${jsonPath(path)} cannot be ${(value as { source: string }).source}`
  else if (Array.isArray(value)) for (const [at, element] of value.entries()) yield* marks(element, lossy, [...path, at])
  else for (const [name, member] of Object.entries(value)) yield* marks(member, lossy, [...path, name])
}

function checkNames(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') throw new Problem('invalidBody', 'The body has a member named __proto__')
    checkNames(member)
  }
}
