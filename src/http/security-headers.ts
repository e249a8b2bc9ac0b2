import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'

const HSTS_MAX_AGE_S = 31_536_000

/** Computes the headers once: Helmet would spend a third of the server's time on them. */
export async function registerSecurityHeaders(
  app: FastifyInstance,
  { PUBLIC_URL }: { readonly PUBLIC_URL?: string | undefined }
): Promise<void> {
  const headers = await helmetHeaders(PUBLIC_URL?.startsWith('https:') ?? false)
  app.addHook('onRequest', (_, reply, done) => {
    reply.headers(headers)
    done()
  })
}

async function helmetHeaders(isHttps: boolean): Promise<Readonly<Record<string, string>>> {
  const probe = Fastify()
  await probe.register(helmet, {
    ...HELMET,
    // Subdomains may belong to others.
    strictTransportSecurity: isHttps && { maxAge: HSTS_MAX_AGE_S, includeSubDomains: false }
  })
  probe.get('/', async (_, reply) => reply.raw.getHeaders())
  const headers = (await probe.inject('/')).json<Record<string, string>>()
  await probe.close()
  return headers
}

/** Headers that matter to JSON; the documentation has a content security policy of its own. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }
  },
  frameguard: { action: 'deny' },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  dnsPrefetchControl: false,
  ieNoOpen: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false
} satisfies FastifyHelmetOptions
