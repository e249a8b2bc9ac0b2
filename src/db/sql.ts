import { oncePer } from '../base/once.ts'

const BRAND = Symbol('sql')

/** A piece of SQL: text and values together, so that a value never becomes text. Only this module makes it. */
export interface Sql {
  readonly [BRAND]: true
  readonly strings: readonly string[]
  readonly values: readonly unknown[]
  /** Each connection prepares it once, by name. */
  readonly isPrepared?: boolean | undefined
  /** As it is rendered, where that is known already. */
  readonly text?: string
}

declare const CELLS: unique symbol

/** A row as Postgres prints it. Only row.ts reads it, by name and type. */
export type Row = { readonly [CELLS]: true }

/** Template tag: splices in Sql and binds any other value. */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  const texts: string[] = [strings[0] ?? '']
  const values: unknown[] = []
  parts.forEach((part, index) => {
    if (isSql(part)) splice(part, texts, values)
    else {
      values.push(part)
      texts.push('')
    }
    texts.push(texts.pop() + (strings[index + 1] ?? ''))
  })
  return { [BRAND]: true, strings: texts, values }
}

/** Template tag for a whole statement of few shapes that runs often: each shape stays in memory on every connection. */
export function prepared(strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  return asPrepared(sql(strings, ...parts))
}

export function asPrepared(statement: Sql, isPrepared = true): Sql {
  return { ...statement, isPrepared }
}

function splice(part: Sql, texts: string[], values: unknown[]): void {
  texts.push(texts.pop() + (part.strings[0] ?? ''))
  values.push(...part.values)
  texts.push(...part.strings.slice(1))
}

function isSql(part: unknown): part is Sql {
  return typeof part === 'object' && part !== null && BRAND in part
}

/** Takes unchecked text that the code itself wrote. test/tidy-bans.ts lists the callers. */
export function rawSql(text: string): Sql {
  return { [BRAND]: true, strings: [text], values: [] }
}

/** The only way to make a name SQL text: lower-case identifiers that the code declares. */
export function identifier(name: string): Sql {
  if (!IDENTIFIER.test(name)) throw new Error(`not an SQL identifier: ${name}`)
  return rawSql(`"${name}"`)
}

const COMMA = sql`, `
export const identifiers = oncePer((names: readonly string[]) => join(names.map(identifier)))

const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/

export function join(pieces: readonly Sql[], separator = COMMA): Sql {
  const texts = ['']
  const values: unknown[] = []
  pieces.forEach((piece, index) => {
    if (index > 0) splice(separator, texts, values)
    splice(piece, texts, values)
  })
  return { [BRAND]: true, strings: texts, values }
}

export function render(statement: Sql): { text: string; values: readonly unknown[] } {
  const text = statement.text ?? statement.strings.reduce((joined, part, index) => `${joined}$${index}${part}`)
  return { text, values: statement.values }
}

/** Makes statements of the same text with other values, for those that run often: to make the text takes long. */
export function repeatable(statement: Sql): (...values: readonly unknown[]) => Sql {
  const { text } = render(statement)
  return (...values) => {
    if (values.length !== statement.values.length)
      throw new RangeError(`${text} takes ${statement.values.length} values`)
    return { ...statement, text, values }
  }
}
