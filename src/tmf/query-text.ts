import { Problem } from '../base/problem.ts'

/** A query string taken apart before anything is decoded, so that `%26`, `%3B` and `%2C` stay characters of a value. */
export interface SplitQuery {
  /** Raw values of the reserved parameters, wherever they stood. */
  readonly reserved: ReadonlyMap<string, readonly string[]>
  /** The other parts: joined by AND within an alternative, the alternatives by OR. */
  readonly alternatives: readonly (readonly string[])[]
}

const PARTS_MAX = 200

/** Splits at `;` (alternatives) and `&` (parts), taking the reserved parameters out first. */
export function splitQuery(raw: string, reservedNames: readonly string[]): SplitQuery {
  const reserved = new Map<string, string[]>()
  const alternatives: string[][] = [[]]
  let count = 0
  for (const { text, separator } of parts(raw)) {
    if (++count > PARTS_MAX) throw new Problem('invalidQuery', `a query may have ${PARTS_MAX} parts at most`)
    const name = text.slice(0, Math.max(text.indexOf('='), 0))
    const isValue = separator === ';' && text !== '' && !HAS_OPERATOR.test(text)
    if (isValue && addValue(alternatives.at(-1) ?? [], text)) continue
    if (separator === ';') alternatives.push([])
    if (reservedNames.includes(name)) reserved.set(name, [...(reserved.get(name) ?? []), text.slice(name.length + 1)])
    else if (text !== '') alternatives.at(-1)?.push(text)
  }
  return { reserved, alternatives: alternatives.filter((alternative) => alternative.length > 0) }
}

/** One more value for the attribute before it, as in `state=new;sent`. False when there is none before it. */
function addValue(conditions: string[], value: string): boolean {
  const before = conditions.pop()
  if (before === undefined) return false
  conditions.push(`${before},${value}`)
  return true
}

/** A raw query string without some parameters, as a link to another page of the same query needs it. */
export function withoutParameters(raw: string, names: readonly string[]): string {
  const kept = [...parts(raw)].filter(({ text }) => text !== '' && !names.includes(text.slice(0, text.indexOf('='))))
  return kept.map(({ text, separator }, at) => (at === 0 ? text : (separator || '&') + text)).join('')
}

const HAS_OPERATOR = /[=<>!*]|%(?:3[CDE]|21|2A)/i

/** Parts with the separator before each. A JSONPath may hold `&&` and `;`: `filter=` ends where its brackets do. */
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
  }
  return depth === 0 ? raw.length : partEnd(raw, start)
}

/** Decodes a part of a query string as forms do: `+` is a blank. Throws `invalidQuery` for broken escapes and NUL. */
export function decodeText(raw: string): string {
  const text = decode(raw.replaceAll('+', ' '))
  if (text === undefined) throw new Problem('invalidQuery', 'the query string has a broken percent escape')
  if (text.includes('\u0000')) throw new Problem('invalidQuery', 'the query string must not contain NUL')
  return text
}

function decode(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined
  }
}
