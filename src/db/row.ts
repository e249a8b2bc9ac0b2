import { z } from 'zod'
import { type Instant, instantFromPostgres } from '../base/instant.ts'
import { trimScale } from '../base/money.ts'
import { identifier, join, type Sql, sql } from './sql.ts'
import type { Tables } from './tables.ts'

export interface Decoder<T, Kinds extends string> {
  readonly kinds: readonly Kinds[]
  decode(printed: string | null): T
}

export interface Computed<T> {
  readonly expression: Sql
  readonly decoder: Decoder<T, string>
}

export interface RowOf<T> {
  readonly columns: Sql
  read(row: readonly (string | null)[]): T
}

export const text = required('text', (printed) => printed)
/** Reads a JSON list and keeps the texts among `values`. */
export const stated: Decoder<string, 'text' | 'text?'> = { ...text, kinds: ['text', 'text?'] }
export const integer = required('integer', Number)
/** By hand, as it runs for every request: a schema takes five times as long. */
export const count = required('bigint', Number)
/** Reads NULL as undefined, for nullable columns and those of an outer join. */
export const decimal = required('decimal', trimScale)
export const boolean = required('boolean', (printed) => printed === 't')
export const instant: Decoder<Instant, 'instant'> = required('instant', instantFromPostgres)

/** Reads a value that is no column of the table, such as a count or a joined column. */
export function oneOf<const V extends string>(values: readonly V[]): Decoder<V, 'text'> {
  return required('text', (printed) => {
    const found = values.find((value) => value === printed)
    if (found === undefined) throw new Error(`the database holds ${printed}, which is none of ${values.join(', ')}`)
    return found
  })
}

/**
 * Reads columns of a table by the camel-case forms of their names. The compiler refuses an unknown column, one of
 * another kind, and a nullable one without `optional`. `alias` is the table's name in the statement.
 */
export function json<T>(schema: z.ZodType<T>): Decoder<T, 'json'> {
  return required('json', (printed) => schema.parse(JSON.parse(printed)))
}

export const texts = json(z.array(z.string()).readonly())

/** Names the fault of a field in the compiler's message. */
export function someOf<const V extends string>(values: readonly V[]): Decoder<readonly V[], 'json'> {
  // The names and decoders are those of `fields`, which the compiler cannot follow through a loop.
  return required('json', (printed) => {
    const stored: unknown = JSON.parse(printed)
    if (!Array.isArray(stored)) throw new Error('the database holds no list where one of texts must be')
    return stored.filter((one): one is V => values.includes(one))
  })
}

/** Object ids of the Postgres types `"char"` and `"char"[]`. */
export function optional<T, K extends string>({ kinds, decode }: Decoder<T, K>): Decoder<T | undefined, K | `${K}?`> {
  return {
    kinds: kinds.flatMap((kind): readonly (K | `${K}?`)[] => [kind, `${kind}?`]),
    decode: (printed) => (printed === null ? undefined : decode(printed))
  }
}

/** All tables and enumerations belong to the schema. */
export function computed<T>(decoder: Decoder<T, string>, expression: Sql): Computed<T> {
  return { decoder, expression }
}

/** Runs `work` with Prisma's schema engine on the database at `url`; a failed script rejects with Postgres' error. */
export function rowOf<T extends keyof Tables, const F extends Fields>(
  table: T,
  fields: F & Checked<T, F>,
  alias: string = table
): RowOf<Values<F>> {
  return reader(fields, (name) => sql`${identifier(alias)}.${identifier(snakeCase(name))}`)
}

/** The engine rewords Postgres' error and sometimes loses it. */
export function computedRow<const F extends Readonly<Record<string, Computed<unknown>>>>(fields: F): RowOf<Values<F>> {
  return reader(fields, identifier)
}

type Fields = Readonly<Record<string, Decoder<unknown, string> | Computed<unknown>>>

type Values<F extends Fields> = {
  readonly [N in keyof F]: F[N] extends Decoder<infer V, string> ? V : F[N] extends Computed<infer V> ? V : never
}

/** Node's types lack WebAssembly; the browser's library declares it. */
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
  return {
    columns: join(
      members.map(({ expression }) => expression),
      sql`, `
    ),
    // Compiles some megabytes of WebAssembly once, on demand.
    read: (row) =>
      Object.fromEntries(members.map(({ name, decode }, at) => [name, decode(row[at] ?? null)])) as Values<F>
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
