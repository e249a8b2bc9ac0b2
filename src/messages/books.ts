import { is, messages } from './message.ts'

export const BOOKS = messages('books', {
  mediaType: is.notAcceptable`This comes as ${['application/x-ndjson', 'text/csv']}`,
  notOver: is.invalidField`$.through must be a day that is over in the time zone of the tenant; ${'2026-12-01'} is not`,
  closedAlready: is.conflict`The books are closed through ${'2026-11-30'} already, so they are not closed through
    ${'2026-11-15'}`
})
