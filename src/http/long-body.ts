import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'

const sockets = new WeakSet<Socket>()

/**
 * Lets a body take as long as it needs while bytes flow: the time limit of the request becomes a limit of silence in
 * both directions.
 */
export function allowLongBody({ raw, server: { server } }: FastifyRequest): void {
  const { socket } = raw
  if (!(socket instanceof Socket)) return
  sockets.add(socket)
  socket.setTimeout(server.requestTimeout)
  raw.once('close', () => sockets.delete(socket))
}

/** Lifts the limit of silence from a response that watches its reader itself. */
export function allowSilence({ raw: { socket } }: FastifyRequest): void {
  if (socket instanceof Socket) socket.setTimeout(0)
}

export function mayBeLate(socket: Socket): boolean {
  return sockets.has(socket)
}
