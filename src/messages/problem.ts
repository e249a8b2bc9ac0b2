/** The failures a client can see: kind -> HTTP status, TMF code and reason. */
export const KINDS = {
  missingBody: { status: 400, code: '21', reason: 'Missing body' },
  invalidBody: { status: 400, code: '22', reason: 'Invalid body' },
  missingField: { status: 400, code: '23', reason: 'Missing body field' },
  invalidField: { status: 400, code: '24', reason: 'Invalid body field' },
  invalidHeader: { status: 400, code: '26', reason: 'Invalid header value' },
  invalidQuery: { status: 400, code: '28', reason: 'Invalid query-string parameter value' },
  badRequest: { status: 400, code: '400', reason: 'Bad request' },
  missingCredentials: { status: 401, code: '40', reason: 'Missing credentials' },
  invalidCredentials: { status: 401, code: '41', reason: 'Invalid credentials' },
  expiredCredentials: { status: 401, code: '42', reason: 'Expired credentials' },
  forbidden: { status: 403, code: '50', reason: 'Access denied' },
  notFound: { status: 404, code: '60', reason: 'Resource not found' },
  methodNotAllowed: { status: 405, code: '61', reason: 'Method not allowed' },
  notAcceptable: { status: 406, code: '406', reason: 'Not acceptable' },
  requestTimeout: { status: 408, code: '408', reason: 'Request timeout' },
  conflict: { status: 409, code: '409', reason: 'Conflict' },
  preconditionFailed: { status: 412, code: '412', reason: 'Precondition failed' },
  payloadTooLarge: { status: 413, code: '413', reason: 'Payload too large' },
  uriTooLong: { status: 414, code: '414', reason: 'URI too long' },
  unsupportedMediaType: { status: 415, code: '415', reason: 'Unsupported media type' },
  expectationFailed: { status: 417, code: '417', reason: 'Expectation failed' },
  unprocessable: { status: 422, code: '2', reason: 'Unprocessable entity' },
  tooManyRequests: { status: 429, code: '53', reason: 'Too many requests' },
  headersTooLarge: { status: 431, code: '431', reason: 'Request header fields too large' },
  internal: { status: 500, code: '1', reason: 'Internal server error' },
  notImplemented: { status: 501, code: '501', reason: 'Not implemented' },
  statementTimeout: { status: 503, code: '503', reason: 'Service unavailable' },
  unavailable: { status: 503, code: '503', reason: 'Service unavailable' }
} as const

export type ProblemKind = keyof typeof KINDS

/** A failure the client should understand. Anything else that is thrown is a bug. */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly headers: Readonly<Record<string, string>>
  /** Names the entry of the catalogue of messages, such as `query.unknownAttribute`. */
  readonly code: string

  /** `message` is shown to the client: it says what is wrong and what is allowed, and never holds a secret. */
  constructor(kind: ProblemKind, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.kind = kind
    this.code = code
    this.headers = headers
  }

  with(headers: Readonly<Record<string, string>>): Problem {
    return new Problem(this.kind, this.code, this.message, { ...this.headers, ...headers })
  }

  /** The same, with its cause, which goes to the log only. */
  because(cause: unknown): Problem {
    return Object.assign(this.with({}), { cause })
  }

  /** The same, about one place of the request. */
  at(place: string): Problem {
    return new Problem(this.kind, this.code, `${place}: ${this.message}`, this.headers)
  }

  get status(): number {
    return KINDS[this.kind].status
  }
}

const aboutNames = new WeakSet<Error>()

/** Marks a refusal that depends on a name: a client with many of them may be guessing names. */
export function aboutName(problem: Problem): Problem {
  aboutNames.add(problem)
  return problem
}

export function isAboutName(error: Error): boolean {
  return aboutNames.has(error)
}

/** Returns the TMF `Error` body (TMF630 part 1, section 3.4). */
export function errorBody(problem: Problem, requestId: string): Record<string, string> {
  const { status, code, reason } = KINDS[problem.kind]
  const { message, code: messageCode } = problem
  return { code, reason, message, messageCode, status: String(status), requestId, '@type': 'Error' }
}
