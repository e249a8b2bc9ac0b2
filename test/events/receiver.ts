import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { LOOPBACK } from '../../src/events/callback-address.ts'
import {
  type Callback,
  type CallbackClient,
  type CallbackResult,
  type CallbackSettings,
  callbackClient
} from '../../src/events/callback-client.ts'

export const LONG_MS = 60_000

/** Listens on a free port of 127.0.0.1 until the test ends. */
export async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

export const serve = (listener: http.RequestListener) => listen(http.createServer(listener))
export const serveRaw = (answer: (socket: net.Socket) => void) =>
  listen(net.createServer((socket) => socket.on('error', () => undefined).once('data', () => answer(socket))))

export function client(settings: Partial<CallbackSettings> = {}): CallbackClient {
  const made = callbackClient({ allowed: LOOPBACK, ...settings })
  onTestFinished(() => made.close())
  return made
}

/** Posts once, without a limit of time that a busy machine could reach. */
export function post(
  url: string,
  more: Partial<Callback> = {},
  settings?: Partial<CallbackSettings>
): Promise<CallbackResult> {
  const headers = { 'content-type': 'application/json' }
  return client(settings).post({ url, headers, body: '{}', timeoutMs: LONG_MS, ...more })
}

export const at = (port: number, path = '/') => `http://127.0.0.1:${port}${path}`
