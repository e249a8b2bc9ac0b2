import { conflict, invalidField, messages, missingField } from './message.ts'

/** Bodies of requests, whatever they are about. */
export const BODIES = messages('body', {
  missingFields: missingField`${'$.amountDue.unit is required; $.amountDue.value is required'}`,
  invalidFields: invalidField`${'$.billDate must be a date-time; $.amountDue must be an object'}`,
  deletedMeanwhile: conflict`${'$.externalId'} is that of a ${'rate'} that was deleted just now; send it again`
})
