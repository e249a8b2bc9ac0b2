import { Problem } from '../base/problem.ts'
import { expected, type Token, textOf, tokenize } from './json-path-tokens.ts'
import type { Operator, Path, Predicate } from './predicate.ts'

/** Longest text of a filter. */
const MAX_LENGTH = 2048
/** How deep filters, parentheses and `!` may be nested. */
const MAX_DEPTH = 32
/** Most digits of a number that `length()` is compared with. */
const MAX_LENGTH_DIGITS = 9

const SUPPORTED =
  "Supported are $[?( )] and $.list[?( )]; in them paths like @.name and @['@type'], nested @.list[?( )], " +
  '== != > >= < <= =~ between a path and a value, @.list.length(), ! && || and parentheses.'
const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['==', 'eq'],
  ['!=', 'ne'],
  ['>', 'gt'],
  ['>=', 'gte'],
  ['<', 'lt'],
  ['<=', 'lte'],
  ['=~', 'regex']
])
const SWAPPED = { eq: 'eq', ne: 'ne', gt: 'lt', gte: 'lte', lt: 'gt', lte: 'gte' } as const
const KEYWORDS: ReadonlyMap<string, Value['kind']> = new Map([
  ['true', 'boolean'],
  ['false', 'boolean'],
  ['null', 'null']
])
/** The other functions of TMF630 part 6 and those of RFC 9535. */
const UNSUPPORTED_FUNCTIONS: ReadonlySet<string> = new Set(
  ['min', 'max', 'avg', 'stddev'].concat(['count', 'match', 'search', 'value'])
)

/**
 * Reads a TMF630 part 6 `filter` value. `$[?(@.a==1)]` is about the resource itself; `$.list[?(@.a==1)]` wants one
 * element of the list that meets all of the condition. The `$` may be left out. Throws a Problem: invalidQuery for what
 * is no JSONPath, notImplemented for JSONPath beyond the subset that is served.
 */
export function parseJsonPathFilter(text: string): Predicate {
  if (text.length > MAX_LENGTH) throw new Problem('invalidQuery', `The filter is longer than ${MAX_LENGTH} characters.`)
  if (text.includes('\0') || !text.isWellFormed())
    throw new Problem('invalidQuery', 'The filter holds a character that no text can hold.')
  const reader: Reader = { tokens: tokenize(text), next: 0, depth: 0 }
  const predicate = parseRoot(reader)
  if (peek(reader).kind !== 'end') expected('its end', peek(reader))
  return predicate
}

interface Reader {
  readonly tokens: readonly Token[]
  next: number
  depth: number
}

interface Value {
  readonly kind: 'string' | 'number' | 'boolean' | 'null' | 'regex'
  readonly text: string
  /** Only with `regex`. */
  readonly ignoreCase?: boolean
}

/** A way through the document: names, and then perhaps a condition on the elements or a call of length(). */
interface Route {
  readonly kind: 'path'
  readonly path: Path
  readonly where?: Predicate
  readonly isLength?: boolean
}

function parseRoot(reader: Reader): Predicate {
  const start = peek(reader)
  const rooted = accept(reader, '$')
  if (rooted && isNext(reader, '[', '*', ']')) reader.next += 3
  else if (rooted && isNext(reader, '.', '[')) reader.next += 1
  else if (!rooted && start.kind === 'name') return rootPredicate(reader, parseRoute(reader, [parseName(reader)]))
  else if (!rooted && start.text !== '[') expected('$, [?( or the name of an attribute', start)
  return rootPredicate(reader, parseRoute(reader, []))
}

function rootPredicate(reader: Reader, { path, where, isLength }: Route): Predicate {
  if (isLength || !where) return unsupported('a path without a [?( )] at its end')
  return path.length === 0 ? where : { op: 'some', path, where }
}

function parseRoute(reader: Reader, start: Path): Route {
  const path = [...start]
  for (;;) {
    if (peek(reader).text === '..') unsupported('the descent ..')
    if (accept(reader, '.')) {
      const name = parseName(reader)
      if (peek(reader).text === '(') return parseMethod(reader, path, name)
      path.push(name)
    } else if (accept(reader, '[')) {
      if (peek(reader).text === '?') return parseFilter(reader, path)
      path.push(parseBracketed(reader))
    } else return { kind: 'path', path }
  }
}

