import { z } from 'zod'
import { jsonPath } from '../../base/json-path.ts'
import { oncePer } from '../../base/once.ts'
import { type Finding, findingAt, refusal } from '../../http/findings.ts'
import { faultOf, isMissing } from '../../http/issues.ts'
import { BODIES } from '../../messages/body.ts'
import { FIELDS } from '../../messages/field.ts'
import { accepted, hasNull, UNSURE } from './acceptance.ts'
import type { Document, Resource } from './resource.ts'
import { scalarKind } from './scalar.ts'
import { hasNeeded, ITEMS_MAX, isOrdered, type Member, type Needed, type ObjectShape, type Shape } from './shape.ts'

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
    error: ({ input }) => notAllowed(shape, unknownNames(shape, input))
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
  return schema.refine((value) => isOrdered(shape, value), { path: [last], error: FIELDS.beforeStart(first) })
}

/** Runs only if all members are sound. */
function complete(
  schema: z.ZodType<Document>,
  shape: ObjectShape,
  { member, when, isOneOf }: Needed
): z.ZodType<Document> {
  const error = FIELDS.requiredWhere(when, isOneOf)
  return schema.refine((value) => hasNeeded(shape, value), { path: [member], error })
}

/** Turns a text in place of an object into the member `shorthand`. */
function spelledOut(member: string): (value: unknown) => unknown {
  return (value) => (typeof value === 'string' ? { [member]: value } : value)
}

function memberSchema({ shape, required }: Member): z.ZodType {
  const schema = schemaOf(shape)
  if (!required) return schema.optional()
  if (shape.kind === 'text') return schema.refine((value) => !isBlank(value), { error: FIELDS.blank() })
  if (shape.kind === 'any') return schema.refine((value) => value !== undefined, { error: FIELDS.required() })
  return schema
}

function schemaOf(shape: Shape): z.ZodType {
  if (shape.kind === 'object') return objectSchema(shape)
  if (shape.kind === 'list') return z.array(schemaOf(shape.of)).max(shape.maxItems ?? ITEMS_MAX)
  return scalarKind(shape).schema(shape)
}

/** Returns members that are no attributes; only a sub-class (a @type other than the standard's) may have them. */
function unknownNames(shape: ObjectShape, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const type = '@type' in value ? value['@type'] : undefined
  const hasOwnType = shape.extensible && typeof type === 'string' && type !== shape.name && !isBlank(type)
  return hasOwnType ? [] : Object.keys(value).filter((name) => !shape.members.has(name))
}

function notAllowed({ members, name, extensible }: ObjectShape, unknown: readonly string[]): string {
  const known = [...members.keys()]
  return extensible ? FIELDS.unknownAttributes(unknown, name, known, name) : FIELDS.unknownMembers(unknown, name, known)
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

function finding(issue: z.core.$ZodIssue): Finding {
  return findingAt(jsonPath(issue.path), faultOf(issue))
}
