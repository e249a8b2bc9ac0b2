import type { FastifyRequest } from 'fastify'
import { percentEncoded } from '../base/percent-encoding.ts'

/** Where a client sees the API: what every `href`, `Location` and `Link` begins with. */
export type Address = (request: FastifyRequest, base: string) => { readonly url: string; readonly json: string }

/** Hosts as RFC 3986 writes them; anything else in a Host header is not repeated to anybody. */
const HOST = /^(?:[\w.-]{1,255}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i

/**
 * The address of the API below `base`. With a public URL it is that; else what the client asked for (behind trusted
 * proxies the `X-Forwarded-*` headers, which Fastify has read by then).
 */
export function addressFrom(publicUrl: string | undefined): Address {
  return (request, base) => {
    const url = (publicUrl ?? origin(request)) + base
    return { url, json: JSON.stringify(url).slice(1, -1) }
  }
}

function origin(request: FastifyRequest): string {
  const local = `${request.socket.localAddress}:${request.socket.localPort}`
  const protocol = request.protocol === 'https' ? 'https' : 'http'
  const asked = `${protocol}://${request.host}`
  return HOST.test(request.host ?? '') && URL.canParse(asked) ? asked : `${protocol}://${local}`
}

/** The query string as it came, undecoded, but that bytes beyond ASCII are escaped. */
export function rawQuery(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1).replace(/[\x80-\xff]/g, percentEncoded)
}
