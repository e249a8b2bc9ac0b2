import { parseDay } from '../base/instant.ts'
import type { Resource } from '../tmf/resource.ts'
import type { Shape } from '../tmf/shape.ts'
import { suggestion } from '../tmf/suggestion.ts'
import { Misuse } from './command.ts'

/** The attributes that the server neither gives nor keeps for sub-classes. */
export function assignableNames({ attributes }: Resource): readonly string[] {
  return [...attributes].filter(([name, { readOnly }]) => !readOnly && !name.startsWith('@')).map(([name]) => name)
}

/**
 * The body that assignments `name=value` stand for: values are read by the shapes of the attributes, and an empty one is
 * null. What is no value of its shape stays a text, which validation refuses. Throws Misuse for other names.
 */
export function readAssignments(
  resource: Resource,
  names: readonly string[],
  assignments: readonly string[]
): Readonly<Record<string, unknown>> {
  const body = new Map<string, unknown>()
  for (const assignment of assignments) {
    const [name, value] = splitAssignment(assignment)
    if (name === resource.secret?.member) throw new Misuse(secretFault(resource))
    const attribute = names.includes(name) ? resource.attributes.get(name) : undefined
    if (!attribute) throw new Misuse(`${resource.path} has no ${name} to set${suggestion(name, names)}`)
    if (body.has(name)) throw new Misuse(`${name} is given twice`)
    body.set(name, value === '' ? null : readValue(attribute.shape, value))
  }
  return Object.fromEntries(body)
}

function splitAssignment(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=')
  if (at <= 0) throw new Misuse(`${JSON.stringify(text)} is no name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** The value itself is in no message. */
function secretFault({ path, secret }: Resource): string {
  return secret?.isChosen
    ? `the ${secret.member} is no argument, since others on this machine could read it; use --${secret.member}-stdin`
    : `the ${secret?.member} of a ${path} is made, not chosen`
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
