import { QUERIES } from '../../messages/query.ts'
import { type Comparison, OPERATORS, type Operator, type Predicate } from '../declaration/predicate.ts'
import { decodeText } from './query-text.ts'

const VALUES_MAX = 500

/**
 * Reads attribute filters in both spellings (`billDate.gt=2026-01-01`, `billDate>2026-01-01`; TMF630 part 1, section
 * 4.4). Joins alternatives by OR and the parts of one by AND; repeated equality on one attribute means any of its
 * values.
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
    throw QUERIES.tooManyValues(VALUES_MAX)
  }
  const [first] = terms
  return first && terms.length === 1 ? first : { op: 'and', terms }
}

/**
 * Symbols by their raw spelling, the longer ones first. The first sign may be plain or percent-encoded. After a plain
 * sign an encoded one belongs to the value: `billNo=%3Dx` asks for `=x`.
 */
const SYMBOLS: readonly (readonly [symbol: string, operator: Operator])[] = [
  ['>=|%3E(?:=|%3D)', 'gte'],
  ['<=|%3C(?:=|%3D)', 'lte'],
  ['>|%3E', 'gt'],
  ['<|%3C', 'lt'],
  ['!=|%21(?:=|%3D)', 'ne'],
  ['\\*=|%2A(?:=|%3D)|=~|%3D(?:~|%7E)', 'regex'],
  ['==|%3D(?:=|%3D)', 'eq'],
  ['=|%3D', 'eq']
]
const NAME = '((?:[^=<>!*%]|%(?!3[CDE]|21|2A))*)'
const CONDITION = new RegExp(`^${NAME}(?:${SYMBOLS.map(([symbol]) => `(${symbol})`).join('|')})(.*)$`, 'is')
/** The operator's name follows the attribute's; all after the first `=` is the value. */
const NAMED = new RegExp(`^${NAME}\\.(${OPERATORS.join('|')})(?:=|%3D)(.*)$`, 'is')

function parseCondition(raw: string): Comparison {
  const { name, operator, value } = conditionParts(raw)
  const attribute = decodeText(name).trim()
  if (operator !== undefined && attribute !== '') {
    return { op: 'compare', path: attribute.split('.'), operator, values: parseValues(value, operator) }
  }
  throw QUERIES.notACondition(attribute)
}

function conditionParts(raw: string): { name: string; operator?: Operator; value: string } {
  const [, name = '', suffix, rest = ''] = NAMED.exec(raw) ?? []
  const operator = OPERATORS.find((known) => known === suffix)
  if (operator && name !== '') return { name, operator, value: rest }
  const parts = CONDITION.exec(raw)
  if (!parts) return { name: raw, value: '' }
  const found = parts.slice(2, 2 + SYMBOLS.length).findIndex((symbol) => symbol !== undefined)
  const [, symbolic = 'eq'] = SYMBOLS[found] ?? []
  return { name: parts[1] ?? '', operator: symbolic, value: parts.at(-1) ?? '' }
}

/**
 * Splits values at commas, except in a pattern and between double quotes around a whole value. Other quotes belong to
 * the value.
 */
function parseValues(raw: string, operator: Operator): string[] {
  if (operator === 'regex') return [unquoted(decodeText(raw))]
  return splitValues(raw).map((value) => unquoted(decodeText(value)))
}

function splitValues(raw: string): string[] {
  const values: string[] = []
  let mayClose = true
  for (let start = 0, end = 0; end < raw.length || start === 0; start = end + 1) {
    const opening = mayClose ? matchAt(OPENING, raw, start) : undefined
    const closing = opening && matchAt(CLOSING, raw, opening.end)
    // If no quote closes a value from here on, none does further on; searching again for each would take quadratic
    // time.
    if (opening && !closing) mayClose = false
    end = closing?.end ?? ends(raw.indexOf(',', start), raw)
    values.push(raw.slice(start, end))
  }
  return values
}

const OPENING = /"|%22/y
const CLOSING = /(?:"|%22)(?=,|$)/g

function matchAt(pattern: RegExp, text: string, start: number): { readonly end: number } | undefined {
  pattern.lastIndex = start
  return pattern.test(text) ? { end: pattern.lastIndex } : undefined
}

const ends = (at: number, text: string): number => (at < 0 ? text.length : at)

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}
