import { z } from 'zod'
import { Problem, type ProblemKind } from '../base/problem.ts'
import type { Document, Resource } from './resource.ts'
import { scalarKind } from './scalar.ts'
import type { ListShape, Member, ObjectShape, Shape } from './shape.ts'

/** More findings than this in one body are counted, not listed. */
const LISTED_ISSUES = 20
const ITEMS_MAX = 10_000

const schemas = new WeakMap<ObjectShape, z.ZodType>()

/**
 * Checks a body against the resource's shape and brings it into the form in which it is kept (instants in UTC, null
 * members left out). Throws a Problem that lists every finding with its JSON path.
 */
export function validate(resource: Resource, body: Document): Document {
  const result = objectSchema(resource.shape).safeParse(withoutNulls(body), { reportInput: true })
  if (result.success) return result.data as Document
  const findings = result.error.issues.map(finding)
  const listed = findings.slice(0, LISTED_ISSUES).map(({ message }) => message)
  const more = findings.length > listed.length ? [`and ${findings.length - listed.length} more`] : []
  const kind = findings.every(({ kind }) => kind === 'missingField') ? 'missingField' : 'invalidField'
  throw new Problem(kind, [...listed, ...more].join('; '))
}

function objectSchema(shape: ObjectShape): z.ZodType {
  const known = schemas.get(shape)
  if (known) return known
  const members = [...shape.members].map(([name, member]) => [name, memberSchema(member)])
  // Asked of every object, also when a member is at fault: all findings are told at once.
  const schema = z.looseObject(Object.fromEntries(members)).refine((value) => unknownNames(shape, value).length === 0, {
    when: () => true,
    error: ({ input }) => `has ${unknownNames(shape, input).join(', ')}, ${notAllowed(shape)}`
  })
  schemas.set(shape, schema)
  return schema
}

function memberSchema({ shape, required }: Member): z.ZodType {
  const schema = schemaOf(shape)
  if (!required) return schema.optional()
  if (shape.kind === 'text') return schema.refine((value) => !isBlank(value), { error: 'must not be blank' })
  if (shape.kind === 'any') return schema.refine((value) => value !== undefined, { error: 'is required' })
  return schema
}

function schemaOf(shape: Shape): z.ZodType {
  if (shape.kind === 'object') return objectSchema(shape)
  if (shape.kind === 'list') return listSchema(shape)
  return scalarKind(shape).schema(shape)
}

function listSchema({ of }: ListShape): z.ZodType {
  return z.array(schemaOf(of)).max(ITEMS_MAX)
}

/** Members that are no attributes; they need a sub-class of their own: a @type that is not just the standard's. */
function unknownNames(shape: ObjectShape, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const type = '@type' in value ? value['@type'] : undefined
  const hasOwnType = shape.extensible && typeof type === 'string' && type !== shape.name && !isBlank(type)
  return hasOwnType ? [] : Object.keys(value).filter((name) => !shape.members.has(name))
}

function notAllowed(shape: ObjectShape): string {
  const names = [...shape.members.keys()].join(', ')
  const how = shape.extensible ? `; other attributes need an own @type (not ${shape.name})` : ''
  return `which ${shape.name} does not: there are ${names}${how}`
}

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === ''

/** A null member says the same as an absent one. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}

function finding(issue: z.core.$ZodIssue): { kind: ProblemKind; message: string } {
  const missing = issue.code === 'invalid_type' && issue.input === undefined
  return {
    kind: missing ? 'missingField' : 'invalidField',
    message: `${jsonPath(issue.path)} ${missing ? 'is required' : describe(issue)}`
  }
}

function describe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'custom':
    case 'invalid_format':
      return issue.message
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'an integer' : `of type ${issue.expected}`}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'too_big':
      return `must be at most ${issue.maximum}${UNITS[issue.origin] ?? ''}`
    case 'too_small':
      return `must be at least ${issue.minimum}${UNITS[issue.origin] ?? ''}`
    default:
      return issue.message
  }
}

const UNITS: Readonly<Record<string, string>> = { string: ' characters long', array: ' elements long' }

/** `$.taxItem[0].taxAmount`, or `$['@type']` for names that need quotes. */
export function jsonPath(path: readonly PropertyKey[]): string {
  const step = (key: PropertyKey) => {
    if (typeof key === 'number') return `[${key}]`
    return /^[A-Za-z_]\w*$/.test(String(key)) ? `.${String(key)}` : `['${String(key)}']`
  }
  return `$${path.map(step).join('')}`
}
