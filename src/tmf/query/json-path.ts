import { QUERIES } from '../../messages/query.ts'
import type { Path, Predicate } from '../declaration/predicate.ts'
import { comparison, OPERATORS, type Route, type Value } from './json-path-comparison.ts'
import { expected, patternOf, type Token, textOf, tokenize, unsupported } from './json-path-tokens.ts'

const MAX_LENGTH = 2048
const MAX_DEPTH = 32

const KEYWORDS: ReadonlyMap<string, Value['kind']> = new Map([
  ['true', 'boolean'],
  ['false', 'boolean'],
  ['null', 'null']
])

/** The other functions of TMF630 part 6 and those of RFC 9535. */
const UNSUPPORTED_FUNCTIONS: ReadonlySet<string> = new Set([
  'min',
  'max',
  'avg',
  'stddev',
  'count',
  'match',
  'search',
  'value'
])

/**
 * Reads a TMF630 part 6 `filter` value. `$[?(@.a==1)]` is about the resource itself; `$.list[?(@.a==1)]` needs one
 * element of the list that meets the whole condition. The `$` may be left out. Throws a Problem: invalidQuery for
 * malformed JSONPath, notImplemented beyond the supported subset.
 */
export function parseJsonPathFilter(text: string): Predicate {
  if (text.length > MAX_LENGTH) throw QUERIES.filterTooLong(MAX_LENGTH)
  if (text.includes('\0') || !text.isWellFormed()) throw QUERIES.filterNotText()
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

function parseRoot(reader: Reader): Predicate {
  const start = peek(reader)
  const rooted = accept(reader, '$')
  if (rooted && isNext(reader, '[', '*', ']')) reader.next += 3
  else if (rooted && isNext(reader, '.', '[')) reader.next += 1
  else if (!rooted && start.kind === 'name') return rootPredicate(reader, parseRoute(reader, [parseName(reader)]))
  else if (!rooted && start.text !== '[') expected('$, [?( or the name of an attribute', start)
  return rootPredicate(reader, parseRoute(reader, []))
}

function rootPredicate(reader: Reader, { path, where }: Route): Predicate {
  if (!where && peek(reader).kind !== 'end') return expected('a name or [?( )]', peek(reader))
  if (!where) return unsupported('a path without a [?( )] at its end')
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
  // Names like @type belong in brackets, but TMF documents often have them after a dot.
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
  if (name !== 'length') expected('the call of length(), the only function', peek(reader))
  expect(reader, '(')
}

function parseFilter(reader: Reader, path: Path): Route {
  expect(reader, '?')
  const where = nested(reader, parseOr)
  if (peek(reader).text === ',') unsupported('several selectors in one [ ]')
  expect(reader, ']', 'an operator, && || or ]')
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
  if (peek(reader).text === ',') unsupported('several selectors in one [ ]')
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
  // Readers differ on !@.a==1, so the parentheses are required.
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
  return comparison(left, operator, parseOperand(reader), token)
}

function present(reader: Reader, operand: Route | Value): Predicate {
  if (operand.kind !== 'path' || operand.isLength) return expected('one of == != > >= < <= =~', peek(reader))
  const { path, where } = operand
  return where ? { op: 'some', path, where } : { op: 'exists', path }
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
      return { kind: 'regex', ...patternOf(token) }
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

function nested<T>(reader: Reader, parse: (reader: Reader) => T): T {
  if (reader.depth === MAX_DEPTH) throw QUERIES.filterTooDeep(MAX_DEPTH)
  reader.depth++
  const result = parse(reader)
  reader.depth--
  return result
}

function peek(reader: Reader): Token {
  return reader.tokens[reader.next] ?? NO_TOKEN
}

const NO_TOKEN: Token = { kind: 'end', text: '', position: 0 }

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
