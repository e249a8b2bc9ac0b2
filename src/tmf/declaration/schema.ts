import { z } from 'zod'
import { jsonPath } from '../../base/json-path.ts'
import { oncePer } from '../../base/once.ts'
import { type Finding, refusal } from '../../http/findings.ts'
import { BODIES } from '../../messages/body.ts'
import { accepted, hasNull, UNSURE } from './acceptance.ts'
import type { Document, Resource } from './resource.ts'
import { scalarKind } from './scalar.ts'
import {
  hasNeeded,
  ITEMS_MAX,
  isOrdered,
  type ListShape,
  type Member,
  type Needed,
  type ObjectShape,
  type Shape
} from './shape.ts'

/**
 * Checks a body and returns its stored form (instants in UTC, no null members). Throws a Problem that lists every
 * finding with its JSON path.
 */
export function validate(resource: Resource, body: Document): Document {
  const document = accepted(resource.shape, body)
  return document === UNSURE ? validateBySchema(resource, body) : (document as Document)
}

/** Skips the quick acceptance of `validate`. */
export function validateBySchema(resource: Resource, body: Document): Document {
  const result = objectSchema(resource.shape).safeParse(withoutNulls(body), { reportInput: true })
  if (result.success) return result.data
  const { issues } = result.error
  throw refusal(issues.every(isMissing) ? BODIES.missingFields : BODIES.invalidFields, issues.map(finding))
}

const objectSchema = oncePer((shape: ObjectShape): z.ZodType<Document> => {
  const members = [...shape.members].map(([name, member]) => [name, memberSchema(member)])
  // Runs even if a member is faulty, so that all findings are listed at once.
  const schema = z.looseObject(Object.fromEntries(members)).refine((value) => unknownNames(shape, value).length === 0, {
    when: () => true,
    error: ({ input }) => `has ${unknownNames(shape, input).join(', ')}, ${notAllowed(shape)}`
  })
  const ordered = shape.ordered ? inOrder(schema, shape, shape.ordered) : schema
  const whole = shape.needed ? complete(ordered, shape, shape.needed) : ordered
  return shape.shorthand === undefined ? whole : z.preprocess(spelledOut(shape.shorthand), whole)
})

/** Runs only if all members are sound. */
function inOrder(
  schema: z.ZodObject,
  shape: ObjectShape,
  [first, last]: readonly [string, string]
): z.ZodType<Document> {
  return schema.refine((value) => isOrdered(shape, value), { path: [last], error: `must not be before ${first}` })
}

/** Runs only if all members are sound. */
function complete(
  schema: z.ZodType<Document>,
  shape: ObjectShape,
  { member, when, isOneOf }: Needed
): z.ZodType<Document> {
  const error = `is required where ${when} is ${isOneOf.join(', ')}`
  return schema.refine((value) => hasNeeded(shape, value), { path: [member], error })
}

/** Turns a text in place of an object into the member `shorthand`. */
function spelledOut(member: string): (value: unknown) => unknown {
  return (value) => (typeof value === 'string' ? { [member]: value } : value)
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

function listSchema({ of, maxItems = ITEMS_MAX }: ListShape): z.ZodType {
  return z.array(schemaOf(of)).max(maxItems)
}

/** Returns members that are no attributes; only a sub-class (a @type other than the standard's) may have them. */
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

/** A null member means an absent one. */
function withoutNulls(value: unknown): unknown {
  if (!hasNull(value)) return value
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.input === undefined
}

function finding(issue: z.core.$ZodIssue): Finding {
  return { path: jsonPath(issue.path), message: isMissing(issue) ? 'is required' : describe(issue) }
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
