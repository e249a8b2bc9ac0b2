import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { KEYS, TENANT } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { until } from '../support/until.ts'

/** A piece of a stream: an event, or a comment or a lone id without data. */
export interface Piece {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string | undefined
  readonly comment: string | undefined
}

export interface EventReader {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly pieces: readonly Piece[]
  /** Of the events. */
  ids(): readonly string[]
  text(): string
  hasEnded(): boolean
  /** Waits for a number of events. */
  reach(count: number): Promise<void>
  close(): void
}

/** Reads a stream of events over HTTP; by default as the tenant `demo`. */
export async function readEvents(
  app: FastifyInstance,
  query = '',
  headers: Readonly<Record<string, string>> = { token: KEYS[TENANT] }
): Promise<EventReader> {
  const { port } = app.server.address() as AddressInfo
  const path = `${BASE}/events${query}`
  const request = get({ port, host: '127.0.0.1', path, headers: { accept: 'text/event-stream', ...headers } })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
  })
  let [text, hasEnded] = ['', false]
  response
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
    })
    .on('close', () => {
      hasEnded = true
    })
    .on('error', () => undefined)
  const pieces = () => text.split('\n\n').slice(0, -1).map(pieceOf)
  const ids = () => pieces().flatMap(({ id, data }) => (data === undefined ? [] : [String(id)]))
  return {
    status: Number(response.statusCode),
    headers: response.headers,
    get pieces() {
      return pieces()
    },
    ids,
    text: () => text,
    hasEnded: () => hasEnded,
    reach: async (count) => {
      await until(`${count} events are there`, () => ids().length >= count)
    },
    close: () => request.destroy()
  }
}

function pieceOf(text: string): Piece {
  const lines = text.split('\n').map((line) => /^([^:]*): ?(.*)$/.exec(line) ?? [])
  const field = (name: string) => lines.find(([, found]) => found === name)?.[2]
  return { id: field('id'), event: field('event'), data: field('data'), comment: field('') }
}
