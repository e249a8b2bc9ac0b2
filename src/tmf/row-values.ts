import { present } from '../base/unknown.ts'
import { columnsOf, encode } from './declaration/attribute.ts'
import type { Document, Resource, Stored } from './declaration/resource.ts'

/** A column of a row with its value. */
export type ColumnValue = readonly [column: string, value: string | null]

/** The columns of a complete document with their values: all of a row but its key, version and creation time. */
export function rowValues(resource: Resource, document: Document, before?: Stored): readonly ColumnValue[] {
  return [
    ...columnValues(resource, [...resource.attributes.keys()], document),
    ...internalValues(resource, document, before)
  ]
}

/** Columns with their values for some attributes, and the extension column for all members that are no attributes. */
export function columnValues(resource: Resource, names: readonly string[], document: Document): readonly ColumnValue[] {
  const own = names
    .filter((name) => name !== 'id')
    .flatMap((name) => {
      const attribute = present(resource.attributes.get(name), name)
      const values = encode(attribute, document[name])
      return columnsOf(attribute).map((column, at): ColumnValue => [column, values[at] ?? null])
    })
  return [...own, ['extension', extensionOf(resource, document)]]
}

function extensionOf({ attributes }: Resource, document: Document): string | null {
  const names = Object.keys(document).filter((name) => !attributes.has(name))
  return names.length > 0 ? JSON.stringify(Object.fromEntries(names.map((name) => [name, document[name]]))) : null
}

/** The internal columns of a document with their values; `before` is what was stored. */
export function internalValues(resource: Resource, after: Document, before?: Stored): readonly ColumnValue[] {
  return Object.entries(resource.internal?.derive(after, before) ?? {})
}
