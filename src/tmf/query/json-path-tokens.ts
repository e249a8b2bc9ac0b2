import { QUERIES } from '../../messages/query.ts'

/** A piece of a JSONPath text as it stands there; `end` follows the last one and `unknown` is what starts no token. */
export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'regex' | 'mark' | 'unknown' | 'end'
  readonly text: string
  /** Counted from 1. */
  readonly position: number
}

const TOKEN = new RegExp(
  [
    String.raw`(?<space>[ \t\r\n]+)`,
    String.raw`(?<name>[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*)`,
    String.raw`(?<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)`,
    String.raw`(?<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")`,
    String.raw`(?<regex>\/(?:[^\\\/\[]|\\.|\[(?:[^\\\]]|\\.)*\])*\/[A-Za-z]*)`,
    String.raw`(?<mark>&&|\|\||[=!<>]=|=~|\.\.|[$@.*()[\],:?!<>])`,
    '(?<unknown>.)'
  ].join('|'),
  'gsu'
)

/** Splits a JSONPath text into tokens, the last of them `end`, as far as it can be split. Refuses nothing. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let position = 1
  for (const { 0: piece, groups = {} } of text.matchAll(TOKEN)) {
    const kind = KINDS.find((candidate) => groups[candidate] !== undefined)
    if (kind) tokens.push({ kind, text: piece, position })
    position += piece.length
    if (kind === 'unknown') break
  }
  return [...tokens, { kind: 'end', text: '', position }]
}

const KINDS = ['name', 'number', 'string', 'regex', 'mark', 'unknown'] as const

/** The text that a string token stands for. Throws an invalidQuery Problem for what JSON does not allow in a string. */
export function textOf(token: Token): string {
  const text = token.text
    .slice(1, -1)
    .replaceAll(/\\(?:u([0-9A-Fa-f]{4})|(.))/gsu, (_, hex: string, character: string) => {
      const replacement = hex ? String.fromCharCode(Number.parseInt(hex, 16)) : ESCAPES.get(character)
      return replacement ?? expected(`one of the escapes \\\\ \\' \\" \\/ \\b \\f \\n \\r \\t \\uXXXX`, token)
    })
  if (text.includes('\0') || !text.isWellFormed()) expected('a string of characters that a text can hold', token)
  return text
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ...['\\', '/', "'", '"'].map((character) => [character, character] as const)
])

/** The pattern between the slashes of a regex token. Throws an invalidQuery Problem for flags other than `i`. */
export function patternOf(token: Token): { readonly text: string; readonly ignoreCase: boolean } {
  const end = token.text.lastIndexOf('/')
  const flags = token.text.slice(end + 1)
  if (flags !== '' && flags !== 'i') expected('a pattern with no flag but i', token)
  // Only JSONPath escapes the slash; other escapes belong to the pattern, and of \\ the second half escapes nothing.
  const text = token.text.slice(1, end).replaceAll(/\\(.)/gsu, (pair) => (pair === '\\/' ? '/' : pair))
  return { text, ignoreCase: flags === 'i' }
}

/** Throws the invalidQuery Problem that something else was expected where this token stands. */
export function expected(what: string, token: Token): never {
  const unclosed = token.kind === 'unknown' && /['"/]/.test(token.text) ? 'an unclosed ' : ''
  const found = token.kind === 'end' ? 'it ends' : `it has ${unclosed}${token.text}`
  throw QUERIES.filterUnreadable(token.position, found, what)
}

/** Throws the notImplemented Problem that says what JSONPath is supported. */
export function unsupported(what: string): never {
  throw QUERIES.filterUnsupported(what)
}
