/** A difference from an official document: its place, and both values. */
export interface Difference {
  readonly document: string
  readonly place: string
  readonly standard: string
  readonly here: string
}

/** The compared part of a schema of Swagger 2, OpenAPI 3.0 or 3.1. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minLength?: number
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

export type Schemas = Readonly<Record<string, Schema>>
export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<Record<string, unknown>>
}

const NOTHING = '-'
const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** Compares types attribute by attribute. `ours` maps the standard's names of types to ours. */
export function compareSchemas(
  document: string,
  standard: Schemas,
  here: Schemas,
  names: readonly string[],
  ours: (name: string) => string = (name) => name
): readonly Difference[] {
  return names.flatMap((name) => {
    const type = here[ours(name)]
    if (!type) return [{ document, place: name, standard: 'a type', here: NOTHING }]
    const expected = flat(standard[name] ?? {}, standard)
    const actual = flat(type, here)
    const attributes = [...new Set([...expected.attributes.keys(), ...actual.attributes.keys()])]
    const found = [
      { place: `${name} (name)`, standard: name, here: ours(name) },
      { place: `${name} (required)`, standard: expected.required, here: actual.required },
      ...attributes.map((attribute) => ({
        place: `${name}.${attribute}`,
        standard: renamed(expected.attributes.get(attribute), ours),
        here: actual.attributes.get(attribute) ?? NOTHING
      }))
    ]
    return found.filter((pair) => pair.standard !== pair.here).map((pair) => ({ document, ...pair }))
  })
}

/** Compares operations: path, method, operationId, query parameters and success statuses. */
export function comparePaths(document: string, standard: Paths, here: Paths): readonly Difference[] {
  return [...operations(standard)].flatMap(({ place, path, method, operation }) => {
    const served = here[path]?.[method]
    if (!served) return [{ document, place, standard: operation.operationId, here: NOTHING }]
    const missing = queryNames(operation).filter((name) => !queryNames(served).includes(name))
    const found = [
      { place: `${place} (operationId)`, standard: operation.operationId, here: served.operationId },
      { place: `${place} (parameters)`, standard: missing.join(', '), here: '' },
      ...successes(operation).map((status) => ({
        place: `${place} (status)`,
        standard: status,
        here: successes(served).includes(status) ? status : NOTHING
      }))
    ]
    return found.filter((pair) => pair.standard !== pair.here).map((pair) => ({ document, ...pair }))
  })
}

function* operations(paths: Paths) {
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (METHODS.includes(method)) yield { place: `${method.toUpperCase()} ${path}`, path, method, operation }
    }
  }
}

function queryNames({ parameters = [] }: Operation): readonly string[] {
  return parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
}

function successes({ responses }: Operation): readonly string[] {
  return Object.keys(responses).filter((status) => status.startsWith('2'))
}

function renamed(type: string | undefined, ours: (name: string) => string): string {
  return type === undefined ? NOTHING : type.replace(/^[A-Za-z]\w*/, ours)
}

interface Flat {
  readonly required: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Resolves the inheritance of a type. */
function flat(schema: Schema, all: Schemas): Flat {
  const required = new Set<string>()
  const attributes = new Map<string, string>()
  const add = ({ $ref, allOf = [], required: names = [], properties = {} }: Schema): void => {
    if ($ref) add(all[nameOf($ref)] ?? {})
    for (const part of allOf) add(part)
    for (const name of names) required.add(name)
    for (const [name, property] of Object.entries(properties)) attributes.set(name, typeOf(property, all))
  }
  add(schema)
  return { required: [...required].sort().join(', ') || NOTHING, attributes }
}

/** Returns `string(date-time)`, `Money`, `TaxItem[]`, `string: a, b`, or `any`. A named enumeration is its values. */
function typeOf(schema: Schema, all: Schemas): string {
  if (schema.$ref) {
    const target = all[nameOf(schema.$ref)] ?? {}
    return target.enum || Object.keys(target).every((key) => key === 'description')
      ? typeOf(target, all)
      : nameOf(schema.$ref)
  }
  if (schema.items) return `${typeOf(schema.items, all)}[]`
  if (schema.enum) return `${schema.type}: ${[...schema.enum].sort().join(', ')}`
  return (schema.type ?? 'any') + (schema.format ? `(${schema.format})` : '')
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}
