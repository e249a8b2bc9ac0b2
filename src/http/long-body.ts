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

export function mayBeLate(socket: Socket): boolean {
  return sockets.has(socket)
}
