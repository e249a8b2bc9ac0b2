import { is, messages } from './message.ts'

export const UPLOADS = messages('upload', {
  notRows: is.invalidBody`The body must be a JSON array of rows`,
  noRows: is.missingBody`The upload needs at least one row`,
  tooManyRows: is.payloadTooLarge`At most ${10_000} rows are taken at a time`
})
