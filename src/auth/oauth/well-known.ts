import type { FastifyInstance } from 'fastify'
import { PUBLIC } from '../../http/access.ts'
import { GRANT_TYPES } from '../access/clients.ts'
import { SCOPES } from '../access/scopes.ts'
import type { OauthContext } from './request.ts'

/** A new key is published at least some seconds before it signs; see signing-keys.ts. */
const KEYS_CACHED = 'public, max-age=60'
const CLIENT_AUTHENTICATION = ['client_secret_basic', 'client_secret_post']

/** Registers the keys (RFC 7517) and the metadata of the server (RFC 8414). */
export function registerWellKnown(app: FastifyInstance, { ring, issuerOf }: OauthContext): void {
  app.get('/.well-known/jwks.json', PUBLIC, async (_, reply) => {
    return reply.header('Cache-Control', KEYS_CACHED).send({ keys: await ring.published() })
  })
  app.get('/.well-known/oauth-authorization-server', PUBLIC, async (request) => metadataOf(issuerOf(request)))
}

/** Returns the metadata of the server; the documentation derives its schema from them. */
export function metadataOf(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    scopes_supported: SCOPES,
    response_types_supported: ['code'],
    grant_types_supported: GRANT_TYPES,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: [...CLIENT_AUTHENTICATION, 'none'],
    revocation_endpoint_auth_methods_supported: [...CLIENT_AUTHENTICATION, 'none'],
    introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION
  }
}
