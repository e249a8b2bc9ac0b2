import { parseInstant } from '../../base/instant.ts'
import { decimalFault } from '../../base/money.ts'
import { oncePer } from '../../base/once.ts'
import { isRecord } from '../../base/unknown.ts'
import { scalarKind } from './scalar.ts'
import {
  ITEMS_MAX,
  isConsistent,
  type ListShape,
  type Member,
  type ObjectShape,
  type Scalar,
  type Shape
} from './shape.ts'

export const UNSURE = Symbol('unsure')

type Accept = (value: unknown) => unknown

/**
 * Accepts common values in a fraction of the schema's time, with the same outcome: known members, without nulls and
 * members of a sub-class. It counts for bulk requests.
 */
export function accepted(shape: ObjectShape, value: unknown): unknown {
  return objectAcceptance(shape)(value)
}

const objectAcceptance = oncePer((shape: ObjectShape): Accept => {
  const { members } = shape
  const accepts = new Map([...members].map(([name, member]) => [name, memberAcceptance(member)]))
  const required = [...members].filter(([, member]) => member.required).map(([name]) => name)
  return (value) => {
    if (!isRecord(value) || !required.every((name) => Object.hasOwn(value, name))) return UNSURE
    let changed: Record<string, unknown> | undefined
    for (const name of Object.keys(value)) {
      const before = value[name]
      const after = accepts.get(name)?.(before) ?? UNSURE
      if (after === UNSURE) return UNSURE
      if (after === before) continue
      changed ??= { ...value }
      changed[name] = after
    }
    const kept = changed ?? value
    return isConsistent(shape, kept) ? kept : UNSURE
  }
})

function memberAcceptance({ shape, required }: Member): Accept {
  const accept = acceptance(shape)
  if (!required || shape.kind !== 'text') return accept
  return (value) => (typeof value === 'string' && value.trim() === '' ? UNSURE : accept(value))
}

function acceptance(shape: Shape): Accept {
  if (shape.kind === 'object') return objectAcceptance(shape)
  if (shape.kind === 'list') return listAcceptance(shape)
  // A limit not known here is left to the schema.
  const isKnown = Object.keys(shape).every((name) => KNOWN_LIMITS.includes(name))
  return (isKnown && commonAcceptance(shape)) || schemaAcceptance(shape)
}

const KNOWN_LIMITS = ['kind', 'maxLength', 'pattern']

function commonAcceptance(shape: Scalar): Accept | undefined {
  switch (shape.kind) {
    case 'text': {
      const { maxLength, pattern } = shape
      const isSound = (value: string) => value.length <= maxLength && (pattern?.test(value) ?? true)
      return (value) => (typeof value === 'string' && isSound(value) ? value : UNSURE)
    }
    case 'instant':
      return (value) => (typeof value === 'string' ? (parseInstant(value) ?? UNSURE) : UNSURE)
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : UNSURE)
    case 'decimal':
      return (value) => (typeof value === 'number' && !decimalFault(String(value)) ? value : UNSURE)
    case 'any':
      return (value) => (hasNull(value) ? UNSURE : value)
    default:
      return undefined
  }
}

function schemaAcceptance(shape: Scalar): Accept {
  const schema = scalarKind(shape).schema(shape)
  return (value) => {
    const { success, data } = schema.safeParse(value)
    return success ? data : UNSURE
  }
}

function listAcceptance({ of, maxItems = ITEMS_MAX }: ListShape): Accept {
  const accept = acceptance(of)
  return (value) => {
    if (!Array.isArray(value) || value.length > maxItems) return UNSURE
    const items = value.map(accept)
    return items.includes(UNSURE) ? UNSURE : items
  }
}

/** Searches at any depth; null means absent. */
export function hasNull(value: unknown): boolean {
  if (typeof value !== 'object') return false
  return value === null || Object.values(value).some(hasNull)
}
