import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** Requests of one connection that are under way at once; the rest stays unread. */
export const UNDER_WAY_MAX = 4
/** Pipelined requests taken in one turn of the event loop, over all connections. */
export const TAKEN_PER_TURN = 16
/** Bytes of a refused body that are read and dropped, so that the client gets to read the response. */
export const DROPPED_MAX_BYTES = 16_777_216

/** A socket of Node's server: `_paused` while responses wait to be sent. */
type ParsedSocket = Socket & { readonly _paused?: boolean }

interface Connection {
  readonly socket: ParsedSocket
  readonly feed: (bytes: Buffer) => void
  /** Responses under way, in the order of their requests. */
  readonly answers: Set<ServerResponse>
  latest: { readonly request: IncomingMessage; readonly answer: ServerResponse } | undefined
  /** Bytes of the latest body still to be parsed; 0 if its length is unknown. */
  bodyLeft: number
  /** The last bytes parsed: the end of a head may span two pieces. */
  tail: string
  held: Buffer
  /** Paused here; the parser pauses on its own. */
  isPausing: boolean
  /** The parser has given up; further bytes are counted and dropped. */
  isBroken: boolean
  dropped: number
}

const connections = new WeakMap<Socket, Connection>()
/** Connections with requests to parse, in the order of their turns. */
const queue = new Set<Connection>()
let isScheduled = false

const END_OF_HEAD = '\r\n\r\n'
const TAIL_LENGTH = END_OF_HEAD.length - 1
const NOTHING = Buffer.alloc(0)

/**
 * Parses a few requests of a connection at a time, even if a client sends many without waiting. A parser that gets all
 * bytes at once makes thousands of requests before it answers the first. Later ones wait for their turn.
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
  // Reading a body resumes the socket, and so does the parser after sending. Going on from here would never end: the
  // next response would resume it again in the same turn of the event loop.
  socket.on('resume', () => {
    connection.isPausing = false
    if (connection.held.length > 0) wait(connection)
  })
}

/** Reads no more of a connection until its held bytes have had their turn. */
function wait(connection: Connection): void {
  connection.isPausing = true
  connection.socket.pause()
  if (!hasRoom(connection)) return
  queue.add(connection)
  if (!isScheduled) setImmediate(takeTurn)
  isScheduled = true
}

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

/** Parses one held request with as much of its body as there is; the rest waits. */
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

/** Parses up to the next end of a head, so that at most one request begins. */
function parse(connection: Connection): void {
  const { held, bodyLeft } = connection
  const end = bodyLeft > 0 ? Math.min(held.length, bodyLeft) : endOfHead(connection)
  connection.bodyLeft = Math.max(0, bodyLeft - end)
  connection.held = end === held.length ? NOTHING : held.subarray(end)
  connection.feed(end === held.length ? held : held.subarray(0, end))
}

/** Returns the end of the next head, or of a body in chunks; else the end of the held bytes. */
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

export interface Standing {
  /** Responses under way, except that of the broken request. */
  readonly pending: readonly ServerResponse[]
  /** It broke within a body; `hasBegun` says that its response has begun. */
  readonly isInBody: boolean
  readonly hasBegun: boolean
}

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
 * Reads and drops the rest of a refused body. Closing a connection over unread bytes resets it, and the client may
 * never see the response; that happens only beyond a limit.
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
