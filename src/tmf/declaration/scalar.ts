import { z } from 'zod'
import { compareCodePoints, isStorable } from '../../base/code-points.ts'
import { instantFromPostgres, parseInstant } from '../../base/instant.ts'
import { canonicalDecimal, compareDecimals, decimalFault, trimScale } from '../../base/money.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { FIELDS } from '../../messages/field.ts'
import type { Operator } from './predicate.ts'
import type { Scalar } from './shape.ts'

/** The schema, operators, SQL and order of one kind of scalar. */
export interface ScalarKind<S extends Scalar = Scalar> {
  /** Checks a JSON value of a body and returns its stored form. */
  readonly schema: (shape: S) => z.ZodType
  readonly openApi: (shape: S) => Record<string, unknown>
  readonly operators: readonly Operator[]
  readonly expects: (shape: S) => string
  /** Returns the canonical text of a filter value; undefined if it is invalid. */
  readonly parse: (value: string, shape: S) => string | undefined
  /** Binds a value with the type of the column. */
  readonly parameter: (value: string) => Sql
  readonly json: (printed: string) => string
  /** Extracts this kind's value from jsonb, comparable with `parameter`. Undefined: compare as text. */
  readonly fromJson: (value: Sql) => Sql
  /** Returns the JSON forms of a filter value in a document, for jsonb containment. */
  readonly jsonForms: (value: string) => readonly unknown[]
  /** Returns the comparable text of a document's value; undefined if it cannot be compared. */
  readonly textOf: (value: unknown) => string | undefined
  readonly compare: (left: string, right: string) => number
}

const INT32 = 2_147_483_647
const ORDERED: readonly Operator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte']
const asJsonText = (value: Sql): Sql => sql`(${value} #>> '{}') COLLATE "C"`
const asNumeric = (value: Sql): Sql => sql`(${value} #>> '{}')::numeric`

const asText = {
  parse: (value: string) => (isStorable(value) ? value : undefined),
  parameter: (value: string) => sql`${value}::text`,
  json: (printed: string) => JSON.stringify(printed),
  fromJson: asJsonText,
  jsonForms: (value: string): readonly unknown[] => [value],
  textOf: (value: unknown): string | undefined => String(value),
  compare: compareCodePoints
}

const FORMATS: ReadonlyMap<string, { isSound: (value: string) => boolean; error: string }> = new Map([
  ['uri', { isSound: (value) => URL.canParse(value), error: FIELDS.uri() }],
  [
    'uri-reference',
    {
      // Browsers drop blanks and control characters before they look for the scheme.
      isSound: (value) => !/[\s\p{Cc}]/u.test(value) && /^(?:https?:\/\/|urn:|(?![a-z][a-z0-9+.-]*:))/i.test(value),
      error: FIELDS.uriReference()
    }
  ],
  [
    'byte',
    {
      isSound: (value) => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value),
      error: FIELDS.notBase64()
    }
  ]
])

const CONTROLS = '\\x00-\\x1f\\x7f-\\x9f'

/**
 * Rewrites a pattern without look-around and Unicode properties, for code generators. It accepts everything the
 * original does, and some more.
 */
export function portablePattern({ source }: RegExp): string {
  return source
    .replaceAll(/\(\?<?[=!][^()]*\)/g, '')
    .replaceAll('\\P{Cc}', `[^${CONTROLS}]`)
    .replaceAll(/\\p\{Cc?\}/g, CONTROLS)
}

const text: ScalarKind<Extract<Scalar, { kind: 'text' }>> = {
  ...asText,
  schema: ({ minLength = 0, maxLength, pattern, format }) => {
    const known = FORMATS.get(format ?? '')
    if (known) return z.string().max(maxLength).refine(known.isSound, { error: known.error })
    const schema = z.string().min(minLength).max(maxLength)
    return pattern ? schema.regex(pattern, { error: FIELDS.pattern(pattern.source) }) : schema
  },
  openApi: ({ minLength, maxLength, pattern, format }) => ({
    type: 'string',
    ...(minLength && { minLength }),
    maxLength,
    ...(pattern && { pattern: portablePattern(pattern) }),
    ...(format && { format })
  }),
  operators: [...ORDERED, 'regex'],
  expects: () => 'a text'
}

