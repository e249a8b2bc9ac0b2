import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** Requests of one connection that are under way at once; what a client sends beyond stays unread. */
export const UNDER_WAY_MAX = 4
/** Requests sent without waiting that are taken in one turn of the event loop, of all connections together. */
export const TAKEN_PER_TURN = 16
/** What is read and thrown away of a refused body, so that the client comes to read the answer. */
export const DROPPED_MAX_BYTES = 16_777_216

/** A socket as Node's server knows it: its parser takes nothing while answers wait to be sent. */
type ParsedSocket = Socket & { readonly _paused?: boolean }

/** What is known of a connection while it lasts. */
interface Connection {
  readonly socket: ParsedSocket
  /** Gives bytes to the parser. */
  readonly feed: (bytes: Buffer) => void
  /** Answers that are not ended yet, in the order of their requests. */
  readonly answers: Set<ServerResponse>
  latest: { readonly request: IncomingMessage; readonly answer: ServerResponse } | undefined
  /** Bytes of the latest request's body that are still to be parsed; 0 where it does not say how many there are. */
  bodyLeft: number
  /** The last bytes parsed, of which the next ones may make the end of a head. */
  tail: string
  /** What was read from the socket and not parsed yet. */
  held: Buffer
  /** Whether the socket was paused here; it may also be by its parser. */
  isPausing: boolean
  /** Whether the parser has given up; what still comes is counted and dropped. */
  isBroken: boolean
  dropped: number
}

const connections = new WeakMap<Socket, Connection>()
/** Those that hold requests for which there is room, in the order of their turns. */
const queue = new Set<Connection>()
let isScheduled = false

const END_OF_HEAD = '\r\n\r\n'
const TAIL_LENGTH = END_OF_HEAD.length - 1
const NOTHING = Buffer.alloc(0)

/**
 * Parses no more requests of a connection than a few at a time, however many a client sends without waiting for
 * answers: a parser that is given all bytes at once makes thousands of requests of them before the first is answered.
 * What follows the first one waits for its turn.
 */
export function watchConnections(server: Server): void {
  server.on('connection', adopt)
  server.prependListener('request', (request, answer) => {
    const connection = connections.get(request.socket)
    if (!connection) return
    connection.answers.add(answer)
    connection.latest = { request, answer }
    answer.once('close', () => {
      connection.answers.delete(answer)
      if (connection.held.length > 0) wait(connection)
    })
  })
}

/** Puts itself between a socket and its parser. */
function adopt(socket: Socket): void {
  const [feed] = socket.listeners('data') as ((bytes: Buffer) => void)[]
  if (!feed) return
  const connection: Connection = {
    socket,
    feed: feed.bind(socket),
    answers: new Set(),
    latest: undefined,
    bodyLeft: 0,
    tail: '',
    held: NOTHING,
    isPausing: false,
    isBroken: false,
    dropped: 0
  }
  connections.set(socket, connection)
  socket.removeListener('data', feed)
  socket.on('data', (bytes: Buffer) => {
    const isFirst = connection.held.length === 0
    connection.held = isFirst ? bytes : Buffer.concat([connection.held, bytes])
    if (isFirst) advance(connection)
  })
  // Whoever reads a body resumes the socket, and so does the parser when answers have been sent. It must not be gone
  // on from here: the next answer would resume it again, all in one turn of the event loop, which would never end.
  socket.on('resume', () => {
    connection.isPausing = false
    if (connection.held.length > 0) wait(connection)
  })
}

/** Reads no more of a connection until what is held has had its turn, which comes when there is room for it. */
function wait(connection: Connection): void {
  connection.isPausing = true
  connection.socket.pause()
  if (!hasRoom(connection)) return
  queue.add(connection)
  if (!isScheduled) setImmediate(takeTurn)
  isScheduled = true
}

/** Takes one request after the other, of each connection in turn. */
function takeTurn(): void {
  let taken = 0
  for (const connection of queue) {
    if (taken++ === TAKEN_PER_TURN) break
    queue.delete(connection)
    advance(connection)
  }
  isScheduled = queue.size > 0
  if (isScheduled) setImmediate(takeTurn)
}

/** Parses one request of what is held, with as much of its body as there is, and waits with what follows. */
function advance(connection: Connection): void {
  while (connection.held.length > 0 && hasRoom(connection)) {
    parse(connection)
    const { latest } = connection
    if (latest === undefined || latest.request.complete) break
    if (connection.bodyLeft === 0) connection.bodyLeft = Number(latest.request.headers['content-length'] ?? 0)
  }
  if (connection.isBroken) drop(connection)
  if (connection.held.length > 0) wait(connection)
  else if (connection.isPausing && !connection.socket._paused) connection.socket.resume()
}

function hasRoom(connection: Connection): boolean {
  const { socket, answers, isBroken } = connection
  if (isBroken || socket.destroyed || socket._paused) return false
  return isInBody(connection) || (socket.writable && answers.size < UNDER_WAY_MAX)
}

function isInBody({ latest }: Connection): boolean {
  return latest !== undefined && !latest.request.complete
}

/** Parses held bytes up to where a request may end, so that never more than one is begun. */
function parse(connection: Connection): void {
  const { held, bodyLeft } = connection
  const end = bodyLeft > 0 ? Math.min(held.length, bodyLeft) : endOfHead(connection)
  connection.bodyLeft = Math.max(0, bodyLeft - end)
  connection.held = end === held.length ? NOTHING : held.subarray(end)
  connection.feed(end === held.length ? held : held.subarray(0, end))
}

/** Where the next head, or body in chunks, ends in what is held; all of it when it does not. */
function endOfHead(connection: Connection): number {
  const { held, tail } = connection
  connection.tail = ''
  const across = tail === '' ? -1 : (tail + held.toString('latin1', 0, TAIL_LENGTH)).indexOf(END_OF_HEAD)
  if (across >= 0) return across + END_OF_HEAD.length - tail.length
  const at = held.indexOf(END_OF_HEAD)
  if (at >= 0) return at + END_OF_HEAD.length
  const last = held.toString('latin1', Math.max(0, held.length - TAIL_LENGTH))
  connection.tail = (tail + last).slice(-TAIL_LENGTH)
  return held.length
}

function drop(connection: Connection): void {
  connection.dropped += connection.held.length
  connection.held = NOTHING
  if (connection.dropped > DROPPED_MAX_BYTES) connection.socket.destroy()
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
