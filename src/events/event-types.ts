import { membersOf } from '../base/json-members.ts'
import { catalogue } from '../billing/catalogue.ts'
import {
  ADJUSTMENT_EVENTS,
  CANCEL_AND_REBILL_EVENTS,
  CREDIT_NOTE_EVENTS,
  REFUND_EVENTS,
  WRITE_OFF_EVENTS
} from '../billing/corrections/events.ts'
import { ADJUSTMENT, CANCEL_AND_REBILL, CREDIT_NOTE, REFUND, WRITE_OFF } from '../billing/corrections/schema.ts'
import { DISPUTE_EVENTS } from '../billing/disputes/events.ts'
import { DISPUTE } from '../billing/disputes/schema.ts'
import { UNMATCHED_EVENTS } from '../billing/incoming/events.ts'
import { UNMATCHED } from '../billing/incoming/schema.ts'
import { PAYMENT_EVENTS } from '../billing/payments/events.ts'
import { PAYMENT } from '../billing/payments/schema.ts'
import { RUN_EVENTS } from '../billing/runs/events.ts'
import { BILL_RUN } from '../billing/runs/schema.ts'
import { CLOSE_EVENTS } from '../books/close.ts'
import { PERIOD_CLOSE } from '../books/schema.ts'
import { APPROVAL_EVENTS } from '../corrections/approval-events.ts'
import { CORRECTION_APPROVAL } from '../corrections/approval-schema.ts'
import { PROMISE_EVENTS, STEP_EVENTS } from '../dunning/events.ts'
import { DUNNING_STEP, PAYMENT_PROMISE } from '../dunning/schema.ts'
import { objectOf } from '../http/json.ts'
import { customerBill } from '../resources/customer-bill.ts'
import type { Resource } from '../tmf/declaration/resource.ts'
import type { ObjectShape, Shape } from '../tmf/declaration/shape.ts'
import { writeKept } from '../tmf/kept-document.ts'
import type { ObjectSchema } from '../tmf/openapi/json-schema.ts'
import { UPLOAD_EVENTS } from '../upload/events.ts'
import { UPLOAD } from '../upload/schema.ts'
import { shapeOfSchema } from './schema-shape.ts'

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
  /** Of the payload; has no href. */
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

/** The changes of a resource, in the order of its life. */
const CHANGES = [
  ['created', 'created', 'It was created.'],
  ['stateChanged', 'changed its state', 'Its state changed, and possibly other attributes with it.'],
  ['attributeValueChanged', 'changed', 'Attributes changed, but not the state.'],
  ['reversed', 'reversed', 'It was reversed. The bills that it paid are due again.'],
  ['removed', 'removed', 'It was removed. The payload is what was removed.']
] as const

type Names = Readonly<Partial<Record<(typeof CHANGES)[number][0], string>>>

/** All types of events by name, such as CustomerBillCreateEvent. */
export const EVENT_TYPES: ReadonlyMap<string, EventType> = new Map(
  [
    ...[...catalogue.values()].flatMap((resource) => typesOf(resourceSubject(resource), resource.events ?? {})),
    ...typesOf(billingSubject('billRun', 'BillRun', 'The billing of all accounts of a cycle', BILL_RUN), RUN_EVENTS),
    ...typesOf(billingSubject('payment', 'Payment', 'Money received for an account', PAYMENT), PAYMENT_EVENTS),
    ...typesOf(
      billingSubject('creditNote', 'CreditNote', 'What a bill gives back, with tax', CREDIT_NOTE),
      CREDIT_NOTE_EVENTS
    ),
    ...typesOf(
      billingSubject('cancelAndRebill', 'CancelAndRebill', 'A bill whose lines are billed anew', CANCEL_AND_REBILL),
      CANCEL_AND_REBILL_EVENTS
    ),
    ...typesOf(billingSubject('writeOff', 'WriteOff', 'A bill that is written off', WRITE_OFF), WRITE_OFF_EVENTS),
    ...typesOf(billingSubject('refund', 'Refund', 'Credit that is paid out', REFUND), REFUND_EVENTS),
    ...typesOf(
      billingSubject('periodClose', 'PeriodClose', 'A closed period of the books', PERIOD_CLOSE),
      CLOSE_EVENTS
    ),
    ...typesOf(
      billingSubject('adjustment', 'Adjustment', 'A change of a balance, or a line of the next bill', ADJUSTMENT),
      ADJUSTMENT_EVENTS
    ),
    ...typesOf(
      billingSubject(
        'correctionApproval',
        'CorrectionApproval',
        'A correction that another user approves',
        CORRECTION_APPROVAL
      ),
      APPROVAL_EVENTS
    ),
    ...typesOf(
      billingSubject('dispute', 'Dispute', 'What a customer does not accept of a bill', DISPUTE),
      DISPUTE_EVENTS
    ),
    ...typesOf(
      billingSubject('dunningStep', 'DunningStep', 'What was done because a bill is not paid', DUNNING_STEP),
      STEP_EVENTS
    ),
    ...typesOf(billingSubject('paymentPromise', 'PaymentPromise', 'A promise to pay', PAYMENT_PROMISE), PROMISE_EVENTS),
    ...typesOf(billingSubject('upload', 'Upload', 'Rows of another system, received as one', UPLOAD), UPLOAD_EVENTS),
    ...typesOf(
      billingSubject('unmatchedPayment', 'UnmatchedPayment', 'Money that came in without an account', UNMATCHED),
      UNMATCHED_EVENTS
    )
  ].map((type) => [type.name, type])
)

function typesOf(subject: Subject, names: Names): readonly EventType[] {
  return CHANGES.flatMap(([what, title, description]): readonly EventType[] => {
    const name = names[what]
    if (name === undefined) return []
    const source = STANDARD.includes(name) ? 'standard' : 'extension'
    return [{ name, source, subject, title: `${subject.type} ${title}`, description }]
  })
}

function resourceSubject(resource: Resource): Subject {
  const { path, type, description, shape } = resource
  return { path, type, description, shape, write: (document, { api }) => writeKept(resource, document, api) }
}

function billingSubject(path: string, type: string, description: string, schema: ObjectSchema): Subject {
  const { href: _, ...properties } = schema.properties
  const shape = shapeOfSchema(type, { ...schema, properties }, components())
  return { path, type, description, shape, write: (document, addresses) => inOrder(shape, document, addresses) }
}

/** Returns the shapes of the components in the schemas of billing. */
function components(): ReadonlyMap<string, ObjectShape> {
  const shapes: readonly Shape[] = [...customerBill.shape.members.values()].map(({ shape }) => shape)
  return new Map(shapes.flatMap((shape) => (shape.kind === 'object' ? [[shape.name, shape]] : [])))
}

/** An address below OWN_ROOT or OWN_BILLING. In a text, a quotation mark is escaped. */
const ADDRESS = /"href": "~(billing)?\//g

/** Writes a document of `recordDocuments` with the addresses of its reader, and its members in the order of the API. */
function inOrder({ members }: ObjectShape, document: string, { api, billing }: Addresses): string {
  const linked = document.replace(ADDRESS, (_, isBilling) => `"href": "${isBilling ? billing : api}/`)
  const kept = membersOf(linked)
  const names = ['id', 'href', ...[...members.keys()].filter((name) => name !== 'id')]
  return objectOf(Object.fromEntries(names.map((name) => [name, kept.get(name)])))
}
