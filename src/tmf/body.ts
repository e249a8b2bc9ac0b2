import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../base/problem.ts'
import { PATCH_TYPES } from './patch.ts'

const DEPTH_MAX = 64
const SIGNIFICANT_DIGITS = 15

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

/** Refuses a number that a double does not hold digit for digit: amounts are never rounded on the way in. */
function checkNumbers(text: string): void {
  const reviver = (_: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined) return value
    const digits = /^-?([\d.]+)/.exec(context.source)?.[1]?.replace('.', '').replace(/^0+|0+$/g, '') ?? ''
    if (digits.length <= SIGNIFICANT_DIGITS && Number.isFinite(value) && (value !== 0 || digits === '')) return value
    const shown = context.source.slice(0, 40)
    throw new Problem('invalidBody', `The number ${shown} has more than ${SIGNIFICANT_DIGITS} significant digits or is out of range`)
  }
  JSON.parse(text, reviver)
}

function checkNames(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') throw new Problem('invalidBody', 'The body has a member named __proto__')
    checkNames(member)
  }
}
