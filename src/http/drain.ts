import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { StartError } from '../base/start-error.ts'
import { endLongAnswers } from './long-answers.ts'

/** Time for open connections to send one more request; the response has `Connection: close`. */
const GRACE_MS = 300
/** The longest that unaccepted connections delay the closing of the port. */
const QUEUE_LIMIT_MS = 1_000
const QUIET_TURNS_MS = 1
const POLL_MS = 10
/** Ctrl-C reaches the process twice if npm started it: from the terminal and from npm. */
const SAME_SIGNAL_MS = 500

/** Resolves on the first SIGTERM or SIGINT. `fail` then ends the process after the limit, or on a second signal. */
export function stopSignal(limitMs: number, fail: (error: unknown) => void): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined
    const stop = () => {
      if (first === undefined) {
        first = performance.now()
        setTimeout(() => fail(new StartError(`The server did not stop within ${limitMs} ms`)), limitMs).unref()
        resolve()
      } else if (performance.now() - first > SAME_SIGNAL_MS) {
        fail(new StartError('A second signal ended the server at once'))
      }
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  })
}

/**
 * Prepares an app, not yet listening, to stop without dropping a request. The returned function stops it: connections
 * close after their next response, the port closes soon, and the promise resolves with the last response.
 */
export function drainable(app: FastifyInstance): () => Promise<void> {
  let isDraining = false
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isDraining) reply.header('Connection', 'close')
    done()
  })
  const { server } = app
  const connections = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  return async () => {
    isDraining = true
    endLongAnswers(server)
    await delay(GRACE_MS)
    await emptyQueue(server)
    // Closes the port only: an HTTP server's `close` also cuts responses that a slow client has not taken yet.
    NetServer.prototype.close.call(server)
    for (const silentUntil = performance.now() + GRACE_MS; connections.size > 0; await delay(POLL_MS)) {
      closeUnused(server, connections, performance.now() > silentUntil)
    }
    await app.close()
  }
}

/** Closes connections between two requests; `withSilent` adds those that never sent anything. */
function closeUnused(server: Server, connections: ReadonlySet<Socket>, withSilent: boolean): void {
  const sockets = [...connections]
  // Node takes a connection for idle while it still sends the response.
  if (sockets.every(({ writableLength }) => writableLength === 0)) server.closeIdleConnections()
  // Browsers open some in advance, and Node never takes those for idle.
  if (withSilent) for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
}

/**
 * Accepts waiting connections until none is left. Closing the port would reset them with their requests. A backlog of 0
 * keeps new ones out.
 */
async function emptyQueue(server: Server): Promise<void> {
  const handle: { listen?(backlog: number): unknown } | undefined = Reflect.get(server, '_handle')
  handle?.listen?.(0)
  let accepted = 0
  const count = () => {
    accepted += 1
  }
  server.on('connection', count)
  const deadline = performance.now() + QUEUE_LIMIT_MS
  for (let isQuiet = false; !isQuiet && performance.now() < deadline; ) {
    const [before, start] = [accepted, performance.now()]
    await nextTurn()
    await nextTurn()
    // During a long turn, a connection may have come after the check.
    isQuiet = accepted === before && performance.now() - start < QUIET_TURNS_MS
  }
  server.off('connection', count)
}
