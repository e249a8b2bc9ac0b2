import oauth2, { type FastifyOAuth2Options, type OAuth2Namespace } from '@fastify/oauth2'
import Fastify from 'fastify'
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import type { Problem } from '../../messages/problem.ts'
import { SSO } from '../../messages/sso.ts'
import { requireNoTransaction } from '../../pace/slow.ts'
import type { SsoSettings } from './settings.ts'

export interface SsoProvider {
  readonly authorizationEndpoint: string
  readonly client: OAuth2Namespace
  readonly keys: JWTVerifyGetKey
}

const TIMEOUT_MS = 5_000
const ANSWER_MAX_BYTES = 262_144
const METADATA_KEPT_MS = 3_600_000
const RETRY_AFTER_S = '10'
const NAME = 'provider'

/** The used part of OpenID Connect Discovery 1.0, section 3. */
const METADATA = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url({ protocol: /^https?$/ }),
  token_endpoint: z.url({ protocol: /^https?$/ }),
  jwks_uri: z.url({ protocol: /^https?$/ }),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(['client_secret_basic'])
})

type Metadata = z.output<typeof METADATA>

export type Flow = Omit<FastifyOAuth2Options, 'name' | 'credentials' | 'discovery' | 'startRedirectPath'>

/**
 * Returns a function that returns the provider. It fetches the metadata on first use, so that the server starts without
 * the provider, and again every hour. It throws `unavailable` while the provider fails.
 */
export function ssoProvider(settings: SsoSettings, clock: Clock, flow: Flow): () => Promise<SsoProvider> {
  let known: { readonly provider: SsoProvider; readonly untilMs: number } | undefined
  let running: Promise<SsoProvider> | undefined
  return async () => {
    if (known && Date.parse(clock()) < known.untilMs) return known.provider
    running ??= connect(settings, flow)
      .then((provider) => {
        known = { provider, untilMs: Date.parse(clock()) + METADATA_KEPT_MS }
        return provider
      })
      .finally(() => {
        running = undefined
      })
    return running
  }
}

/** `cause` goes to the log and must hold no credential. */
export function providerFailure(cause: unknown): Problem {
  return SSO.providerFails().with({ 'Retry-After': RETRY_AFTER_S }).because(cause)
}

async function connect(settings: SsoSettings, flow: Flow): Promise<SsoProvider> {
  const metadata = await discover(settings.issuer).catch((error) => Promise.reject(providerFailure(error)))
  return {
    authorizationEndpoint: metadata.authorization_endpoint,
    client: await clientOf(settings, metadata, flow),
    keys: createRemoteJWKSet(new URL(metadata.jwks_uri), { timeoutDuration: TIMEOUT_MS })
  }
}

async function discover(issuer: string): Promise<Metadata> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  requireNoTransaction('The identity provider')
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
  const metadata = METADATA.parse(await answer.json())
  if (metadata.issuer !== issuer) throw new Error(`${url} is of another issuer`)
  // This process calls the configured provider only.
  for (const name of ['token_endpoint', 'jwks_uri'] as const) {
    if (new URL(metadata[name]).origin !== new URL(issuer).origin) throw new Error(`its ${name} has another origin`)
  }
  return metadata
}

/**
 * The plugin needs the endpoints at registration, and a started app takes no plugins: it gets an app of its own that
 * serves nothing.
 */
async function clientOf(settings: SsoSettings, metadata: Metadata, flow: Flow): Promise<OAuth2Namespace> {
  const { authorization_endpoint, token_endpoint, token_endpoint_auth_methods_supported: methods } = metadata
  const [authorize, token] = [new URL(authorization_endpoint), new URL(token_endpoint)]
  const app = Fastify()
  await app.register(oauth2, {
    ...flow,
    name: NAME,
    credentials: {
      client: { id: settings.clientId, secret: settings.clientSecret },
      auth: {
        authorizeHost: authorize.origin,
        authorizePath: authorize.pathname,
        tokenHost: token.origin,
        tokenPath: token.pathname + token.search
      },
      http: { timeout: TIMEOUT_MS, maxBytes: ANSWER_MAX_BYTES },
      options: { authorizationMethod: methods.includes('client_secret_basic') ? 'header' : 'body' }
    }
  })
  await app.ready()
  return app.getDecorator<OAuth2Namespace>(NAME)
}
