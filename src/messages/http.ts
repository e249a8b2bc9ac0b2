import { is, messages } from './message.ts'

export const HTTP = messages('http', {
  malformed: is.badRequest`The request is malformed`,
  noRequest: is.badRequest`This is no HTTP request`,
  oneHost: is.badRequest`HTTP/1.1 needs one Host header`,
  nothingHere: is.notFound`There is nothing at this path`,
  nulInPath: is.notFound`There is nothing with this id: no id has a NUL character`,
  allowedMethods: is.methodNotAllowed`This path takes ${['GET', 'HEAD']}`,
  method: is.methodNotAllowed`This method is not allowed here`,
  late: is.requestTimeout`The request did not arrive in time`,
  headersTooLarge: is.headersTooLarge`The request line and headers are too large`,
  chunkExtensions: is.payloadTooLarge`The chunk extensions are too large`,
  bodyTooLarge: is.payloadTooLarge`The body is too large`,
  pathTooLong: is.uriTooLong`The path is too long`,
  mediaType: is.unsupportedMediaType`The body must be of a media type that the Accept-Patch or Accept-Post header
    lists`,
  expectation: is.expectationFailed`Expect takes 100-continue only`,
  tagList: is.invalidHeader`${'If-Match'} must be * or a list of entity tags such as "3"`,
  stale: is.preconditionFailed`If-Match does not name the current version ${'"2"'}; read it again first`,
  weakTag: is.preconditionFailed`If-Match names the current version as W/${'"2"'}, and weak tags never match: something
    on the way, such as a proxy that compresses, has made the ETag weak. Send ${'"2"'}`,
  rateLimit: is.tooManyRequests`At most ${6_000} requests per minute are answered; try again later`,
  idempotencyKey: is.invalidHeader`Idempotency-Key must be one text of 1 to 255 visible ASCII characters`,
  keyForOne: is.invalidHeader`Idempotency-Key is for one ${'customerBill'}; leave it out: each of many has its own
    ${'externalId'}`,
  noIdempotencyKey: is.invalidHeader`Idempotency-Key is not taken here: a payment is known by its reference, and all
    else can be sent again as it is; leave it out`,
  keyReused: is.unprocessable`This Idempotency-Key was used for another request in the last 24 hours`,
  keyInUse: is.conflict`A request with this Idempotency-Key is still under way`
})
