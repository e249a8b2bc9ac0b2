import type { FastifyRequest } from 'fastify'
import { percentEncoded } from '../base/percent-encoding.ts'

/** Returns the address of the API as the client sees it: the start of every `href`, `Location` and `Link`. */
export type Address = (request: FastifyRequest, base: string) => { readonly url: string; readonly json: string }

/** Hosts as RFC 3986 writes them; any other Host header is never repeated. */
const HOST = /^(?:[\w.-]{1,255}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i

/**
 * Returns the public URL below `base`, or the address the client asked for (behind trusted proxies, Fastify has read
 * `X-Forwarded-*`).
 */
export function addressFrom(publicUrl: string | undefined): Address {
  return (request, base) => {
    const url = (publicUrl ?? origin(request)) + base
    return { url, json: JSON.stringify(url).slice(1, -1) }
  }
}

/** Returns the path of the public URL, without a slash at its end. */
export function pathOf(publicUrl: string | undefined): string {
  return publicUrl ? new URL(publicUrl).pathname.replace(/\/+$/, '') : ''
}

/** The latest that was found sound: most ask for the same. */
let known = ''

function origin({ protocol: spoken, host, socket }: FastifyRequest): string {
  const protocol = spoken === 'https' ? 'https' : 'http'
  const asked = `${protocol}://${host}`
  if (asked === known) return asked
  if (!HOST.test(host ?? '') || !URL.canParse(asked)) return `${protocol}://${socket.localAddress}:${socket.localPort}`
  known = asked
  return asked
}

/** Returns the query string undecoded, with bytes beyond ASCII escaped. */
export function rawQuery(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1).replace(/[\x80-\xff]/g, percentEncoded)
}
