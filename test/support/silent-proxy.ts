import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy to Postgres that can fall silent. */
export interface SilentProxy {
  /** The target's database through the proxy. */
  readonly url: string
  /** Silences the open connections in both directions and keeps both ends. */
  silence(): void
  /** Silences new connections from their start. */
  keepSilent(isSilent: boolean): void
  close(): Promise<void>
}

export async function openSilentProxy(target: string): Promise<SilentProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isSilent = false
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    if (isSilent) mute(client)
    else client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(target)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    silence: () => sockets.forEach(mute),
    keepSilent: (value) => {
      isSilent = value
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    }
  }
}

/** Reads nothing and sends nothing, not even its end. */
function mute(socket: Socket): void {
  socket.unpipe()
  socket.pause()
}
