import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SERVER } from '../messages/server.ts'

/** Smaller bodies are not counted: the limit of connections bounds them. */
const SMALL_MAX_BYTES = 16_384

const FULL = SERVER.largeBodies().with({ 'Retry-After': '1' })

/**
 * Bounds the bytes of all bodies read at once, by their declared lengths. One key has at most half of them, or one body
 * of the largest size. Call it after the hooks that refuse requests before their body is read.
 */
export function registerBodyMemory(
  app: FastifyInstance,
  { max, largest }: { readonly max: number; readonly largest: number },
  keyOf: (request: FastifyRequest) => string | undefined
): void {
  const held = new Map<string, number>()
  let total = 0
  const add = (key: string, bytes: number) => {
    total += bytes
    const left = (held.get(key) ?? 0) + bytes
    if (left > 0) held.set(key, left)
    else held.delete(key)
  }
  app.addHook('preParsing', (request, reply, _, done) => {
    const bytes = neededBy(request)
    const key = keyOf(request) ?? ''
    if (bytes > SMALL_MAX_BYTES) {
      const share = Math.max(max / 2, largest)
      if (total + bytes > Math.max(max, largest) || (held.get(key) ?? 0) + bytes > share) return done(FULL)
      add(key, bytes)
      reply.raw.once('close', () => add(key, -bytes))
    }
    done()
  })
}

/** Counts a body of unknown length as the longest allowed. */
function neededBy({ headers, routeOptions }: FastifyRequest): number {
  const { bodyLimit } = routeOptions
  if (headers['transfer-encoding'] !== undefined) return bodyLimit
  return Math.min(Number(headers['content-length'] ?? 0), bodyLimit)
}
