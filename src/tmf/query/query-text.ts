import { percentEncoded } from '../../base/percent-encoding.ts'
import { QUERIES } from '../../messages/query.ts'

/** A query string split before decoding, so that `%26`, `%3B` and `%2C` stay characters of a value. */
export interface SplitQuery {
  readonly reserved: ReadonlyMap<string, readonly string[]>
  /** The other parts: AND within an alternative, OR between alternatives. */
  readonly alternatives: readonly (readonly string[])[]
}

const PARTS_MAX = 200

/** Splits at `;` (alternatives) and `&` (parts) after taking out the reserved parameters. */
export function splitQuery(raw: string, reservedNames: readonly string[]): SplitQuery {
  const reserved = new Map<string, string[]>()
  const alternatives: string[][] = [[]]
  let count = 0
  for (const { text, separator } of parts(raw)) {
    if (++count > PARTS_MAX) throw QUERIES.tooManyParts(PARTS_MAX)
    const name = text.slice(0, Math.max(text.indexOf('='), 0))
    const isValue = separator === ';' && text !== '' && !HAS_OPERATOR.test(text)
    if (isValue && addValue(alternatives.at(-1) ?? [], text)) continue
    if (separator === ';') alternatives.push([])
    if (reservedNames.includes(name)) reserved.set(name, [...(reserved.get(name) ?? []), text.slice(name.length + 1)])
    else if (text !== '') alternatives.at(-1)?.push(text)
  }
  return { reserved, alternatives: alternatives.filter((alternative) => alternative.length > 0) }
}

/** Rewrites each part of a query string; the separators stay. */
export function rewriteParts(raw: string, rewrite: (part: string) => string): string {
  let written = ''
  for (const { text, separator } of parts(raw)) written += separator + rewrite(text)
  return written
}

/** Adds a value for the attribute before it, as in `state=new;sent`. Returns false if there is none. */
function addValue(conditions: string[], value: string): boolean {
  const before = conditions.pop()
  if (before === undefined) return false
  conditions.push(`${before},${value}`)
  return true
}

/** Joins the parts, without some reserved parameters, so that `splitQuery` would return them again. */
export function joinQuery({ reserved, alternatives }: SplitQuery, without: readonly string[]): string {
  const conditions = alternatives.map((parts) => parts.join('&')).join(';')
  const kept = [...reserved].filter(([name]) => !without.includes(name))
  const parameters = kept.flatMap(([name, values]) =>
    values.map((value) => `${name}=${value.replace(/[&;()[\]]/g, percentEncoded)}`)
  )
  return [...(conditions === '' ? [] : [conditions]), ...parameters].join('&')
}

const HAS_OPERATOR = /[=<>!*]|%(?:3[CDE]|21|2A)/i

/**
 * Yields parts, each with the separator before it. A JSONPath may contain `&&` and `;`: `filter=` ends with its
 * brackets.
 */
function* parts(raw: string): Generator<{ text: string; separator: string }> {
  let start = 0
  let separator = ''
  while (start <= raw.length) {
    const end = raw.startsWith('filter=', start) ? filterEnd(raw, start) : partEnd(raw, start)
    yield { text: raw.slice(start, end), separator }
    separator = raw.charAt(end)
    start = end + 1
  }
}

function partEnd(raw: string, start: number): number {
  let end = start
  while (end < raw.length && raw[end] !== '&' && raw[end] !== ';') end++
  return end
}

function filterEnd(raw: string, start: number): number {
  let depth = 0
  for (let end = start; end < raw.length; end++) {
    const character = raw[end] ?? ''
    if ('[('.includes(character)) depth++
    else if ('])'.includes(character)) depth--
    else if (depth === 0 && (character === '&' || character === ';')) return end
    else end = quotedEnd(raw, end) - 1
  }
  return depth === 0 ? raw.length : partEnd(raw, start)
}

/** A quoted text in a JSONPath, whose brackets do not count; quotes and backslashes plain or escaped. */
const QUOTED = /(?<quote>['"]|%2[27])(?:(?!\k<quote>|\\|%5C).|(?:\\|%5C).)*\k<quote>/isy

/** Returns the end of the quoted text that begins here; one character further if there is none. */
function quotedEnd(raw: string, start: number): number {
  QUOTED.lastIndex = start
  return QUOTED.test(raw) ? QUOTED.lastIndex : start + 1
}

/** Decodes a part of a query string as forms do: `+` is a blank. Throws `invalidQuery` for broken escapes and NUL. */
export function decodeText(raw: string): string {
  const text = decode(raw.replaceAll('+', ' '))
  if (text === undefined) throw QUERIES.brokenEscape()
  if (text.includes('\u0000')) throw QUERIES.nul()
  return text
}

function decode(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined
  }
}
