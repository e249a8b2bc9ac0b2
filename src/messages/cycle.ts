import { is, messages } from './message.ts'

export const CYCLES = messages('cycle', {
  frequency: is.unprocessable`The frequency ${'"sometimes"'} must be one of ${['month', 'monthly']}, or e.g. 2 weeks`,
  frequencyField: is.invalidField`$.frequency:
    ${'The frequency "sometimes" must be one of month, monthly, or e.g. 2 weeks'}`,
  startMissing: is.missingField`$.validFor.startDateTime is required with $.frequency: the first period begins on it`,
  noFrequency: is.unprocessable`The specification of the cycle has no frequency`,
  noStart: is.unprocessable`The specification of the cycle has no validFor.startDateTime, on whose day its first period
    begins`,
  specificationEnds: is.unprocessable`The specification holds until ${'2027-01-01T00:00:00.000Z'}, and the next cycle
    begins ${'2027-01-01T00:00:00.000Z'}`,
  endsBeforeStart: is.unprocessable`validFor of the cycle ends at ${'2026-01-01T00:00:00.000Z'}, which is before it
    begins`,
  noPeriod: is.unprocessable`The cycle has neither validFor nor billingDate; one of them must tell its period`,
  beforeSpecification: is.unprocessable`The cycle lies before validFor of its specification begins`,
  offset: is.unprocessable`${'paymentDueDateOffset'} of the specification may be ${3660} days at most, before or after`,
  timeZone: is.unprocessable`${'Mars/Base'} is no IANA time zone`,
  years: is.unprocessable`The dates of the cycle must lie in the years 1900 to 2999`
})
