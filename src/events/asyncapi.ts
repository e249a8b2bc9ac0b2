import { catalogue } from '../billing/catalogue.ts'
import { ADJUSTMENT, CANCEL_AND_REBILL, CREDIT_NOTE, REFUND, WRITE_OFF } from '../billing/corrections/schema.ts'
import { DISPUTE } from '../billing/disputes/schema.ts'
import { UNMATCHED } from '../billing/incoming/schema.ts'
import { PAYMENT } from '../billing/payments/schema.ts'
import { BILL_RUN } from '../billing/runs/schema.ts'
import { PERIOD_CLOSE } from '../books/schema.ts'
import { CORRECTION_APPROVAL } from '../corrections/approval-schema.ts'
import { DUNNING_STEP, PAYMENT_PROMISE } from '../dunning/schema.ts'
import { objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { componentSchemas, type Json, schemaRef } from '../tmf/openapi/schemas.ts'
import { UPLOAD } from '../upload/schema.ts'
import { eventSchema } from './event-schema.ts'
import { EVENT_TYPES, type EventType } from './event-types.ts'

const INFO = {
  title: 'TMF678 Customer Bill Management: events',
  version: '4.0.0',
  description: `The events of the server, as subscribers of \`/hub\` get them. Each change of a resource is one event,
with the whole resource after it. Events of one resource come in the order of its changes, each at least once;
\`resourceVersion\` ascends with them. Events marked as extensions go beyond TMF678; \`x-tmf-event\` says so to
programs.`
}

/** Returns the AsyncAPI document of all events. */
export function asyncApiDocument(): Json {
  const types = [...EVENT_TYPES.values()]
  const messages = Object.fromEntries(types.map((type) => [type.name, messageOf(type)]))
  const payloads = Object.fromEntries(types.map((type) => [type.name, payloadOf(type)]))
  return {
    asyncapi: '3.0.0',
    info: INFO,
    defaultContentType: 'application/json',
    channels: {
      callback: {
        address: null,
        title: 'Callback',
        description: 'The address that a subscriber named to `POST /hub`.',
        messages: Object.fromEntries(types.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }]))
      }
    },
    operations: {
      sendEvent: {
        action: 'send',
        channel: { $ref: '#/channels/callback' },
        summary: 'Posts an event to a callback, which responds with any 2xx',
        bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } }
      }
    },
    components: { messages, schemas: { ...payloads, ...used(payloads, schemas()) } }
  }
}

function schemas(): Json {
  return {
    ...componentSchemas([...catalogue.values()]),
    BillRun: BILL_RUN,
    PeriodClose: PERIOD_CLOSE,
    Payment: PAYMENT,
    UnmatchedPayment: UNMATCHED,
    CreditNote: CREDIT_NOTE,
    CancelAndRebill: CANCEL_AND_REBILL,
    WriteOff: WRITE_OFF,
    Refund: REFUND,
    Adjustment: ADJUSTMENT,
    CorrectionApproval: CORRECTION_APPROVAL,
    Dispute: DISPUTE,
    DunningStep: DUNNING_STEP,
    PaymentPromise: PAYMENT_PROMISE,
    Upload: UPLOAD
  }
}

function messageOf({ name, title, description, source }: EventType): Json {
  return { name, title, description, headers: HEADERS, payload: schemaRef(name), 'x-tmf-event': source }
}

/** The headers of Standard Webhooks. */
const HEADERS = objectOf({
  'webhook-id': { ...TEXT, description: 'The eventId; a repeated delivery has the same' },
  'webhook-timestamp': { ...TEXT, pattern: '^\\d+$', description: 'When it was sent, in seconds since 1970' },
  'webhook-signature': { ...TEXT, description: 'Signatures of id, timestamp and body, separated by blanks' }
})

function payloadOf({ name, title, subject: { path, type } }: EventType): Json {
  return eventSchema(objectOf({ [path]: schemaRef(type) }), { eventType: { const: name }, title: { const: title } })
}

/** Returns the schemas to which others lead. */
function used(from: Json, all: Json): Json {
  const names = new Set<string>()
  const follow = (schema: unknown): void => {
    for (const [, name = ''] of JSON.stringify(schema).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (names.has(name) || !(name in all)) continue
      names.add(name)
      follow(all[name])
    }
  }
  follow(from)
  return Object.fromEntries([...names].sort().map((name) => [name, all[name]]))
}
