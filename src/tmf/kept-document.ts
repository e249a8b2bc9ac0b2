import { membersOf } from '../base/json-members.ts'
import type { Attribute } from './declaration/attribute.ts'
import type { Resource } from './declaration/resource.ts'
import { openMembers } from './representation.ts'

/**
 * Writes a document that `documentSql` made, as jsonb prints it, like one that is read now. `root` is the URL of the
 * API, JSON-escaped. Keeps every digit.
 */
export function writeKept({ path, attributes }: Resource, document: string, root: string): string {
  const members = new Map(membersOf(document))
  const item = `${root}/${path}/${encodeURIComponent(JSON.parse(members.get('id') ?? 'null'))}`
  let json = `{"id":${members.get('id')},"href":"${item}"`
  members.delete('id')
  for (const [name, attribute] of attributes) {
    const value = members.get(name)
    if (value === undefined) continue
    json += `,${JSON.stringify(name)}:${linked(attribute, value, root, item)}`
    members.delete(name)
  }
  for (const [name, value] of members) json += `,${JSON.stringify(name)}:${value}`
  return `${json}}`
}

function linked({ storage }: Attribute, value: string, root: string, item: string): string {
  if (storage.kind === 'json') return storage.linked?.(value, item) ?? value
  if (storage.kind !== 'reference' || !(storage.to || storage.isOpen)) return value
  const id = membersOf(value).get('id') ?? 'null'
  if (storage.isOpen) return `{${openMembers(value, root, JSON.parse(id)).slice(1)}}`
  const href = `${root}/${storage.to?.path}/${encodeURIComponent(JSON.parse(id))}`
  return `{"href":"${href}",${value.slice(1)}`
}