function parseName(reader: Reader): string {
  // Names like @type belong in brackets, but are so common in TMF documents that they may also stand after a dot.
  const at = accept(reader, '@') ? '@' : ''
  const token = peek(reader)
  if (token.text === '*') unsupported('the wildcard *')
  if (token.kind !== 'name') expected('the name of an attribute', token)
  reader.next++
  return at + token.text
}

function parseMethod(reader: Reader, path: Path, name: string): Route {
  requireLength(reader, name)
  expect(reader, ')')
  return { kind: 'path', path, isLength: true }
}

function requireLength(reader: Reader, name: string): void {
  if (UNSUPPORTED_FUNCTIONS.has(name)) unsupported(`the function ${name}()`)
  if (name !== 'length') expected('an operator (the only function is length)', peek(reader))
  expect(reader, '(')
}

function parseFilter(reader: Reader, path: Path): Route {
  expect(reader, '?')
  const where = nested(reader, parseOr)
  expect(reader, ']')
  const { text } = peek(reader)
  if (text === '.' || text === '..' || text === '[') unsupported('anything after a [?( )]')
  return { kind: 'path', path, where }
}

function parseBracketed(reader: Reader): string {
  const token = peek(reader)
  if (token.text === '(') unsupported('the script [( )]')
  if (token.text === '*') unsupported('the wildcard [*]')
  if (token.kind === 'number' || token.text === ':') unsupported('the index or slice')
  if (token.kind !== 'string') expected('a quoted name or ?( )', token)
  reader.next++
  if (peek(reader).text === ',') unsupported('several names in one [ ]')
  expect(reader, ']')
  return textOf(token)
}

function parseOr(reader: Reader): Predicate {
  const terms = [parseAnd(reader)]
  while (accept(reader, '||')) terms.push(parseAnd(reader))
  return combined('or', terms)
}

function parseAnd(reader: Reader): Predicate {
  const terms = [parseTerm(reader)]
  while (accept(reader, '&&')) terms.push(parseTerm(reader))
  return combined('and', terms)
}

function combined(op: 'and' | 'or', terms: readonly Predicate[]): Predicate {
  const [only] = terms
  return only && terms.length === 1 ? only : { op, terms }
}

function parseTerm(reader: Reader): Predicate {
  if (accept(reader, '!')) return { op: 'not', term: nested(reader, parseNegated) }
  if (!accept(reader, '(')) return parseComparison(reader)
  const predicate = nested(reader, parseOr)
  expect(reader, ')', 'an operator, && || or )')
  return predicate
}

function parseNegated(reader: Reader): Predicate {
  const { text } = peek(reader)
  if (text === '!' || text === '(') return parseTerm(reader)
  // Readers differ on !@.a==1, so the parentheses are asked for.
  const route = parseOperand(reader)
  if (OPERATORS.has(peek(reader).text))
    expected('&&, || or a closing bracket; write !( ) around a comparison', peek(reader))
  return present(reader, route)
}

function parseComparison(reader: Reader): Predicate {
  const left = parseOperand(reader)
  const token = peek(reader)
  const operator = OPERATORS.get(token.text)
  if (!operator) return present(reader, left)
  reader.next++
  const right = parseOperand(reader)
  if (left.kind === 'path') {
    return right.kind === 'path' ? unsupported('the comparison of two paths') : compare(left, operator, right, token)
  }
  if (right.kind !== 'path') return unsupported('the comparison of two values')
  if (operator === 'regex') return expected('another operator, or the path on the left of =~ and', token)
  return compare(right, SWAPPED[operator], left, token)
}

function present(reader: Reader, operand: Route | Value): Predicate {
  if (operand.kind !== 'path' || operand.isLength) return expected('one of == != > >= < <= =~', peek(reader))
  const { path, where } = operand
  return where ? { op: 'some', path, where } : { op: 'exists', path }
}

