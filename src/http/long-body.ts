import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'

const sockets = new WeakSet<Socket>()

/**
 * Lets the body of a request take as long as it needs, as long as it moves: the limit of time for a whole request is
 * from now on one for a connection on which nothing is sent either way.
 */
export function allowLongBody({ raw, server: { server } }: FastifyRequest): void {
  const { socket } = raw
  if (!(socket instanceof Socket)) return
  sockets.add(socket)
  socket.setTimeout(server.requestTimeout)
  raw.once('close', () => sockets.delete(socket))
}

/** Whether a request that is late may be so. */
export function mayBeLate(socket: Socket): boolean {
  return sockets.has(socket)
}
