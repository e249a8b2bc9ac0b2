import { elementsOf, membersOf } from '../base/json-members.ts'
import { objectOf } from '../http/json.ts'
import type { Fields } from '../tmf/query/query.ts'

/** Kept in every selection (TMF630 part 1, section 4.3). */
const ALWAYS = ['id', 'href']

/**
 * Reduces the resource in an event to the named members, its id and its href. The members of the envelope stay, and
 * every value is as it was written.
 */
export function selectMembers(event: string, fields: Fields): string {
  const envelope = membersOf(event)
  const payloads = [...membersOf(envelope.get('event') ?? '{}')].map(
    ([path, resource]) => [path, selected(resource, wantedOf(fields, path))] as const
  )
  return objectOf({ ...Object.fromEntries(envelope), event: objectOf(Object.fromEntries(payloads)) })
}

/** An empty map keeps the whole resource. */
function wantedOf(fields: Fields, path: string): Fields | undefined {
  const payload = fields.get('event')
  return payload?.size === 0 ? payload : payload?.get(path)
}

function selected(resource: string, wanted: Fields | undefined): string {
  if (wanted?.size === 0) return resource
  const always = ALWAYS.map((name) => [name, NOTHING_WITHIN] as const)
  return pruned(resource, new Map([...(wanted ?? []), ...always]))
}

const NOTHING_WITHIN: Fields = new Map()

function pruned(json: string, fields: Fields): string {
  if (fields.size === 0) return json
  if (json.startsWith('[')) return `[${elementsOf(json).map((element) => pruned(element, fields))}]`
  if (!json.startsWith('{')) return json
  const kept = [...membersOf(json)].flatMap(([name, value]) => {
    const within = fields.get(name)
    return within ? [[name, pruned(value, within)] as const] : []
  })
  return objectOf(Object.fromEntries(kept))
}