const oneOf: ScalarKind<Extract<Scalar, { kind: 'oneOf' }>> = {
  ...asText,
  schema: ({ values }) => z.enum(values),
  openApi: ({ values }) => ({ type: 'string', enum: [...values] }),
  operators: ['eq', 'ne'],
  expects: ({ values }) => `one of ${values.join(', ')}`,
  parse: (value, { values }) => (values.includes(value) ? value : undefined)
}

const instant: ScalarKind = {
  ...asText,
  schema: () =>
    z.string().transform((value, context) => {
      const parsed = parseInstant(value)
      if (parsed) return parsed
      context.issues.push({ code: 'custom', input: value, message: FIELDS.dateTime() })
      return z.NEVER
    }),
  openApi: () => ({ type: 'string', format: 'date-time' }),
  operators: ORDERED,
  expects: () => 'a date (2026-01-15) or a date-time with an offset (2026-01-15T10:00:00Z)',
  // A plus sign in a query string arrives as a blank; a date-time has no other blank there.
  parse: (value) => parseInstant(value.replace(/ (?=\d\d:\d\d$)/, '+')),
  parameter: (value) => sql`${value}::timestamptz`,
  json: (printed) => `"${instantFromPostgres(printed)}"`
}

const boolean: ScalarKind = {
  ...asText,
  schema: () => z.boolean(),
  openApi: () => ({ type: 'boolean' }),
  operators: ['eq', 'ne'],
  expects: () => 'true or false',
  parse: (value) => (value === 'true' || value === 'false' ? value : undefined),
  parameter: (value) => sql`${value}::boolean`,
  json: (printed) => (printed === 't' ? 'true' : 'false'),
  fromJson: (value) => sql`(${value} #>> '{}')::boolean`,
  jsonForms: (value) => [value === 'true']
}

const decimal: ScalarKind<Extract<Scalar, { kind: 'decimal' }>> = {
  ...asText,
  schema: ({ minimum = -Infinity, maximum = Infinity }) =>
    z
      .number()
      .min(minimum)
      .max(maximum)
      .check((context) => {
        const fault = decimalFault(String(context.value))
        if (fault) context.issues.push({ code: 'custom', input: context.value, message: fault })
      }),
  openApi: (shape) => ({ type: 'number', ...range(shape) }),
  operators: ORDERED,
  expects: () => 'a decimal number',
  parse: canonicalDecimal,
  parameter: (value) => sql`${value}::numeric`,
  json: trimScale,
  fromJson: asNumeric,
  jsonForms: () => [],
  compare: compareDecimals
}

const integer: ScalarKind<Extract<Scalar, { kind: 'integer' }>> = {
  ...(decimal as ScalarKind),
  schema: ({ minimum = -INT32, maximum = INT32 }) => z.int().min(minimum).max(maximum),
  openApi: (shape) => ({ type: 'integer', format: 'int32', ...range(shape) }),
  expects: () => 'a number'
}

function range({ minimum, maximum }: { readonly minimum?: number; readonly maximum?: number }) {
  return { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) }
}

/** Compares values of any type as text, by equality and pattern only. */
const anyKind: ScalarKind = {
  ...asText,
  schema: () => z.any(),
  openApi: () => ({}),
  operators: ['eq', 'ne', 'regex'],
  expects: () => 'a text, number or boolean',
  fromJson: (value) => sql`(CASE WHEN jsonb_typeof(${value}) IN ('string', 'number', 'boolean')
    THEN ${value} #>> '{}' END) COLLATE "C"`,
  jsonForms: () => [],
  textOf: (value) => (typeof value === 'object' ? undefined : String(value))
}

const SCALARS: { readonly [K in Scalar['kind']]: ScalarKind<Extract<Scalar, { kind: K }>> } = {
  text,
  oneOf,
  instant,
  boolean,
  integer,
  decimal,
  any: anyKind
}

/** Returns the kind for comparing a scalar inside jsonb, where instants are UTC texts of one length. */
export function jsonKind(shape: Scalar): ScalarKind {
  return shape.kind === 'instant' ? (text as ScalarKind) : scalarKind(shape)
}

export function scalarKind(shape: Scalar): ScalarKind {
  return SCALARS[shape.kind] as ScalarKind
}
