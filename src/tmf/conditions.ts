import { Problem } from '../base/problem.ts'
import { type Comparison, OPERATORS, type Operator, type Predicate } from './predicate.ts'
import { decodeText } from './query-text.ts'

const VALUES_MAX = 500

/**
 * Reads attribute filters in both spellings (`billDate.gt=2026-01-01`, `billDate>2026-01-01`; TMF630 part 1, section
 * 4.4). Alternatives are joined by OR; within one, parts are joined by AND, and repeated equality on one attribute
 * means any of its values.
 */
export function parseConditions(alternatives: readonly (readonly string[])[]): Predicate | undefined {
  if (alternatives.length === 0) return undefined
  const terms = alternatives.map((parts) => conjunction(parts.map(parseCondition)))
  return terms.length === 1 ? terms[0] : { op: 'or', terms }
}

function conjunction(comparisons: readonly Comparison[]): Predicate {
  const terms: Comparison[] = []
  for (const comparison of comparisons) {
    const name = comparison.path.join('.')
    const same = terms.findIndex((term) => term.operator === 'eq' && term.path.join('.') === name)
    const earlier = comparison.operator === 'eq' ? terms[same] : undefined
    if (earlier) terms[same] = { ...earlier, values: [...earlier.values, ...comparison.values] }
    else terms.push(comparison)
  }
  if (terms.some((term) => term.values.length > VALUES_MAX)) {
    throw new Problem('invalidQuery', `one attribute may be compared with ${VALUES_MAX} values at most`)
  }
  return terms.length === 1 ? (terms[0] as Comparison) : { op: 'and', terms }
}

/** Symbols by their raw spelling; the longer ones first. A sign may stand as itself or percent-encoded. */
const SYMBOLS: readonly (readonly [symbol: string, operator: Operator])[] = [
  ['(?:>|%3E)(?:=|%3D)', 'gte'],
  ['(?:<|%3C)(?:=|%3D)', 'lte'],
  ['(?:>|%3E)', 'gt'],
  ['(?:<|%3C)', 'lt'],
  ['(?:!|%21)(?:=|%3D)', 'ne'],
  ['(?:\\*|%2A)(?:=|%3D)', 'regex'],
  ['(?:=|%3D)~', 'regex'],
  ['(?:=|%3D)(?:=|%3D)', 'eq'],
  ['(?:=|%3D)', 'eq']
]
const NAME = '((?:[^=<>!*%]|%(?!3[CDE]|21|2A))*)'
const CONDITION = new RegExp(`^${NAME}(?:${SYMBOLS.map(([symbol]) => `(${symbol})`).join('|')})(.*)$`, 'is')

function parseCondition(raw: string): Comparison {
  const parts = CONDITION.exec(raw)
  const name = decodeText(parts?.[1] ?? raw).trim()
  if (!parts || name === '') {
    throw new Problem('invalidQuery', `"${name}" is no condition; write attribute=value or attribute.gt=value`)
  }
  const found = parts.slice(2, 2 + SYMBOLS.length).findIndex((symbol) => symbol !== undefined)
  const [, symbol] = SYMBOLS[found] as (typeof SYMBOLS)[number]
  const suffix = /^(.+)\.([a-z]+)$/.exec(name)
  const named = OPERATORS.find((operator) => operator === suffix?.[2])
  const usesSuffix = named !== undefined && symbol === 'eq'
  const operator = usesSuffix ? named : symbol
  const path = (usesSuffix ? (suffix?.[1] ?? '') : name).split('.')
  return { op: 'compare', path, operator, values: parseValues(parts.at(-1) ?? '', operator) }
}

/** Commas separate values, except inside double quotes and in a pattern, where a comma belongs to the value. */
function parseValues(raw: string, operator: Operator): string[] {
  if (operator === 'regex') return [unquoted(decodeText(raw))]
  const values = raw.match(/(?:(?:"|%22)(?:(?!"|%22).)*(?:"|%22)|[^,])+|(?<=,|^)(?=,|$)/gs) ?? ['']
  return values.map((value) => unquoted(decodeText(value)))
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}
