import { is, messages } from './message.ts'

/** Bodies of requests, whatever they are about. */
export const BODIES = messages('body', {
  missing: is.missingBody`The request needs a JSON body`,
  nothing: is.missingBody`The request needs at least one document`,
  cutShort: is.badRequest`The body was cut short`,
  compressed: is.unsupportedMediaType`The body must not be compressed`,
  charset: is.unsupportedMediaType`The charset must be utf-8, not ${'iso-8859-1'}`,
  oneDocument: is.unsupportedMediaType`One document at a time is taken here; send it as application/json`,
  notJsonType: is.unsupportedMediaType`POST takes application/json`,
  notPatchType: is.unsupportedMediaType`PATCH takes ${['application/merge-patch+json', 'application/json-patch+json']}`,
  notUtf8: is.invalidBody`The body must be valid UTF-8`,
  notJson: is.invalidBody`The body must be JSON${'; reading fails at position 3'}`,
  tooDeep: is.invalidBody`The body may be nested ${64} levels deep at most`,
  tooManyMembers: is.invalidBody`The body may have ${10_000} members at most`,
  notObject: is.invalidBody`The body must be a JSON object`,
  lineTooLong: is.payloadTooLarge`The line is too long`,
  atomicTooLarge: is.payloadTooLarge`atomic=true takes at most ${100_000} lines of ${67_108_864} bytes together`,
  atomicRefused: is.unprocessable`At least one line was refused`,
  missingFields: is.missingField`${'$.amountDue.unit is required; $.amountDue.value is required'}`,
  invalidFields: is.invalidField`${'$.billDate must be a date-time; $.amountDue must be an object'}`,
  givenByServer: is.invalidField`${['$.id', '$.href']} is given by the server; leave it out`,
  likePartnerId: is.invalidField`$.id must not begin like an id that a partner gave`,
  notPlain: is.invalidField`${'$.id'} must be in Unicode's form NFC, without invisible characters, with no blanks but
    single spaces inside`,
  removed: is.invalidField`${['$.state']} cannot be removed; it must have a value`,
  unknownReference: is.invalidField`${'$.billCycle.id'} names no ${'billCycle'} of this service`,
  deletedMeanwhile: is.conflict`${'$.externalId'} is that of a ${'rate'} that was deleted just now; send it again`,
  patchTooLong: is.invalidBody`A JSON Patch must be an array of at most ${100} operations (RFC 6902)`,
  tooManyCopies: is.invalidBody`A JSON Patch may copy ${5} times at most`,
  nothingAtPath: is.invalidBody`$[${0}] cannot be applied: there is nothing at its path; it must name a member`,
  testFailed: is.conflict`$[${0}] cannot be applied: the test failed`,
  notPatchable: is.invalidField`${['$.billNo']} may not be patched; only ${['state']} may be patched`
})
