import type { Path } from '../tmf/declaration/predicate.ts'
import type { Bound } from '../tmf/query/bind.ts'
import { match } from '../tmf/query/match.ts'
import { DOMAIN } from './envelope.ts'
import type { EventType } from './event-types.ts'

/**
 * Returns what is left of a condition for events of one type: true or false if every such event meets it or none does,
 * else the part that depends on the event.
 */
export function conditionFor(type: EventType, bound: Bound, at: Path = []): Bound | boolean {
  switch (bound.op) {
    case 'and':
    case 'or':
      return joined(
        bound.op,
        bound.terms.map((term) => conditionFor(type, term, at))
      )
    case 'not': {
      const term = conditionFor(type, bound.term, at)
      return typeof term === 'boolean' ? !term : { op: 'not', term }
    }
    default:
      return conditionOn(type, bound, at)
  }
}

function joined(op: 'and' | 'or', terms: readonly (Bound | boolean)[]): Bound | boolean {
  const decisive = op === 'or'
  if (terms.includes(decisive)) return decisive
  const open = terms.filter((term) => typeof term !== 'boolean')
  const [first] = open
  if (!first) return !decisive
  return open.length === 1 ? first : { op, terms: open }
}

type OnPath = Exclude<Bound, { readonly op: 'and' | 'or' | 'not' }>

function conditionOn(type: EventType, bound: OnPath, at: Path): Bound | boolean {
  const { name, title, subject } = type
  const [member = '', payload] = [...at, ...bound.path]
  const known: Readonly<Record<string, string>> = { eventType: name, title, domain: DOMAIN }
  if (Object.hasOwn(known, member)) return match(bound, known)
  if (member !== 'event') return bound
  if (payload !== undefined) return payload === subject.path ? bound : false
  if (bound.op !== 'some') return bound.op === 'exists' || bound
  const where = conditionFor(type, bound.where, ['event'])
  return typeof where === 'boolean' ? where : { ...bound, where }
}

/** Returns the types that a condition asks for by name. */
export function namedTypes(bound: Bound): readonly string[] {
  switch (bound.op) {
    case 'and':
    case 'or':
      return bound.terms.flatMap(namedTypes)
    case 'test':
      return bound.path.join() === 'eventType' ? bound.anyOf.flatMap((atoms) => atoms.map(({ value }) => value)) : []
    default:
      return []
  }
}

/** Returns one text for all conditions that differ in order and repetition only. */
export function normalForm(bound: Bound): string {
  switch (bound.op) {
    case 'and':
    case 'or': {
      const terms = [...new Set(bound.terms.map(normalForm))].sort()
      return terms.length === 1 ? String(terms[0]) : JSON.stringify([bound.op, ...terms])
    }
    case 'not':
      return JSON.stringify(['not', normalForm(bound.term)])
    case 'some':
      return JSON.stringify(['some', bound.path, normalForm(bound.where)])
    case 'test': {
      const atoms = bound.anyOf.map((conjunction) =>
        conjunction.map(({ operator, value, ignoreCase }) => [operator, value, ignoreCase])
      )
      return JSON.stringify(['test', bound.path, [...new Set(atoms.map((atom) => JSON.stringify(atom)))].sort()])
    }
    default:
      return JSON.stringify(bound)
  }
}
