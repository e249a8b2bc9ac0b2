import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** Requests of one connection that are under way at once; what a client sends beyond stays unread. */
export const UNDER_WAY_MAX = 4
/** What is read and thrown away of a refused body, so that the client comes to read the answer. */
export const DROPPED_MAX_BYTES = 16_777_216

/** What is known of a connection while it lasts. */
interface Connection {
  /** Gives bytes to the parser. */
  readonly feed: (bytes: Buffer) => void
  /** Answers that are not ended yet, in the order of their requests. */
  readonly answers: Set<ServerResponse>
  latest: { readonly request: IncomingMessage; readonly answer: ServerResponse } | undefined
  /** What was read from the socket and not parsed yet. */
  held: Buffer
  /** Whether the socket was paused here; it may also be by its parser. */
  isPausing: boolean
  /** Whether the parser has given up; what still comes is counted and dropped. */
  isBroken: boolean
  dropped: number
}

const connections = new WeakMap<Socket, Connection>()
const END_OF_HEAD = '\r\n\r\n'
const NOTHING = Buffer.alloc(0)

/**
 * Parses no more requests of a connection than a few at a time, however many a client sends without waiting for
 * answers: a parser that is given all bytes at once makes thousands of requests of them before the first is answered.
 */
export function watchConnections(server: Server): void {
  server.on('connection', adopt)
  server.prependListener('request', (request, answer) => {
    const { socket } = request
    const connection = connections.get(socket)
    if (!connection) return
    connection.answers.add(answer)
    connection.latest = { request, answer }
    answer.once('close', () => {
      connection.answers.delete(answer)
      // In the next turn: others come between the requests of one that sends them without a pause.
      if (connection.held.length > 0 || connection.isPausing) setImmediate(advance, socket, connection)
    })
  })
}

/** Puts itself between a socket and its parser. */
function adopt(socket: Socket): void {
  const [feed] = socket.listeners('data') as ((bytes: Buffer) => void)[]
  if (!feed) return
  const connection: Connection = {
    feed: feed.bind(socket),
    answers: new Set(),
    latest: undefined,
    held: NOTHING,
    isPausing: false,
    isBroken: false,
    dropped: 0
  }
  connections.set(socket, connection)
  socket.removeListener('data', feed)
  socket.on('data', (bytes: Buffer) => {
    connection.held = connection.held.length === 0 ? bytes : Buffer.concat([connection.held, bytes])
    advance(socket, connection)
  })
  socket.on('resume', () => advance(socket, connection))
}

/** Parses what is held, up to the end of one head after the other, until enough requests are under way. */
function advance(socket: Socket, connection: Connection): void {
  while (connection.held.length > 0 && !socket.destroyed) {
    if (connection.isBroken || connection.answers.size >= UNDER_WAY_MAX) {
      if (connection.isBroken) drop(socket, connection)
      else pause(socket, connection)
      return
    }
    goOn(socket, connection)
    // The parser pauses its socket while answers wait to be sent, and takes nothing until it resumes.
    if (socket.isPaused()) return
    const { held } = connection
    const at = held.indexOf(END_OF_HEAD)
    const end = at < 0 ? held.length : at + END_OF_HEAD.length
    connection.held = held.subarray(end)
    connection.feed(held.subarray(0, end))
  }
  goOn(socket, connection)
}

function pause(socket: Socket, connection: Connection): void {
  connection.isPausing = true
  socket.pause()
}

function goOn(socket: Socket, connection: Connection): void {
  if (!connection.isPausing) return
  connection.isPausing = false
  socket.resume()
}

function drop(socket: Socket, connection: Connection): void {
  connection.dropped += connection.held.length
  connection.held = NOTHING
  if (connection.dropped > DROPPED_MAX_BYTES) socket.destroy()
}

/** Where a connection stands when its parser gives up. */
export interface Standing {
  /** Answers that are not ended yet, but for that of the request that is broken. */
  readonly pending: readonly ServerResponse[]
  /** Whether it broke within the body of a request, and whether that one's answer has begun. */
  readonly isInBody: boolean
  readonly hasBegun: boolean
}

/** Takes nothing more from a connection, and tells where it stands. */
export function giveUp(socket: Socket): Standing {
  const connection = connections.get(socket)
  if (!connection) return { pending: [], isInBody: false, hasBegun: false }
  connection.isBroken = true
  const { answers, latest } = connection
  const isInBody = latest !== undefined && !latest.request.complete
  const pending = [...answers].filter((answer) => !isInBody || answer !== latest?.answer)
  return { pending, isInBody, hasBegun: isInBody && latest.answer.headersSent }
}

/**
 * Reads what is left of a body that nobody wants, and throws it away: a connection that is closed over unread bytes is
 * reset, and the client may never see the answer. Beyond a bound it is.
 */
export function dropBody(request: IncomingMessage): void {
  const { socket } = request
  if (request.complete || request.destroyed || !(socket instanceof Socket)) return
  let dropped = 0
  request.on('data', (bytes: Buffer) => {
    dropped += bytes.length
    if (dropped > DROPPED_MAX_BYTES) socket.destroy()
  })
}
