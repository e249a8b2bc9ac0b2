import { memberOf } from '../base/unknown.ts'
import {
  boolean,
  decimal,
  instant,
  integer,
  list,
  type ObjectShape,
  oneOf,
  type Shape,
  text
} from '../tmf/declaration/shape.ts'

/** Reads the JSON schema of an object as a shape. `known` has the shapes of components by name. */
export function shapeOfSchema(name: string, schema: unknown, known: ReadonlyMap<string, ObjectShape>): ObjectShape {
  const required = memberOf(schema, 'required')
  const properties = Object.entries(Object(memberOf(schema, 'properties')))
  const members = properties.map(([member, property]) => {
    const description = String(memberOf(property, 'description') ?? member)
    const isRequired = Array.isArray(required) && required.includes(member)
    return [
      member,
      { shape: shapeOf(`${name}.${member}`, property, known), description, required: isRequired }
    ] as const
  })
  return { kind: 'object', name, extensible: false, members: new Map(members) }
}

function shapeOf(name: string, schema: unknown, known: ReadonlyMap<string, ObjectShape>): Shape {
  const reference = memberOf(schema, '$ref')
  if (reference !== undefined) return component(String(reference), known)
  const values = memberOf(schema, 'enum')
  if (Array.isArray(values)) return oneOf(values.map(String))
  switch (memberOf(schema, 'type')) {
    case 'object':
      return shapeOfSchema(name, schema, known)
    case 'array':
      return list(shapeOf(name, memberOf(schema, 'items'), known))
    case 'boolean':
      return boolean
    case 'integer':
      return integer
    case 'number':
      return decimal
    case 'string':
      return memberOf(schema, 'format') === 'date-time' ? instant : text()
    default:
      throw new Error(`the schema of ${name} is of no known type`)
  }
}

function component(reference: string, known: ReadonlyMap<string, ObjectShape>): ObjectShape {
  const shape = known.get(reference.slice(reference.lastIndexOf('/') + 1))
  if (shape) return shape
  throw new Error(`there is no shape of ${reference}`)
}
