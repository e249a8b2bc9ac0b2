import { trimScale } from '../base/money.ts'
import { oncePer } from '../base/once.ts'
import { present } from '../base/unknown.ts'
import type { Row } from '../db/database.ts'
import { printedCells } from '../db/row.ts'
import { type Attribute, columnsOf } from './declaration/attribute.ts'
import { type Document, LEADING_COLUMNS, type Resource, type Stored } from './declaration/resource.ts'
import { scalarKind } from './declaration/scalar.ts'
import type { Scalar } from './declaration/shape.ts'
import type { Fields } from './query/query.ts'

/**
 * The v4 JSON of a row. The database returns every column as text, mostly JSON already. Joining texts instead of
 * parsing makes reads fast and keeps every digit of an amount; a decoder for each column would cost more than the join.
 * The columns of a Selection, or of the resource, make both the SELECT and the reader.
 */
type Cells = readonly (string | null)[]

/** The columns to read and their writers: the whole resource, or the part in `fields`. */
export interface Selection {
  readonly columns: readonly string[]
  readonly parts: readonly Part[]
}

/** Writes `,"name":value`, or nothing without a value. `root` is the JSON-escaped URL of the API. */
type Part = (row: Cells, root: string) => string
type Reader = (row: Cells, root: string) => string | undefined

/**
 * The URL of the API in documents under way. For a resolved open reference the jsonb column keeps `"href": "~/<path of
 * the resource>"`; writing appends the id.
 */
export const OWN_ROOT = '~'

const OWN_HREF = /"href": "~\/(\w+)"/
const ID = LEADING_COLUMNS.indexOf('id')
const VERSION = LEADING_COLUMNS.indexOf('version')
const EXTENSION = LEADING_COLUMNS.indexOf('extension')

export const selectAll = oncePer((resource: Resource): Selection => {
  const reads = attributeReaders(resource, resource.columns)
  return { columns: resource.columns, parts: [...[...reads].map(([name, read]) => part(name, read)), extension] }
})

/** Looks up unknown names among a row's extension members. Rows have the columns `of`, by default only those needed. */
export function selectFields(resource: Resource, fields: Fields, of?: readonly string[]): Selection {
  const known = [...resource.attributes].filter(([name]) => fields.has(name) && name !== 'id')
  const columns = of ?? [...LEADING_COLUMNS, ...known.flatMap(([, attribute]) => columnsOf(attribute))]
  const readers = attributeReaders(resource, columns)
  const parts = known.map(([name]) => part(name, pruned(present(readers.get(name), name), fields.get(name))))
  return { columns, parts: [...parts, extensionOnly(fields, resource)] }
}

/** `root` is the URL of the API as this client sees it, JSON-escaped. */
export function writeDocument(path: string, selection: Selection, row: Row, root: string): string {
  const cells = printedCells(row)
  const id = String(cells[ID])
  let json = `{"id":${JSON.stringify(id)},"href":"${root}/${path}/${encodeURIComponent(id)}"`
  for (const write of selection.parts) json += write(cells, root)
  return `${json}}`
}

export function idOf(row: Row): string {
  return String(printedCells(row)[ID])
}

export function versionOf(row: Row): number {
  return Number(printedCells(row)[VERSION])
}

/** Reads a full row (the resource's `columns`) for rules and changes. */
export function readStored<D extends Document>(resource: Resource<D>, row: Row): Stored<D> {
  const { href: _, ...document } = JSON.parse(writeDocument(resource.path, selectAll(resource), row, OWN_ROOT))
  const cells = printedCells(row)
  const internal = (resource.internal?.columns ?? []).map((name) => [
    name,
    cells[resource.columns.indexOf(name)] ?? null
  ])
  return {
    id: idOf(row),
    version: versionOf(row),
    // Stored documents were validated by the shape whose type is `D`.
    document: document as D,
    internal: Object.fromEntries(internal)
  }
}

function attributeReaders(resource: Resource, columns: readonly string[]): Map<string, Reader> {
  const readers = new Map<string, Reader>()
  for (const [name, attribute] of resource.attributes) {
    const at = columnsOf(attribute).map((column) => columns.indexOf(column))
    if (name !== 'id' && at.every((index) => index >= 0)) readers.set(name, reader(resource, attribute, at))
  }
  return readers
}

function reader({ path }: Resource, { storage, shape }: Attribute, at: readonly number[]): Reader {
  const [first = 0, second = -1] = at
  switch (storage.kind) {
    case 'scalar': {
      const write = scalarKind(shape as Scalar).json
      return (row) => mapped(row[first], write)
    }
    case 'json': {
      const { linked } = storage
      if (!linked) return (row) => row[first] ?? undefined
      return (row, root) => mapped(row[first], (json) => linked(json, `${root}/${path}/${row[ID]}`))
    }
    case 'money':
      return (row) =>
        mapped(row[first], (value) => `{"unit":${JSON.stringify(row[second])},"value":${trimScale(value)}}`)
    case 'reference': {
      const { to, isOpen } = storage
      const href = to && ((root: string, id: string) => `,"href":"${root}/${to.path}/${encodeURIComponent(id)}"`)
      const rest = isOpen ? openMembers : members
      return (row, root) =>
        mapped(
          row[first],
          (id) => `{"id":${JSON.stringify(id)}${href?.(root, id) ?? ''}${rest(row[second], root, id)}}`
        )
    }
  }
}

function mapped(text: string | null | undefined, write: (text: string) => string): string | undefined {
  return text === null || text === undefined ? undefined : write(text)
}

function part(name: string, read: Reader): Part {
  const key = `,${JSON.stringify(name)}:`
  return (row, root) => {
    const value = read(row, root)
    return value === undefined ? '' : key + value
  }
}

/** Returns the members of a jsonb object to continue an object already begun. */
function members(object: string | null | undefined): string {
  return object && object !== '{}' ? `,${object.slice(1, -1)}` : ''
}

/** Returns the members of an open reference; the href depends on the reader. */
export function openMembers(object: string | null | undefined, root: string, id: string): string {
  const text = members(object)
  if (!text.includes('"~/')) return text
  return text.replace(OWN_HREF, (_, path: string) => `"href": "${root}/${path}/${encodeURIComponent(id)}"`)
}

const extension: Part = (row) => members(row[EXTENSION])

function extensionOnly(fields: Fields, resource: Resource): Part {
  const names = [...fields.keys()].filter((name) => !resource.attributes.has(name))
  return (row) => {
    const stored = names.length > 0 ? row[EXTENSION] : undefined
    if (!stored) return ''
    const object = JSON.parse(stored) as Record<string, unknown>
    const kept = names.filter((name) => Object.hasOwn(object, name))
    return kept
      .map((name) => `,${JSON.stringify(name)}:${JSON.stringify(prune(object[name], fields.get(name)))}`)
      .join('')
  }
}

function pruned(read: Reader, fields: Fields | undefined): Reader {
  if (!fields || fields.size === 0) return read
  return (row, root) => mapped(read(row, root), (json) => JSON.stringify(prune(JSON.parse(json), fields)))
}

function prune(value: unknown, fields: Fields | undefined): unknown {
  if (!fields || fields.size === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((element) => prune(element, fields))
  const kept = Object.entries(value).filter(([name]) => fields.has(name))
  return Object.fromEntries(kept.map(([name, member]) => [name, prune(member, fields.get(name))]))
}
