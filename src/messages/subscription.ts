import { is, messages } from './message.ts'

/** Subscriptions to events. */
export const SUBSCRIPTIONS = messages('subscription', {
  tooMany: is.conflict`A tenant may have ${1_000} listeners at most; delete those that nobody needs`,
  secret: is.invalidField`$.secret must be whsec_ and ${24} to ${64} bytes in base64; leave it out, and the server makes
    one`,
  future: is.invalidField`$.from must not lie in the future`,
  postedState: is.invalidField`$.state of a new listener must be one of ${['active', 'paused']}`,
  tooManyHeaders: is.invalidField`$.headers may name ${20} headers at most`,
  headerName: is.invalidField`${'$.headers[0].name'} must be the name of a header: letters, digits and - _ . at most
    ${100} characters`,
  ownHeader: is.invalidField`${'$.headers[0].name'} names a header that the server or the connection sets: ${'Host'}`,
  headerTwice: is.invalidField`${'$.headers[1].name'} names a header a second time`,
  headerValue: is.invalidField`${'$.headers[0].value'} must be visible ASCII characters, with blanks inside only, and at
    most ${2_048} of them`,
  headerWithoutValue: is.missingField`${'$.headers[0].value'} is required: there is no ${'X-Tenant'} yet whose value
    could be kept`
})