function compare({ path, where, isLength }: Route, operator: Operator, value: Value, token: Token): Predicate {
  if (where) return unsupported('the comparison of a [?( )]')
  if (isLength) return compareLength(path, operator, value, token)
  if (value.kind === 'null') return compareNull(path, operator, token)
  if (operator !== 'regex') {
    if (value.kind === 'regex') expected('=~, the only operator before a pattern, ', token)
    return { op: 'compare', path, operator, values: [value.text] }
  }
  if (value.kind !== 'regex' && value.kind !== 'string') expected('an operator for a value that is no pattern', token)
  return { op: 'compare', path, operator, values: [value.text], ...(value.ignoreCase && { ignoreCase: true }) }
}

function compareLength(path: Path, operator: Operator, value: Value, token: Token): Predicate {
  if (operator === 'regex' || value.kind !== 'number' || !/^\d+$/.test(value.text))
    return expected('a comparison of length() with a whole number', token)
  if (value.text.length > MAX_LENGTH_DIGITS) expected(`a length of at most ${MAX_LENGTH_DIGITS} digits`, token)
  return { op: 'length', path, operator, value: Number(value.text) }
}

function compareNull(path: Path, operator: Operator, token: Token): Predicate {
  if (operator !== 'eq' && operator !== 'ne') expected('== or != before null', token)
  const exists: Predicate = { op: 'exists', path }
  return operator === 'eq' ? { op: 'not', term: exists } : exists
}

function parseOperand(reader: Reader): Route | Value {
  const token = peek(reader)
  if (token.text === '@') return parseRelative(reader)
  if (token.text === '$') unsupported('a path from the root within a condition')
  reader.next++
  const keyword = KEYWORDS.get(token.text)
  if (keyword) return { kind: keyword, text: token.text }
  switch (token.kind) {
    case 'number':
      return { kind: 'number', text: token.text }
    case 'string':
      return { kind: 'string', text: textOf(token) }
    case 'regex':
      return patternOf(token)
    case 'name':
      if (peek(reader).text === '(') return parseFunction(reader, token)
  }
  return expected('a path like @.name or a value', token)
}

function parseRelative(reader: Reader): Route {
  expect(reader, '@')
  const route = parseRoute(reader, [])
  return route.path.length > 0 ? route : unsupported('a condition on @ itself')
}

function parseFunction(reader: Reader, { text: name }: Token): Route {
  requireLength(reader, name)
  const { path, where, isLength } = parseRelative(reader)
  expect(reader, ')')
  return where || isLength ? unsupported('length() of anything but a path') : { kind: 'path', path, isLength: true }
}

function patternOf(token: Token): Value {
  const end = token.text.lastIndexOf('/')
  const flags = token.text.slice(end + 1)
  if (flags !== '' && flags !== 'i') expected('a pattern with no flag but i', token)
  // Only the slash needs its escape in JSONPath alone; \\ is stepped over so that its second half escapes nothing.
  const text = token.text
    .slice(1, end)
    .replaceAll(/\\(.)/gsu, (escape, character) => (character === '/' ? '/' : escape))
  return { kind: 'regex', text, ignoreCase: flags === 'i' }
}

function nested<T>(reader: Reader, parse: (reader: Reader) => T): T {
  if (reader.depth === MAX_DEPTH) throw new Problem('invalidQuery', `The filter is nested deeper than ${MAX_DEPTH}.`)
  reader.depth++
  const result = parse(reader)
  reader.depth--
  return result
}

function peek(reader: Reader): Token {
  return reader.tokens[Math.min(reader.next, reader.tokens.length - 1)] as Token
}

function isNext(reader: Reader, ...marks: readonly string[]): boolean {
  return marks.every((mark, i) => reader.tokens[reader.next + i]?.text === mark)
}

function accept(reader: Reader, mark: string): boolean {
  const accepted = peek(reader).text === mark
  if (accepted) reader.next++
  return accepted
}

function expect(reader: Reader, mark: string, what: string = mark): void {
  if (!accept(reader, mark)) expected(what, peek(reader))
}

function unsupported(what: string): never {
  throw new Problem('notImplemented', `The filter uses ${what}, which is not supported. ${SUPPORTED}`)
}
