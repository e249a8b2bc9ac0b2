import OAuth2Server from '@node-oauth/oauth2-server'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PUBLIC } from '../../http/access.ts'
import { asProblem, oauthFailure } from './error.ts'
import { takeForms } from './form.ts'
import { issuingFor, libraryRequest, type OauthContext, parametersOf, shownClient } from './request.ts'
import { ACCESS_TOKEN_LIFETIME_S, REFRESH_TOKEN_LIFETIME_S, tokenModel } from './token-model.ts'
import { introspect, revoke } from './token-status.ts'

/** Both are the token endpoint; partners' systems know the second. */
export const TOKEN_PATHS = ['/oauth/token', '/oauth2/token'] as const
const BODY_LIMIT_BYTES = 16_384
const NEVER_STORED = { 'Cache-Control': 'no-store', Pragma: 'no-cache' }

/** Registers the endpoints that issue (RFC 6749), revoke (RFC 7009) and introspect tokens (RFC 7662). */
export async function registerOauth(app: FastifyInstance, context: OauthContext): Promise<void> {
  await app.register(async (oauth) => {
    takeForms(oauth, BODY_LIMIT_BYTES)
    oauth.addHook('onSend', async (_, reply) => {
      reply.headers(NEVER_STORED)
    })
    oauth.setErrorHandler((error, request, reply) => {
      const { status, headers, body } = oauthFailure(asProblem(error, BODY_LIMIT_BYTES))
      if (status >= 500) request.log.error({ err: error }, 'an OAuth request failed')
      return reply.code(status).headers(headers).send(body)
    })
    for (const path of TOKEN_PATHS) oauth.post(path, PUBLIC, (request) => issueToken(context, request))
    oauth.post('/oauth/revoke', PUBLIC, (request) => revoke(context, request))
    oauth.post('/oauth/introspect', PUBLIC, (request) => introspect(context, request))
  })
}

async function issueToken(context: OauthContext, request: FastifyRequest): Promise<object> {
  const parameters = parametersOf(context, request)
  const given = parameters.get('code') ?? parameters.get('refresh_token')
  const shown = shownClient(request, parameters)
  const model = tokenModel(issuingFor(context, request), { shown, wantedScope: parameters.get('scope'), given })
  const server = new OAuth2Server({
    model,
    accessTokenLifetime: ACCESS_TOKEN_LIFETIME_S,
    refreshTokenLifetime: REFRESH_TOKEN_LIFETIME_S,
    // Public clients have no secret; the model refuses a confidential client without one.
    requireClientAuthentication: { authorization_code: false, refresh_token: false }
  })
  const response = new OAuth2Server.Response()
  await server.token(libraryRequest(request, parameters), response)
  return { ...response.body, expires_in: ACCESS_TOKEN_LIFETIME_S }
}
