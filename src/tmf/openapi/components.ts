import { ADDRESS, COUNT, TEXT } from './json-schema.ts'
import type { PARAMETERS } from './parameters.ts'
import { type Json, schemaRef } from './schemas.ts'

/** Failures by status; `default` covers those of any server, e.g. 408, 417 and 431. */
export const ERROR_RESPONSES = {
  400: failure('BadRequest', 'The request is malformed, or breaks a rule that the message names'),
  401: failure('Unauthorized', 'Missing, invalid or expired credential', 'WWW-Authenticate'),
  403: failure('Forbidden', 'The credential lacks the scope that the message names', 'WWW-Authenticate'),
  404: failure('NotFound', 'The resource does not exist'),
  405: failure('MethodNotAllowed', 'The path lacks this method; `Allow` lists its methods', 'Allow'),
  406: failure('NotAcceptable', 'No available media type matches `Accept`'),
  409: failure('Conflict', 'The stored state does not allow it, e.g. this transition', 'Retry-After'),
  412: failure('PreconditionFailed', 'The resource has changed since the version in `If-Match`'),
  413: failure('PayloadTooLarge', 'The body is too large'),
  414: failure('UriTooLong', 'The path is too long'),
  415: failure(
    'UnsupportedMediaType',
    'The media type or charset of the body is not supported',
    'Accept-Patch',
    'Accept-Post'
  ),
  422: failure('UnprocessableEntity', 'The `Idempotency-Key` belongs to another request'),
  429: failure('TooManyRequests', 'Too many requests', 'Retry-After'),
  500: failure('InternalServerError', 'The server failed'),
  501: failure('NotImplemented', 'The JSONPath in `filter` or `fields` is valid, but not supported'),
  503: failure('ServiceUnavailable', 'The server or its database cannot serve the request now', 'Retry-After'),
  default: failure('OtherError', 'Any other failure')
} as const

export type FailureStatus = keyof typeof ERROR_RESPONSES

function failure(name: string, description: string, ...headers: readonly HeaderName[]) {
  return { name, description, headers }
}

export type ParameterName = keyof typeof PARAMETERS

export function parameterRefs(...names: readonly ParameterName[]): readonly Json[] {
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }))
}

export function headerRefs(...names: readonly HeaderName[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

export function failureRefs(statuses: readonly FailureStatus[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${ERROR_RESPONSES[status].name}` }])
  )
}

export function componentResponses(): Json {
  const content = { 'application/json': { schema: schemaRef('Error') } }
  return Object.fromEntries(
    Object.values(ERROR_RESPONSES).map(({ name, description, headers }) => [
      name,
      { description, headers: headerRefs('X-Request-Id', ...headers), content }
    ])
  )
}

/** A required header is on every response that lists it. */
export const HEADERS = {
  'X-Request-Id': { description: 'Identifier of the request', required: true, schema: TEXT },
  'X-Total-Count': { description: 'How many resources match', required: true, schema: COUNT },
  'X-Result-Count': { description: 'How many resources the body has', required: true, schema: COUNT },
  'X-Total-Count-Accuracy': {
    description: 'Present if `X-Total-Count` is an estimate',
    schema: { type: 'string', enum: ['estimated'] }
  },
  Link: { description: 'Addresses of the first, prev, next and last page (RFC 8288)', schema: TEXT },
  ETag: { description: 'Version of the resource, for `If-Match` and `If-None-Match`', required: true, schema: TEXT },
  Location: { description: 'Address of the new resource, or of a redirect', required: true, schema: ADDRESS },
  'Idempotency-Replayed': {
    description: 'Present if this is the response to an earlier request with this `Idempotency-Key`',
    schema: { type: 'string', enum: ['true'] }
  },
  'Preference-Applied': { description: 'The preferences of `Prefer` that were followed', schema: TEXT },
  'Content-Disposition': { description: 'Disposition and file name', schema: TEXT },
  Vary: { description: 'Request headers that the response depends on', required: true, schema: TEXT },
  'WWW-Authenticate': { description: 'How to authenticate (RFC 6750, section 3; RFC 7617)', schema: TEXT },
  Allow: { description: 'The methods of the path', required: true, schema: TEXT },
  'Accept-Patch': { description: 'The media types that PATCH takes', schema: TEXT },
  'Accept-Post': { description: 'The media types that POST takes', schema: TEXT },
  'Retry-After': { description: 'Seconds until a repetition may succeed', schema: COUNT }
} as const

export type HeaderName = keyof typeof HEADERS
