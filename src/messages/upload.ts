import { is, messages } from './message.ts'

export const UPLOADS = messages('upload', {
  notRows: is.invalidBody`The body must be a JSON array of rows`,
  noRows: is.missingBody`The upload needs at least one row`,
  tooManyRows: is.payloadTooLarge`At most ${10_000} rows are taken at a time`,
  mediaType: is.unsupportedMediaType`An upload comes as ${['text/csv', 'application/x-ndjson']}`,
  atomicTooLong: is.payloadTooLarge`atomic=true takes at most ${100_000} rows`,
  noQuery: is.invalidQuery`An upload is answered as a whole: it takes no query`,
  unknownState: is.invalidQuery`The state of an upload must be one of ${['receiving', 'running', 'done']}`,
  ended: is.conflict`This upload is ${'cancelled'}: it takes no more rows`,
  notCancellable: is.conflict`An upload that is ${'done'} cannot be cancelled; it must be receiving or running`,
  notEnded: is.conflict`An upload that is ${'running'} cannot be deleted; cancel it, or wait for its end`
})
