import { is, messages } from './message.ts'

/** Open and overdue amounts. */
export const OVERDUE = messages('overdue', {
  mediaType: is.notAcceptable`The aging report comes as ${['application/json', 'text/csv']}`,
  minDays: is.invalidQuery`minDays must be one whole number from ${1} to ${36_500}`,
  minAmount: is.invalidQuery`minAmount must be one decimal number, such as ${'12.5'}`
})
