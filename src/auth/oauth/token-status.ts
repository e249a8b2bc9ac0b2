import OAuth2Server from '@node-oauth/oauth2-server'
import type { FastifyRequest } from 'fastify'
import { AUDIENCE, type VerifiedClaims, verifyAccessToken } from '../access/access-token.ts'
import { isGranted, unlessRefused } from '../access/admission.ts'
import type { OauthClient } from '../access/clients.ts'
import { findRefreshToken, ownersOf, revokeGrant } from '../access/grants.ts'
import type { Scope } from '../access/scopes.ts'
import { signInClient } from '../sign-in/sign-in.ts'
import type { Parameters } from './form.ts'
import { type OauthContext, parametersOf, shownClient } from './request.ts'

interface KnownToken {
  readonly tenantId: string
  readonly grantId: string
  readonly clientId: string | undefined
  readonly partnerId: string | undefined
  readonly scopes: readonly Scope[]
  readonly isUsed: boolean
  /** Undefined for a refresh token. */
  readonly claims: VerifiedClaims | undefined
}

const INACTIVE = { active: false }

/** Ends the grant of an access or refresh token; an unknown token changes nothing (RFC 7009). */
export async function revoke(context: OauthContext, request: FastifyRequest): Promise<string> {
  const parameters = parametersOf(context, request)
  const client = await requireClient(context, request, parameters)
  const token = await lookUp(context, required(parameters, 'token'))
  if (!token) return ''
  if (token.tenantId !== client.tenantId || token.clientId !== client.id) {
    throw new OAuth2Server.UnauthorizedClientError('The token was issued to another client')
  }
  await revokeGrant(context.database, token.tenantId, token.grantId, context.clock())
  return ''
}

/**
 * Returns the state and claims of a token (RFC 7662) to a confidential client of the same tenant, or partner. Others
 * get `active: false`, as for an unknown token.
 */
export async function introspect(context: OauthContext, request: FastifyRequest): Promise<object> {
  const parameters = parametersOf(context, request)
  const client = await requireClient(context, request, parameters)
  if (!client.secretHash) throw new OAuth2Server.UnauthorizedClientError('A public client may not introspect tokens')
  const token = await lookUp(context, required(parameters, 'token'))
  const isOwn = token?.tenantId === client.tenantId && isOfPartner(client, token)
  if (!token || !isOwn) return INACTIVE
  const { claims } = token
  if (token.isUsed || !(await isGranted(context.database, token))) return INACTIVE
  if (!claims) return { active: true, token_type: 'refresh_token' }
  return {
    active: true,
    scope: claims.scopes.join(' '),
    client_id: claims.clientId,
    ...(claims.actorType === 'user' && { username: claims.subject }),
    token_type: 'Bearer',
    exp: claims.expiresAt,
    sub: claims.subject,
    aud: AUDIENCE,
    tenant: claims.tenantId
  }
}

function isOfPartner({ partnerId }: OauthClient, token: KnownToken): boolean {
  return partnerId === undefined || partnerId === token.partnerId
}

async function lookUp({ database, clock, ring, issuer }: OauthContext, text: string): Promise<KnownToken | undefined> {
  const refresh = await findRefreshToken(database, text, clock())
  if (refresh) return { ...refresh.grantee, ...refresh, claims: undefined }
  const claims = await verifyAccessToken(ring, clock, text, { issuer }).catch(unlessRefused)
  const owners = claims && (await ownersOf(database, claims.tenantId, claims.grantId))
  return owners && { ...claims, ...owners, isUsed: false, claims }
}

async function requireClient(
  { database, clock }: OauthContext,
  request: FastifyRequest,
  parameters: Parameters
): Promise<OauthClient> {
  const issuing = { database, clock, address: request.ip }
  const client = await signInClient(issuing, shownClient(request, parameters), parameters.get('token'))
  if (client) return client
  throw new OAuth2Server.InvalidClientError('The client is unknown, or its secret is wrong')
}

function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value !== undefined) return value
  throw new OAuth2Server.InvalidRequestError(`Missing parameter: ${name}`)
}
