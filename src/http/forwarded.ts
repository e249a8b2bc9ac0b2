import type { FastifyInstance } from 'fastify'

const UNTRUSTED =
  'X-Forwarded-For comes from an address that TRUST_PROXY does not name, and is left aside: if that is the proxy, ' +
  'all of its clients share its address, for failed sign-ins and for API keys that are bound to networks'

/** Logs once that an untrusted proxy seems to stand before the server. */
export function warnOfUntrustedProxy(app: FastifyInstance): void {
  let isSaid = false
  app.addHook('onRequest', (request, _, done) => {
    if (!isSaid && request.headers['x-forwarded-for'] !== undefined && (request.ips?.length ?? 1) < 2) {
      isSaid = true
      request.log.warn({ peer: request.socket.remoteAddress }, UNTRUSTED)
    }
    done()
  })
}
