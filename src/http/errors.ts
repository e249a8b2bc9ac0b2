import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { HTTP } from '../messages/http.ts'
import { errorBody, Problem } from '../messages/problem.ts'
import { SERVER } from '../messages/server.ts'
import { LINES_TYPE } from './body.ts'
import { dropBody, watchConnections } from './connections.ts'
import { errorsMember } from './findings.ts'
import { FORM_TYPES, JSON_TYPE, PATCH_TYPES } from './media-types.ts'
import { requestId } from './request-id.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Failures have their message by this name, too. */
    messageMember?: string
    /** Takes parameters as a form, too; see forms.ts. */
    takesForms?: boolean
  }
}

/** Below this path failures have the envelope of its responses: `{"code":404,"message":"…","messageCode":"…"}`. */
export const ENVELOPED_BASE = '/partner/v1'

/** Renders every failure as a TMF `Error` body: problems, unknown paths and methods, framework errors, bugs. */
export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = asProblem(error)
    if (problem.status >= 500 && problem.kind !== 'notImplemented')
      request.log.error({ err: problem.cause ?? error }, problem.message)
    return sendProblem(reply, request, problem)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(reply, request, NOTHING_HERE))
  watchConnections(app.server)
  app.server.on('checkExpectation', answerExpectation)
  // Node would answer a missing Host with an empty body; app.ts switches that off.
  app.addHook('onRequest', ({ raw }, _, done) => {
    const hosts = hostCount(raw)
    done(hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1') ? ONE_HOST : undefined)
  })
  // The framework closes a connection over unread bytes, which would drop the response.
  app.addHook('onSend', ({ raw }, reply, _, done) => {
    if (!raw.complete && reply.statusCode >= 400) {
      dropBody(raw)
      reply.removeHeader('connection')
    }
    done()
  })
}

/** Node keeps the first of several Host headers; a proxy may have used another. */
function hostCount({ rawHeaders }: IncomingMessage): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

/** Handles what the framework refuses before routing, e.g. a path with a broken percent escape. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  // No hook has run yet, so the reply has no id.
  sendProblem(reply.header('X-Request-Id', request.id), request, asProblem(error))
}

function sendProblem(reply: FastifyReply, request: FastifyRequest, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers({ ...(problem.kind === 'unsupportedMediaType' && accepted(request)), ...problem.headers })
    .type(JSON_TYPE)
    .send(JSON.stringify(failureOf(request, problem)))
}

function failureOf(request: FastifyRequest, problem: Problem): object {
  // By the address as sent, since some failures come before the routing.
  if (request.raw.url?.startsWith(`${ENVELOPED_BASE}/`)) {
    const { status, message, code: messageCode } = problem
    return { code: status, message, messageCode }
  }
  const name = request.routeOptions.config?.messageMember
  return { ...(name && { [name]: problem.message }), ...errorBody(problem, request.id), ...errorsMember(problem) }
}

/** Responds to an unsupported Expect header before the framework sees the request. */
function answerExpectation(request: IncomingMessage, response: ServerResponse): void {
  const id = requestId(request)
  const problem = HTTP.expectation()
  response.writeHead(problem.status, { 'Content-Type': JSON_TYPE, 'X-Request-Id': id, Connection: 'close' })
  response.end(JSON.stringify(errorBody(problem, id)))
}

const ONE_HOST = HTTP.oneHost()
const NOTHING_HERE = HTTP.nothingHere()

const BY_STATUS: Readonly<Record<number, () => Problem>> = {
  400: HTTP.malformed,
  403: HTTP.nothingHere,
  404: HTTP.nothingHere,
  405: HTTP.method,
  408: HTTP.late,
  413: HTTP.bodyTooLarge,
  414: HTTP.pathTooLong,
  415: HTTP.mediaType,
  417: HTTP.expectation,
  503: SERVER.notReady
}

/** Returns the refusal for an error of the framework; anything else that was thrown is a bug. */
export function asProblem(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error
  if (error.code === 'FST_ERR_MAX_PARAM_LENGTH') return HTTP.pathTooLong()
  const status = error.statusCode ?? 500
  // Any other error that a plugin blames on the request is the client's.
  const message = BY_STATUS[status] ?? (status >= 400 && status < 500 ? HTTP.malformed : SERVER.failed)
  return message()
}

/** Returns the header for 415 with the media types of the route (RFC 5789, section 2.2). */
function accepted({ method, routeOptions }: FastifyRequest): Readonly<Record<string, string>> | undefined {
  if (routeOptions.config?.takesForms) return { 'Accept-Post': ['application/json', ...FORM_TYPES].join(', ') }
  const takesMany = method === 'POST' && routeOptions.config?.takesMany === true
  return takesMany ? { 'Accept-Post': `application/json, ${LINES_TYPE}` } : ACCEPTED[method]
}

const ACCEPTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PATCH: { 'Accept-Patch': PATCH_TYPES.join(', ') },
  POST: { 'Accept-Post': 'application/json' }
}

/** Notes the methods of each path; call it before the routes are registered. */
export function collectMethods(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    methods.set(url, known)
    for (const name of [method].flat()) known.add(name)
  })
  return methods
}

/** Responds to a known path's missing methods by 405 and `Allow`; call it after the routes are registered. */
export function refuseOtherMethods(app: FastifyInstance, methods: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, known] of [...methods]) {
    // Before the others are registered, which adds them to the known ones.
    const taken = [...known]
    const refuse = async () => {
      throw HTTP.allowedMethods(taken).with({ Allow: taken.join(', ') })
    }
    const others = app.supportedMethods.filter((method) => !known.has(method)) as HTTPMethods[]
    // Before the body is parsed: the method is wrong, whatever the body.
    app.route({ method: others, url, config: { access: 'public' }, onRequest: refuse, handler: refuse })
  }
}
