import fc from 'fast-check'
import type { ListShape, ObjectShape, Scalar, Shape } from '../../src/tmf/declaration/shape.ts'

/** Few values of each kind, so that filters hit, with some that stress quoting, ordering and encoding. */
export const TEXTS = [
  'a',
  'b',
  'ab',
  'B',
  '',
  'é',
  '\u{1d4b3}',
  '\uffee',
  'a,b',
  'x"y',
  'a b',
  '50%',
  'a;b&c=d',
  'true',
  '1.5'
]
export const INSTANTS = [
  '2026-01-14T23:59:59.999Z',
  '2026-01-15T00:00:00.000Z',
  '2026-01-15T12:30:00.120Z',
  '2026-01-16T00:00:00.000Z'
]
export const DECIMALS = [0, 0.1, 0.2, 0.3, 1, -1, 1.5, 12345678.901, 99999999999, 0.00125, -0.0000000001]
const UNITS = ['EUR', 'JPY', 'KWD']

/** Any document of a shape, without some members. */
export function documentOf(shape: ObjectShape, without: readonly string[] = []): fc.Arbitrary<Record<string, unknown>> {
  const members = [...shape.members].filter(
    ([name, member]) => (member.required || !name.startsWith('@')) && !without.includes(name)
  )
  const required = members.filter(([, member]) => member.required).map(([name]) => name)
  const model = Object.fromEntries(members.map(([name, member]) => [name, anyOf(member.shape, member.required)]))
  const documents = fc.record(model, { requiredKeys: required }) as fc.Arbitrary<Record<string, unknown>>
  return shape.ordered ? documents.map((document) => inOrder(document, shape.ordered ?? [])) : documents
}

/** Sorts the instants of these names, if present. */
function inOrder(document: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const present = names.filter((name) => name in document)
  const sorted = present.map((name) => document[name]).sort()
  return { ...document, ...Object.fromEntries(present.map((name, at) => [name, sorted[at]])) }
}

function anyOf(shape: Shape, isRequired: boolean): fc.Arbitrary<unknown> {
  if (shape.kind === 'object') return documentOf(shape)
  if (shape.kind === 'list') return listOf(shape)
  return scalarOf(shape, isRequired)
}

function listOf({ of }: ListShape): fc.Arbitrary<unknown> {
  return fc.array(anyOf(of, true), { maxLength: 3 })
}

export function scalarOf(shape: Scalar, isRequired = false): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'text':
      if (shape.pattern) return fc.constantFrom(...UNITS)
      if (shape.format === 'uri-reference') return fc.constantFrom('', 'a', '/b/c?d=é', 'https://example.com/x')
      if (shape.format === 'byte') return fc.constantFrom('', 'YQ==', 'YWJj')
      return fc.constantFrom(...TEXTS.filter((text) => !isRequired || text.trim() !== ''))
    case 'oneOf':
      return fc.constantFrom(...shape.values)
    case 'instant':
      return fc.constantFrom(...INSTANTS)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: -3, max: 3 })
    case 'decimal':
      return fc.constantFrom(...DECIMALS)
    case 'any':
      return fc.oneof(fc.constantFrom(...TEXTS), fc.constantFrom(...DECIMALS), fc.boolean(), fc.constant({ a: [1] }))
  }
}
