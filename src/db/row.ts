import { z } from 'zod'
import { type Instant, instantFromPostgres } from '../base/instant.ts'
import { trimScale } from '../base/money.ts'
import { present } from '../base/unknown.ts'
import type { Result, Row } from './database.ts'
import { identifier, join, type Sql, sql } from './sql.ts'
import type { Tables } from './tables.ts'

/** Turns the printed text of a column into a value. `kinds` names the columns of tables.ts that it can read. */
export interface Decoder<T, Kinds extends string> {
  readonly kinds: readonly Kinds[]
  decode(printed: string | null): T
}

export interface Computed<T> {
  readonly expression: Sql
  readonly decoder: Decoder<T, string>
}

/** A list of columns for SELECT or RETURNING, and the function that reads a row of them by name. */
export interface RowOf<T> {
  readonly columns: Sql
  read(row: Row): T
  /** Reads the row of a statement that always returns one. */
  one(result: Result): T
}

export const text = required('text', (printed) => printed)
/** A text of a nullable column whose NULLs the statement's condition rules out. */
export const stated: Decoder<string, 'text' | 'text?'> = { ...text, kinds: ['text', 'text?'] }
export const integer = required('integer', Number)
/** Of a count; exact up to 2^53. */
export const count = required('bigint', Number)
/** Decimal text without trailing zeros. */
export const decimal = required('decimal', trimScale)
export const boolean = required('boolean', (printed) => printed === 't')
export const instant: Decoder<Instant, 'instant'> = required('instant', instantFromPostgres)

export function oneOf<const V extends string>(values: readonly V[]): Decoder<V, 'text'> {
  return required('text', (printed) => {
    const found = values.find((value) => value === printed)
    if (found === undefined) throw new Error(`the database holds ${printed}, which is none of ${values.join(', ')}`)
    return found
  })
}

export function json<T>(schema: z.ZodType<T>): Decoder<T, 'json'> {
  return required('json', (printed) => schema.parse(JSON.parse(printed)))
}

/** Reads JSON as it is printed, with every digit. */
export const jsonText = required('json', (printed) => printed)

export const texts = json(z.array(z.string()).readonly())

/** Reads a JSON list and keeps the texts among `values`. */
export function someOf<const V extends string>(values: readonly V[]): Decoder<readonly V[], 'json'> {
  // By hand, as it runs for every request: a schema takes five times as long.
  return required('json', (printed) => {
    const stored: unknown = JSON.parse(printed)
    if (!Array.isArray(stored)) throw new Error('the database holds no list where one of texts must be')
    return stored.filter((one): one is V => values.includes(one))
  })
}

/** Reads NULL as undefined, for nullable columns and those of an outer join. */
export function optional<T, K extends string>({ kinds, decode }: Decoder<T, K>): Decoder<T | undefined, K | `${K}?`> {
  return {
    kinds: kinds.flatMap((kind): readonly (K | `${K}?`)[] => [kind, `${kind}?`]),
    decode: (printed) => (printed === null ? undefined : decode(printed))
  }
}

/** Reads a value that is no column of the table, such as a count or a joined column. */
export function computed<T>(decoder: Decoder<T, string>, expression: Sql): Computed<T> {
  return { decoder, expression }
}

/**
 * Reads columns of a table by the camel-case forms of their names. The compiler refuses an unknown column, one of
 * another kind, and a nullable one without `optional`. `alias` is the table's name in the statement.
 */
export function rowOf<T extends keyof Tables, const F extends Fields>(
  table: T,
  fields: F & Checked<T, F>,
  alias: string = table
): RowOf<Values<F>> {
  return reader(fields, (name) => sql`${identifier(alias)}.${identifier(snakeCase(name))}`)
}

/** Reads values that a statement computes. A field without an expression is the column of its name in snake case. */
export function computedRow<const F extends Fields>(fields: F): RowOf<Values<F>> {
  return reader(fields, (name) => identifier(snakeCase(name)))
}

/** Reads the only value of a statement, such as a count. Treats a missing row as NULL. */
export function scalar<T>({ rows }: Result, { decode }: Decoder<T, string>): T {
  return decode(rows[0] ? firstOf(rows[0]) : null)
}

export function scalars<T>({ rows }: Result, { decode }: Decoder<T, string>): readonly T[] {
  return rows.map((row) => decode(firstOf(row)))
}

/**
 * Returns the cells of a row in the order of the statement's columns, for code that makes both the SELECT and the
 * reader from one list of columns. test/tidy-bans.ts lists the callers.
 */
export function printedCells(row: Row): readonly (string | null)[] {
  // The type hides the driver's array, so that the compiler refuses positions elsewhere.
  return row as unknown as readonly (string | null)[]
}

/** Returns the number of characters of a row, as printed. */
export function lengthOf(row: Row): number {
  return printedCells(row).reduce((sum, cell) => sum + (cell?.length ?? 0), 0)
}

function firstOf(row: Row): string | null {
  return printedCells(row)[0] ?? null
}

type Fields = Readonly<Record<string, Decoder<unknown, string> | Computed<unknown>>>

type Values<F extends Fields> = {
  readonly [N in keyof F]: F[N] extends Decoder<infer V, string> ? V : F[N] extends Computed<infer V> ? V : never
}

type Checked<T extends keyof Tables, F> = {
  readonly [N in keyof F]: F[N] extends Decoder<unknown, infer Kinds>
    ? SnakeCase<N> extends keyof Tables[T]
      ? Tables[T][SnakeCase<N>] extends Kinds
        ? F[N]
        : `the column is ${Tables[T][SnakeCase<N>] & string}`
      : `${T} has no column ${SnakeCase<N>}`
    : F[N]
}

type SnakeCase<N> = N extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : ''

function required<T, const K extends string>(kind: K, decode: (printed: string) => T): Decoder<T, K> {
  return {
    kinds: [kind],
    decode: (printed) => {
      if (printed === null) throw new Error(`the database holds NULL where a value of type ${kind} must be`)
      return decode(printed)
    }
  }
}

function reader<F extends Fields>(fields: F, columnOf: (name: string) => Sql): RowOf<Values<F>> {
  const members = Object.entries(fields).map(([name, field]) =>
    'expression' in field
      ? { name, expression: field.expression, decode: field.decoder.decode }
      : { name, expression: columnOf(name), decode: field.decode }
  )
  const read = (row: Row): Values<F> => {
    const cells = printedCells(row)
    const values: Record<string, unknown> = {}
    let at = 0
    for (const { name, decode } of members) values[name] = decode(cells[at++] ?? null)
    // The names and decoders are those of `fields`, which the compiler cannot follow through a loop.
    return values as Values<F>
  }
  return {
    columns: join(members.map(({ expression }) => expression)),
    read,
    one: ({ rows }) => read(present(rows[0], 'the row that the statement always returns'))
  }
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
