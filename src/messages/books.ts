import { is, messages } from './message.ts'

export const BOOKS = messages('books', {
  mediaType: is.notAcceptable`This comes as ${['application/x-ndjson', 'text/csv']}`
})
