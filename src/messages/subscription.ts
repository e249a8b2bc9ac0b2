import { is, messages } from './message.ts'

export const SUBSCRIPTIONS = messages('subscription', {
  tooMany: is.conflict`A tenant may have ${1_000} listeners at most; delete those that nobody needs`,
  tooManyOfPartner: is.conflict`A partner may have ${100} listeners at most; delete those that nobody needs`,
  secret: is.invalidField`$.secret must be whsec_ and ${24} to ${64} bytes in base64; leave it out, and the server makes
    one`,
  ofLists: is.invalidField`${'limit'} is a parameter of lists; a subscription takes conditions, filter and fields
    only`,
  typeNeverMatches: is.invalidField`No ${'PaymentCreateEvent'} meets the conditions: those on its payload must begin
    with ${'event.payment'}; alternatives are joined by a semicolon`,
  neverMatches: is.invalidField`No event meets the conditions: each has one payload of ${['event.customerBill']}, so
    that conditions on two must be alternatives, joined by a semicolon`,
  unknownField: is.invalidField`fields may not name ${'id'}${'; there are eventId, eventTime, event'}`,
  fieldOfNoEvent: is.invalidField`fields may not name ${'event.payment'}: the events of this subscription have
    ${['event.customerBill']} only`,
  tooOld: is.invalidField`$.from must lie within the last ${30} days: earlier events may have been removed`,
  future: is.invalidField`$.from must not lie in the future`,
  postedState: is.invalidField`$.state of a new listener must be one of ${['active', 'paused']}`,
  headerName: is.invalidField`${'$.headers[0].name'} must be the name of a header: letters, digits and - _ . at most
    ${100} characters`,
  ownHeader: is.invalidField`${'$.headers[0].name'} must not be ${'Host'}: the server or the connection sets it`,
  headerTwice: is.invalidField`${'$.headers[1].name'} must not name a header again; names differ in more than case`,
  headerValue: is.invalidField`${'$.headers[0].value'} must be visible ASCII characters, with blanks inside only, and at
    most ${2_048} of them`,
  headerWithoutValue: is.missingField`${'$.headers[0].value'} is required: there is no ${'X-Tenant'} yet whose value
    could be kept`
})
