import { Problem } from '../messages/problem.ts'
import { SUBSCRIPTIONS } from '../messages/subscription.ts'
import { type Bound, bind } from '../tmf/query/bind.ts'
import { TooMuchEffort } from '../tmf/query/effort.ts'
import { match } from '../tmf/query/match.ts'
import type { Fields, Query } from '../tmf/query/query.ts'
import { suggestion } from '../tmf/query/suggestion.ts'
import { conditionFor, namedTypes, normalForm } from './event-conditions.ts'
import { selectMembers } from './event-fields.ts'
import { parseEventQuery } from './event-query.ts'
import { EVENT } from './event-shape.ts'
import { EVENT_TYPES } from './event-types.ts'

/** Which events a listener gets, and which of their members. */
export interface Subscription {
  /** The wanted types, each with the condition on its events; undefined where all of them are wanted. */
  readonly conditions: ReadonlyMap<string, Bound | undefined>
  readonly fields: Fields | undefined
  /** The same for queries that mean the same. */
  readonly normalForm: string
}

/**
 * Reads the query of a subscription: the filters and the `fields` of lists, on the envelope of events. Throws a Problem
 * for what cannot be read or never matches: an unknown type or attribute, or a condition on another resource.
 */
export function readSubscription(query = ''): Subscription {
  try {
    return subscriptionTo(parseEventQuery(query))
  } catch (error) {
    throw error instanceof Problem ? error.at('$.query') : error
  }
}

/** Makes a subscription of conditions and fields. Throws the same Problems. */
export function subscriptionTo({ where, fields }: Pick<Query, 'where' | 'fields'>): Subscription {
  const bound = where && bind(where, EVENT)
  const conditions = bound ? conditionsOf(bound) : new Map([...EVENT_TYPES.keys()].map((name) => [name, undefined]))
  if (fields) requireKnown(fields, conditions)
  return { conditions, fields, normalForm: JSON.stringify([bound && normalForm(bound), fields && sorted(fields)]) }
}

function conditionsOf(bound: Bound): Subscription['conditions'] {
  const conditions = new Map<string, Bound | undefined>()
  for (const [name, type] of EVENT_TYPES) {
    const condition = conditionFor(type, bound)
    if (condition !== false) conditions.set(name, condition === true ? undefined : condition)
  }
  for (const name of namedTypes(bound)) {
    if (!conditions.has(name)) throw SUBSCRIPTIONS.typeNeverMatches(name, payloadOf(name))
  }
  if (conditions.size === 0) throw SUBSCRIPTIONS.neverMatches(payloads(EVENT_TYPES.keys()))
  return conditions
}

/** The members of a resource are not checked: it may have those of a sub-class. */
function requireKnown(fields: Fields, conditions: Subscription['conditions']): void {
  const names = [...EVENT.members.keys()]
  const wrong = [...fields.keys()].find((name) => !names.includes(name))
  if (wrong !== undefined) throw SUBSCRIPTIONS.unknownField(wrong, suggestion(wrong, names))
  const known = payloads(conditions.keys())
  const other = [...(fields.get('event')?.keys() ?? [])].find((path) => !known.includes(`event.${path}`))
  if (other !== undefined) throw SUBSCRIPTIONS.fieldOfNoEvent(`event.${other}`, known)
}

function payloads(types: Iterable<string>): readonly string[] {
  return [...new Set([...types].map(payloadOf))]
}

function payloadOf(type: string): string {
  return `event.${EVENT_TYPES.get(type)?.subject.path}`
}

function sorted(fields: Fields): unknown {
  return [...fields]
    .map(([name, within]) => [name, sorted(within)])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
}

/**
 * Returns what a listener gets of an event: its text, less what the subscription leaves out. Undefined if it does not
 * want the event. `read` does what `parseEvent` does.
 */
export function payloadFor(
  { conditions, fields }: Subscription,
  type: string,
  write: () => string,
  read: (event: string) => unknown = parseEvent
): string | undefined {
  if (!conditions.has(type)) return undefined
  const event = write()
  const condition = conditions.get(type)
  if (condition && !isMet(condition, read(event))) return undefined
  return fields ? selectMembers(event, fields) : event
}

/**
 * Steps for one event: some milliseconds, since nothing else runs meanwhile. That is a thousand times what usual
 * conditions take.
 */
const STEPS_MAX = 400_000

/** A condition that takes too long on an event counts as met: to lose an event is worse than to get one too many. */
function isMet(condition: Bound, event: unknown): boolean {
  try {
    return match(condition, event, { left: STEPS_MAX })
  } catch (error) {
    if (error instanceof TooMuchEffort) return true
    throw error
  }
}

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs

/** Leaves numbers as they are written, since parsing could lose digits. */
export function parseEvent(event: string): unknown {
  return JSON.parse(event.replaceAll(STRING_OR_NUMBER, (part) => (part.startsWith('"') ? part : `"${part}"`)))
}
