import type { Schema, Schemas } from './comparison.ts'

/** Returns a value with every property of a schema: the first value of an enumeration, one element of a list. */
export function sampleOf(schema: Schema, all: Schemas): unknown {
  if (schema.$ref) return sampleOf(all[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {}, all)
  if (schema.enum) return schema.enum[0]
  switch (schema.type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {})
      const sample = properties.map(([name, property]) => [name, NAMED[name] ?? sampleOf(property, all)])
      // Only a held bill has all properties.
      const held = Object.hasOwn(schema.properties ?? {}, 'holdReason') ? [['state', 'onHold']] : []
      return Object.fromEntries([...sample, ...held])
    }
    case 'array':
      return [sampleOf(schema.items ?? {}, all)]
    case 'string':
      return TEXTS[schema.format ?? ''] ?? (schema.pattern ? 'EUR' : 'text'.padEnd(schema.minLength ?? 0, '.'))
    case 'number':
      return 12.5
    case 'integer':
      return 3
    case 'boolean':
      return false
    default:
      return { any: ['value'] }
  }
}

/** Texts with a special form. */
const NAMED: Readonly<Record<string, unknown>> = {
  frequency: 'month',
  expiresAt: '9998-12-31T00:00:00.000Z',
  allowedAddresses: ['127.0.0.1'],
  callback: 'https://127.0.0.1/events',
  query: 'eventType=CustomerBillCreateEvent',
  headers: [{ name: 'X-Sample', value: 'a sample' }],
  secret: `whsec_${Buffer.alloc(24).toString('base64')}`
}

const TEXTS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-15T10:00:00.000Z',
  uri: 'https://elsewhere.example/schema.json'
}

/** Returns the paths of properties that a schema has and a value lacks. */
export function missingIn(value: unknown, schema: Schema, all: Schemas, path = '$'): readonly string[] {
  if (schema.$ref) return missingIn(value, all[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {}, all, path)
  if (value === undefined) return [path]
  if (schema.items) return missingIn((value as unknown[])[0], schema.items, all, `${path}[0]`)
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    missingIn((value as Record<string, unknown>)[name], property, all, `${path}.${name}`)
  )
}
