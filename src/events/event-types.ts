import { catalogue } from '../billing/catalogue.ts'
import type { EventNames, Resource } from '../tmf/declaration/resource.ts'
import type { ObjectShape } from '../tmf/declaration/shape.ts'
import { writeKept } from '../tmf/kept-document.ts'

/** The addresses in the payload of an event, as its reader sees them; JSON-escaped. */
export interface Addresses {
  /** A base path of the API, such as https://bills.example/customerBillManagement/v4. */
  readonly api: string
  /** The base path of billing. */
  readonly billing: string
}

/** The things of which events tell. */
export interface Subject {
  /** The path of its resource, and its name in the payload: in lower camel case. */
  readonly path: string
  readonly type: string
  readonly description: string
  /** Of the payload, without href. */
  readonly shape: ObjectShape
  /** Writes its stored document as the API returned it then. */
  write(document: string, addresses: Addresses): string
}

export interface EventType {
  readonly name: string
  /** `standard` has the events of TMF678; the others are extensions. */
  readonly source: 'standard' | 'extension'
  readonly subject: Subject
  readonly title: string
  readonly description: string
}

const STANDARD: readonly string[] = [
  'CustomerBillCreateEvent',
  'CustomerBillStateChangeEvent',
  'CustomerBillOnDemandCreateEvent',
  'CustomerBillOnDemandStateChangeEvent'
]

const CHANGES: readonly (readonly [what: keyof EventNames, title: string, description: string])[] = [
  ['created', 'created', 'It was created.'],
  ['stateChanged', 'changed its state', 'Its state changed, and possibly other attributes with it.'],
  ['attributeValueChanged', 'changed', 'Attributes changed, but not the state.'],
  ['removed', 'removed', 'It was removed. The payload is what was removed.']
]

function typesOf(resource: Resource): readonly EventType[] {
  const { path, type, description, shape, events } = resource
  const write: Subject['write'] = (document, { api }) => writeKept(resource, document, api)
  const subject = { path, type, description, shape, write }
  return CHANGES.flatMap(([what, title, told]): readonly EventType[] => {
    const name = events?.[what]
    if (name === undefined) return []
    const source = STANDARD.includes(name) ? 'standard' : 'extension'
    return [{ name, source, subject, title: `${type} ${title}`, description: told }]
  })
}

/** All types of events by name, such as CustomerBillCreateEvent. */
export const EVENT_TYPES: ReadonlyMap<string, EventType> = new Map(
  [...catalogue.values()].flatMap(typesOf).map((type) => [type.name, type])
)
