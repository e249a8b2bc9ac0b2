import { oncePer } from '../../base/once.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, scalars, text } from '../../db/row.ts'
import { identifier, join, prepared, type Sql, sql } from '../../db/sql.ts'
import { type Attribute, columnsOf, encode } from '../declaration/attribute.ts'
import type { Served } from '../declaration/define.ts'
import { nameSpace } from '../declaration/own-names.ts'
import type { Document, Resource } from '../declaration/resource.ts'
import { columnValues, internalValues } from '../row-values.ts'
import type { View } from '../view.ts'
import { ownerValues } from '../write.ts'

export type BulkResource = Served & Required<Pick<Resource, 'bulk'>>

export interface NewRow {
  readonly id: string
  readonly document: Document
}

/** Inserts rows that are not known by their keys. Returns the ids of those inserted. */
export function insertNew(
  tx: Transaction,
  view: View,
  resource: BulkResource,
  rows: readonly NewRow[]
): Promise<ReadonlySet<string>> {
  const key = keyColumn(resource)
  const known = sql`ON CONFLICT ("tenant_id", ${key}, ${OWNER}) WHERE ${key} IS NOT NULL DO NOTHING`
  return insertRows(tx, view, resource, rows, known)
}

/** Inserts whole documents in one statement; `conflict` is its ON CONFLICT. Returns the ids of those inserted. */
export async function insertRows(
  tx: Transaction,
  view: View,
  resource: Resource,
  rows: readonly NewRow[],
  conflict = sql``
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set()
  const owner = ownerValues(resource, view)
  const fixed = owner.map(([column]) => column)
  const columns = [...columnsOfRows(resource, rows)].filter(([column]) => !fixed.includes(column))
  const types = columnTypes(resource)
  const arrays = columns.map(([column, values]) => sql`${columnText(values)}::${types.get(column) ?? sql`text`}[]`)
  const names = join(columns.map(([column]) => identifier(column)))
  const inserted =
    await tx.run(prepared`INSERT INTO ${identifier(resource.table)} (${join(fixed.map(identifier))}, ${names})
      SELECT ${join(owner.map(([, value]) => sql`${value}`))}, ${names} FROM unnest(${join(arrays)}) AS "row" (${names})
      ${conflict} RETURNING "id"`)
  return new Set(scalars(inserted, text))
}

function columnsOfRows(resource: Resource, rows: readonly NewRow[]): ReadonlyMap<string, (string | null)[]> {
  const columns = new Map<string, (string | null)[]>([['id', rows.map(({ id }) => id)]])
  for (const [name, attribute] of resource.attributes) {
    if (name === 'id') continue
    const encoded = rows.map(({ document }) => encode(attribute, document[name]))
    for (const [at, column] of columnsOf(attribute).entries()) {
      columns.set(
        column,
        encoded.map((values) => values[at] ?? null)
      )
    }
  }
  for (const [at, { document }] of rows.entries()) {
    for (const [column, value] of [...columnValues(resource, [], document), ...internalValues(resource, document)]) {
      const values = columns.get(column) ?? []
      values[at] = value
      columns.set(column, values)
    }
  }
  return columns
}

const columnTypes = oncePer(
  ({ attributes }: Resource): ReadonlyMap<string, Sql> =>
    new Map([['extension', sql`jsonb`], ...[...attributes.values()].flatMap(typesOf)])
)

function typesOf({ storage, shape }: Attribute): (readonly [string, Sql])[] {
  switch (storage.kind) {
    case 'json':
      return [[storage.column, sql`jsonb`]]
    case 'money':
      return [[storage.value, sql`numeric`]]
    case 'reference':
      return storage.rest === undefined ? [] : [[storage.rest, sql`jsonb`]]
    case 'scalar':
      return [[storage.column, SCALAR_TYPES[shape.kind] ?? sql`text`]]
  }
}

const SCALAR_TYPES: Readonly<Record<string, Sql>> = {
  instant: sql`timestamptz`,
  boolean: sql`boolean`,
  integer: sql`integer`,
  decimal: sql`numeric`
}

/** Of a column without any value nothing is sent: `unnest` fills the shorter array up with NULL. */
function columnText(values: readonly (string | null)[]): string {
  return values.some((value) => value !== null && value !== undefined) ? arrayText(values) : '{}'
}

/**
 * Returns an array as Postgres reads it. That is JSON except for the brackets and the escapes of control characters, so
 * the whole is nearly always written at once.
 */
export function arrayText(values: readonly (string | null)[]): string {
  const json = JSON.stringify(values)
  if (!CONTROL_ESCAPE.test(json)) return `{${json.slice(1, -1)}}`
  return `{${values.map((value) => (value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`)).join()}}`
}

const CONTROL_ESCAPE = /\\[a-z]/

/** The owner, as in the unique index of the key. */
const OWNER = sql`coalesce("partner_id", '')`

export async function idsByKey(
  tx: Transaction,
  view: View,
  resource: BulkResource,
  rows: readonly NewRow[]
): Promise<ReadonlyMap<string, string>> {
  if (rows.length === 0) return new Map()
  const keys = rows.map(({ document }) => keyOf(resource, document))
  const column = keyColumn(resource)
  const known = computedRow({ key: computed(text, column), id: text })
  const { rows: found } = await tx.run(prepared`SELECT ${known.columns} FROM ${identifier(resource.table)}
      WHERE "tenant_id" = ${view.tenantId} AND ${column} = ANY(${arrayText(keys)}::text[])
        AND ${OWNER} = ${nameSpace(view)}`)
  return new Map(found.map(known.read).map(({ key, id }) => [key, id]))
}

export function keyOf({ bulk }: BulkResource, document: Document): string {
  return String(document[bulk.key])
}

function keyColumn({ attributes, bulk, type }: BulkResource): Sql {
  const storage = attributes.get(bulk.key)?.storage
  if (storage?.kind !== 'scalar') throw new Error(`${type} has no key ${bulk.key}`)
  return identifier(storage.column)
}
