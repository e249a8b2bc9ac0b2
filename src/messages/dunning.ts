import { is, messages } from './message.ts'

/** Steps after the due day, and promises to pay. */
export const DUNNING = messages('dunning', {
  oneSubject: is.invalidField`The body must have exactly one of $.billingAccount and $.bill`,
  until: is.invalidField`$.until must be a day from ${'2026-12-01'}, which is today, to ${'2027-12-02'}`
})
