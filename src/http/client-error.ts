import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { newId } from '../base/ulid.ts'
import { HTTP } from '../messages/http.ts'
import { errorBody, type Problem } from '../messages/problem.ts'
import { giveUp } from './connections.ts'
import { mayBeLate } from './long-body.ts'

/** Node's code for a request that did not arrive in time. */
const LATE = 'ERR_HTTP_REQUEST_TIMEOUT'

const PARSER_PROBLEMS: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: HTTP.headersTooLarge(),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: HTTP.chunkExtensions(),
  [LATE]: HTTP.late()
}

/**
 * Responds to a request that the HTTP parser refused. The response follows those under way. If the broken request's own
 * response has begun, the connection closes instead.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  const isLate = error.code === LATE
  if (isLate && mayBeLate(socket)) return
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { pending, isInBody, hasBegun } = giveUp(socket)
  if (hasBegun) {
    socket.destroy()
    return
  }
  const answer = () => {
    const problem = PARSER_PROBLEMS[error.code ?? ''] ?? HTTP.noRequest()
    // A broken body behind other requests has a request that nobody finishes: its response stays empty.
    if (isInBody && pending.length > 0) socket.end()
    else if (socket.writable) socket.end(rawAnswer(problem))
    // Node ends only its own side and stops watching: a client that ignores it would keep both open.
    if (isLate) socket.destroySoon()
  }
  const last = pending.at(-1)
  if (last) last.once('close', answer)
  else answer()
}

function rawAnswer(problem: Problem): string {
  const requestId = newId()
  const body = JSON.stringify(errorBody(problem, requestId))
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Content-Type: application/json;charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close'
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
