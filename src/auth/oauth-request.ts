import OAuth2Server from '@node-oauth/oauth2-server'
import type { FastifyRequest } from 'fastify'
import { Problem } from '../base/problem.ts'
import { type Parameters, parseForms } from './form.ts'
import type { Issuing } from './sign-in.ts'

/** What the OAuth endpoints need from the rest of the house. */
export interface OauthContext extends Omit<Issuing, 'issuer' | 'address'> {
  /** Who issues, as a client sees the server: the origin of its address. */
  readonly issuerOf: (request: FastifyRequest) => string
  /** Who must have issued a token that is revoked or introspected; anybody without it. */
  readonly issuer: string | undefined
  /** Whether credentials may come in the query string. */
  readonly takesQueryCredentials: boolean
}

export const FORM = 'application/x-www-form-urlencoded'

/** A request as the library reads it: whether its parameters came in the body or in the query is settled before. */
export function libraryRequest(request: FastifyRequest, parameters: Parameters): OAuth2Server.Request {
  const { authorization } = request.headers
  return new OAuth2Server.Request({
    method: request.method,
    query: {},
    body: Object.fromEntries(parameters),
    headers: { 'content-type': FORM, 'content-length': '1', ...(authorization && { authorization }) }
  })
}

/** The same endpoints, one request's view of them. */
export function issuingFor({ database, clock, ring, issuerOf }: OauthContext, request: FastifyRequest): Issuing {
  return { database, clock, ring, issuer: issuerOf(request), address: request.ip }
}

/** The parameters of a POST: of its form and, unless that is switched off, of its query string. */
export function parametersOf({ takesQueryCredentials }: OauthContext, request: FastifyRequest): Parameters {
  const url = request.raw.url ?? ''
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  if (query !== '' && !takesQueryCredentials) {
    throw new Problem('invalidQuery', 'The parameters must be in the body; in the query string they end up in logs')
  }
  const parameters = parseForms(String(request.body ?? ''), query)
  if (request.headers.authorization !== undefined && parameters.has('client_secret')) {
    throw new Problem('invalidField', 'The client must authenticate in one way: by Authorization or by client_secret')
  }
  const [clientId] = basicCredentials(request.headers.authorization) ?? []
  if (clientId !== undefined && clientId !== (parameters.get('client_id') ?? clientId)) {
    throw new Problem('invalidField', 'Authorization and client_id name different clients')
  }
  return parameters
}

/** The name and the secret of a client that authenticates by HTTP Basic. */
export function basicCredentials(authorization: string | undefined): readonly [string, string] | undefined {
  const [, encoded] = /^Basic +([\w+/=-]+)$/i.exec(authorization ?? '') ?? []
  const text = encoded && Buffer.from(encoded, 'base64').toString()
  const colon = text ? text.indexOf(':') : -1
  return text && colon >= 0 && !text.includes('\0') ? [text.slice(0, colon), text.slice(colon + 1)] : undefined
}
