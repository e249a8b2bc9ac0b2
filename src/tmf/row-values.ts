import { present } from '../base/unknown.ts'
import { columnsOf, encode } from './declaration/attribute.ts'
import type { Document, Resource, Stored } from './declaration/resource.ts'

export type ColumnValue = readonly [column: string, value: string | null]

/** Returns all columns of a document except key, version and creation time. */
export function rowValues(resource: Resource, document: Document, before?: Stored): readonly ColumnValue[] {
  return [
    ...columnValues(resource, [...resource.attributes.keys()], document),
    ...internalValues(resource, document, before)
  ]
}

/** Returns the columns of some attributes, and the extension column for all other members. */
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

export function internalValues(resource: Resource, after: Document, before?: Stored): readonly ColumnValue[] {
  return Object.entries(resource.internal?.derive(after, before) ?? {})
}
