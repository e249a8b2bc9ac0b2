import { QUERIES } from '../../messages/query.ts'

/** A piece of a JSONPath text. `end` follows the last one; `unknown` starts no token. */
export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'regex' | 'mark' | 'unknown' | 'end'
  readonly text: string
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

/** Splits a JSONPath text into tokens, the last of them `end`. Refuses nothing. */
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

/** Returns the text of a string token. Throws an invalidQuery Problem for a string that JSON does not allow. */
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

/** Returns the pattern of a regex token. Throws an invalidQuery Problem for flags other than `i`. */
export function patternOf(token: Token): { readonly text: string; readonly ignoreCase: boolean } {
  const end = token.text.lastIndexOf('/')
  const flags = token.text.slice(end + 1)
  if (flags !== '' && flags !== 'i') expected('a pattern with no flag but i', token)
  // Only JSONPath escapes the slash; other escapes belong to the pattern, and in \\ the second half escapes nothing.
  const text = token.text.slice(1, end).replaceAll(/\\(.)/gsu, (pair) => (pair === '\\/' ? '/' : pair))
  return { text, ignoreCase: flags === 'i' }
}

/** Throws an invalidQuery Problem with the position of the token. */
export function expected(what: string, token: Token): never {
  const unclosed = token.kind === 'unknown' && /['"/]/.test(token.text) ? 'an unclosed ' : ''
  const found = token.kind === 'end' ? 'it ends' : `it has ${unclosed}${token.text}`
  throw QUERIES.filterUnreadable(token.position, found, what)
}

/** Throws a notImplemented Problem with the supported JSONPath. */
export function unsupported(what: string): never {
  throw QUERIES.filterUnsupported(what)
}
