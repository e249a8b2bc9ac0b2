import { describe, expect, test } from 'vitest'
import { payloadFor, readSubscription, type Subscription } from '../../src/events/subscription.ts'

const BILL = {
  id: 'B1',
  href: 'http://x/customerBill/B1',
  state: 'settled',
  billNo: 'R & D = "7"',
  billDate: '2026-01-15T10:00:00.000Z',
  taxItem: [
    { taxCategory: 'VAT', taxRate: 19 },
    { taxCategory: 'levy', taxRate: 3 }
  ],
  relatedParty: [{ id: 'P1', name: 'eventType":"PartnerCreateEvent' }]
}

function eventOf(eventType: string, event: object, more: object = {}): string {
  return JSON.stringify({ eventId: 'E1', eventTime: '2026-01-15T10:00:00.000Z', eventType, ...more, event })
}

function payloadOf(subscription: Subscription, event: string): string | undefined {
  return payloadFor(subscription, JSON.parse(event).eventType, () => event)
}

const CREATED = eventOf('CustomerBillCreateEvent', { customerBill: { ...BILL, state: 'new' } })
const SETTLED = eventOf('CustomerBillStateChangeEvent', { customerBill: BILL })
const REQUESTED = eventOf('CustomerBillOnDemandCreateEvent', {
  customerBillOnDemand: { id: 'R1', state: 'inProgress' }
})
const EVENTS = { created: CREATED, settled: SETTLED, requested: REQUESTED }

/** Returns the names of the events that a query wants. */
function wanted(query: string | undefined): readonly string[] {
  const subscription = readSubscription(query)
  return Object.entries(EVENTS).flatMap(([name, event]) => (payloadOf(subscription, event) === undefined ? [] : [name]))
}

test.each<[string | undefined, readonly string[]]>([
  [undefined, ['created', 'settled', 'requested']],
  ['', ['created', 'settled', 'requested']],
  ['eventType=CustomerBillStateChangeEvent', ['settled']],
  ['eventType=CustomerBillCreateEvent,CustomerBillOnDemandCreateEvent', ['created', 'requested']],
  ['eventType = CustomerBillCreateEvent , CustomerBillOnDemandCreateEvent ', ['created', 'requested']],
  ['eventType=CustomerBillCreateEvent&eventType=CustomerBillOnDemandCreateEvent', ['created', 'requested']],
  ['eventType!=CustomerBillCreateEvent', ['settled', 'requested']],
  ['event.customerBill.state=settled', ['settled']],
  ['eventType=CustomerBillStateChangeEvent&event.customerBill.state=settled', ['settled']],
  [' eventType = CustomerBillStateChangeEvent & event.customerBill.state = settled ', ['settled']],
  ['eventType=CustomerBillStateChangeEvent&event.customerBill.state=sent', []],
  ['event.customerBill.state.ne=settled', ['created', 'requested']],
  ['event.customerBill.state!=settled&event.customerBill.id=B1', ['created']],
  ['event.customerBill.billDate>2026-01-14', ['created', 'settled']],
  ['event.customerBill.billDate >= 2026-01-16', []],
  ['event.customerBill.billNo*=^R.*7', ['created', 'settled']],
  ['event.customerBill.billNo = R%20%26%20D%20%3D%20%227%22', ['created', 'settled']],
  ['event.customerBill.taxItem.taxRate=3', ['created', 'settled']],
  ['event.customerBill.state=settled ; eventType=CustomerBillOnDemandCreateEvent', ['settled', 'requested']],
  ["filter=$[?(@.event.customerBill.state=='settled')]", ['settled']],
  [" filter = $.event.customerBill.taxItem[?(@.taxCategory=='VAT' && @.taxRate==3)]", []],
  ["filter=$.event.customerBill.taxItem[?(@.taxCategory=='VAT' && @.taxRate==19)]", ['created', 'settled']],
  ["filter=$.event[?(@.customerBill.state=='new')]", ['created']],
  ['eventTime>=2026-01-15T11:00:00%2B01:00', ['created', 'settled', 'requested']],
  ['domain=customerBillManagement&eventType=CustomerBillCreateEvent', ['created']],
  ['fields=event.customerBill.id&event.customerBill.state=new', ['created']]
])('the query %s wants %j', (query, expected) => {
  expect(wanted(query)).toEqual(expected)
})

