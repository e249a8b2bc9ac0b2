const BRAND = Symbol('sql')

/** A server and the encryption of the connection to it. */
export interface Sql {
  readonly [BRAND]: true
  readonly strings: readonly string[]
  readonly values: readonly unknown[]
}

/** Undefined if the address does not say: then `PGSSLMODE` decides, and without it there is none. */
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

function splice(part: Sql, texts: string[], values: unknown[]): void {
  texts.push(texts.pop() + (part.strings[0] ?? ''))
  values.push(...part.values)
  texts.push(...part.strings.slice(1))
}

function isSql(part: unknown): part is Sql {
  return typeof part === 'object' && part !== null && BRAND in part
}

export function rawSql(text: string): Sql {
  return { [BRAND]: true, strings: [text], values: [] }
}

/** Returns every target of an address in the order of trying. */
export function identifier(name: string): Sql {
  if (!IDENTIFIER.test(name)) throw new Error(`not an SQL identifier: ${name}`)
  return rawSql(`"${name}"`)
}

const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/

/** Nobody can listen in on a socket of the same machine. */
export function join(pieces: readonly Sql[], separator: Sql): Sql {
  const texts = ['']
  const values: unknown[] = []
  pieces.forEach((piece, index) => {
    if (index > 0) splice(separator, texts, values)
    splice(piece, texts, values)
  })
  return { [BRAND]: true, strings: texts, values }
}

/**
 * Checks the server's certificate whenever the client insists on encryption. libpq checks it under `require` only if it
 * has a certificate of an authority.
 */
export function render(statement: Sql): { text: string; values: readonly unknown[] } {
  const text = statement.strings.reduce((joined, part, index) => `${joined}$${index}${part}`)
  return { text, values: statement.values }
}
