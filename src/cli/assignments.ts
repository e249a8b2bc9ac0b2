import { adminResources } from '../admin/index.ts'
import { parseDay } from '../base/instant.ts'
import type { Attribute } from '../tmf/declaration/attribute.ts'
import type { Resource, Secret } from '../tmf/declaration/resource.ts'
import type { Shape } from '../tmf/declaration/shape.ts'
import { suggestion } from '../tmf/query/suggestion.ts'
import { Misuse } from './command.ts'
import { naturalName } from './lookup.ts'
import { alignColumns } from './table.ts'

export function assignableNames({ attributes }: Resource): readonly string[] {
  return [...attributes].filter(([name, { readOnly }]) => !readOnly && !name.startsWith('@')).map(([name]) => name)
}

/**
 * Turns assignments `name=value` into a body. Reads values by the shapes of the attributes; an empty value is null. A
 * value that does not fit stays a text, which validation refuses. Throws Misuse for other names.
 */
export function readAssignments(
  resource: Resource,
  names: readonly string[],
  assignments: readonly string[]
): Readonly<Record<string, unknown>> {
  const body = new Map<string, unknown>()
  for (const assignment of assignments) {
    const [name, value] = splitAssignment(assignment)
    if (resource.secret?.member === name) throw new Misuse(secretFault(resource.path, resource.secret))
    const attribute = names.includes(name) ? resource.attributes.get(name) : undefined
    if (!attribute) throw new Misuse(`${resource.path} has no ${name} to set${suggestion(name, names)}`)
    if (body.has(name)) throw new Misuse(`${name} is given twice`)
    body.set(name, value === '' ? null : readValue(attribute.shape, value))
  }
  return Object.fromEntries(body)
}

export function describeAssignments({ attributes }: Resource, names: readonly string[]): string {
  const rows = names.flatMap((name) => {
    const attribute = attributes.get(name)
    return attribute ? [[name, referenceForm(attribute) ?? formOf(attribute.shape), meaningOf(attribute)]] : []
  })
  return alignColumns(rows)
}

export function splitAssignment(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=')
  if (at <= 0) throw new Misuse(`${JSON.stringify(text)} is no name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Never shows the value. */
function secretFault(path: string, { member, chosen }: Secret): string {
  if (!chosen) return `the ${member} is made, not chosen`
  const ways = `${path} create and ${path} ${member} take --${member}-stdin`
  return `the ${member} is no argument, since others on this machine could read it; ${ways}`
}

function readValue(shape: Shape, text: string): unknown {
  switch (shape.kind) {
    case 'list':
      return text.split(',').map((element) => readValue(shape.of, element.trim()))
    case 'object':
      return { id: text }
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text
    case 'instant':
      return parseDay(text)?.[0] ?? text
    default:
      return text
  }
}

function referenceForm({ storage }: Attribute): string | undefined {
  const target = storage.kind === 'reference' && storage.to && adminResources.get(storage.to.path)
  return target ? `id or ${naturalName(target)}` : undefined
}

function formOf(shape: Shape): string {
  switch (shape.kind) {
    case 'list':
      return `${formOf(shape.of)},...`
    case 'object':
      return 'id'
    case 'boolean':
      return 'true|false'
    case 'instant':
      return 'date or date-time'
    case 'oneOf':
      return 'word'
    default:
      return 'text'
  }
}

function meaningOf({ shape, description, required }: Attribute): string {
  const leaf = shape.kind === 'list' ? shape.of : shape
  const words = leaf.kind === 'oneOf' ? `: ${leaf.values.join(', ')}` : ''
  return `${description}${words}${required ? ' (required)' : ''}`
}