test.each<[string, string]>([
  ['eventType=CustomerBilCreateEvent', 'query.wrongValue'],
  ['eventTyp=CustomerBillCreateEvent', 'query.unknownAttribute'],
  ['state=settled', 'query.unknownAttribute'],
  ['event.customerBill.stat=settled', 'query.unknownAttribute'],
  ['event.customerBill.state=shipped', 'query.wrongValue'],
  ['event.bill.state=new', 'query.unknownAttribute'],
  ['event=new', 'query.notAValue'],
  ['CustomerBillCreateEvent', 'query.notACondition'],
  ['event.customerBill.billNo*=(', 'query.regex'],
  ['filter=$[?(@.event.customerBill.state', 'query.filterUnreadable'],
  ['filter=$..state', 'query.filterUnsupported'],
  ['eventType=CustomerBillOnDemandCreateEvent&event.customerBill.state=new', 'subscription.typeNeverMatches'],
  [
    'eventType=CustomerBillCreateEvent,CustomerBillOnDemandCreateEvent&event.customerBill.state=new',
    'subscription.typeNeverMatches'
  ],
  ['eventType=CustomerBillCreateEvent&eventType!=CustomerBillCreateEvent', 'subscription.typeNeverMatches'],
  ['event.customerBill.state=new&event.customerBillOnDemand.state=done', 'subscription.neverMatches'],
  ['domain=other', 'subscription.neverMatches'],
  ['limit=5', 'subscription.ofLists'],
  ['offset = 1', 'subscription.ofLists'],
  ['sort=', 'subscription.ofLists'],
  ['after=x', 'subscription.ofLists'],
  ['depth=1', 'query.unsupported'],
  ['fields=id', 'subscription.unknownField'],
  ['fields=event.bill.id', 'subscription.fieldOfNoEvent'],
  ['eventType=CustomerBillCreateEvent&fields=event.customerBillOnDemand.id', 'subscription.fieldOfNoEvent']
])('the query %s is refused: %s', (query, code) => {
  expect(() => readSubscription(query)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(/^\$\.query: /) })
  )
})

describe('fields', () => {
  const DIGITS = CREATED.replace('"taxRate":19', '"taxRate":12345678901234567890.10').replace(
    '"state":"new"',
    '"state":"new", "amountDue": {"unit": "EUR", "value": 1.50}'
  )
  const trimmed = (fields: string, event = DIGITS) => payloadOf(readSubscription(`fields=${fields}`), event) ?? ''
  const bill = (text: string) => /"event":\{"customerBill":(.*)\}\}$/.exec(text)?.[1]
  const ALWAYS = '"id":"B1","href":"http://x/customerBill/B1"'

  test('keeps id and href of the resource, and the members of the envelope', () => {
    expect(trimmed('event.customerBill.state')).toBe(
      `{"eventId":"E1","eventTime":"2026-01-15T10:00:00.000Z","eventType":"CustomerBillCreateEvent",` +
        `"event":{"customerBill":{${ALWAYS},"state":"new"}}}`
    )
  })

  test.each([
    ['none', `{${ALWAYS}}`],
    ['eventType', `{${ALWAYS}}`],
    ['event.customerBill.amountDue', `{${ALWAYS},"amountDue":{"unit": "EUR", "value": 1.50}}`],
    ['event.customerBill.amountDue.value', `{${ALWAYS},"amountDue":{"value":1.50}}`],
    ['event.customerBill.taxItem.taxRate', `{${ALWAYS},"taxItem":[{"taxRate":12345678901234567890.10},{"taxRate":3}]}`],
    ['event.customerBill.unknown', `{${ALWAYS}}`]
  ])('%s leaves %s', (fields, expected) => {
    expect(bill(trimmed(fields))).toBe(expected)
  })

  test.each(['event', 'event.customerBill', 'event.customerBill,event.customerBill.id'])('%s keeps all', (fields) => {
    expect(trimmed(fields, SETTLED)).toBe(SETTLED)
  })
})

test('wants an event on which its conditions would take too long', () => {
  const names = Array.from({ length: 500 }, () => ({ name: 'a'.repeat(250) }))
  const event = CREATED.replace(/"relatedParty":\[.*?\]/, `"relatedParty":${JSON.stringify(names)}`)
  const wants = (pattern: string) =>
    payloadOf(readSubscription(`event.customerBill.relatedParty.name*=${encodeURIComponent(pattern)}`), event)
  expect(wants('^b')).toBeUndefined()
  expect(wants(`(${'a|'.repeat(11)}a){20}b`)).toBe(event)
})

test('compares every digit of an amount', () => {
  const event = CREATED.replace(
    '"state":"new"',
    '"state":"new","amountDue":{"unit":"EUR","value":123456789012345678.01}'
  )
  const wants = (value: string) => payloadOf(readSubscription(`event.customerBill.amountDue.value=${value}`), event)
  expect(wants('123456789012345678.01')).toBe(event)
  expect(wants('123456789012345678.02')).toBeUndefined()
})

test.each([
  [
    'eventType=CustomerBillCreateEvent,CustomerBillStateChangeEvent',
    'eventType = CustomerBillStateChangeEvent,CustomerBillCreateEvent'
  ],
  ['event.customerBill.state=new&event.customerBill.id=1', 'event.customerBill.id=1&event.customerBill.state=new'],
  ['event.customerBill.amountDue.value=1.50', 'event.customerBill.amountDue.value.eq=1.5'],
  ['fields=event.customerBill.id,eventType', 'fields=eventType,event.customerBill.id'],
  ['', ' ']
])('%s means the same as %s', (one, other) => {
  expect(readSubscription(one).normalForm).toBe(readSubscription(other).normalForm)
  expect(readSubscription(one).normalForm).not.toBe(
    readSubscription('eventType=CustomerBillOnDemandCreateEvent').normalForm
  )
})
