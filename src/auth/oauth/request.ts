import OAuth2Server from '@node-oauth/oauth2-server'
import type { FastifyRequest } from 'fastify'
import { rawQuery } from '../../http/address.ts'
import { OAUTH } from '../../messages/oauth.ts'
import type { ClientCredentials, Issuing } from '../sign-in/sign-in.ts'
import { FORM, type Parameters, parseForms } from './form.ts'

export interface OauthContext extends Omit<Issuing, 'issuer' | 'address'> {
  /** Returns the issuer: the origin of the server as the client sees it. */
  readonly issuerOf: (request: FastifyRequest) => string
  /** The required issuer of tokens to revoke or introspect; undefined allows any. */
  readonly issuer: string | undefined
  readonly takesQueryCredentials: boolean
}

export function libraryRequest(request: FastifyRequest, parameters: Parameters): OAuth2Server.Request {
  const { authorization } = request.headers
  return new OAuth2Server.Request({
    method: request.method,
    query: {},
    body: Object.fromEntries(parameters),
    headers: { 'content-type': FORM, 'content-length': '1', ...(authorization && { authorization }) }
  })
}

export function issuingFor({ database, clock, ring, issuerOf }: OauthContext, request: FastifyRequest): Issuing {
  return { database, clock, ring, issuer: issuerOf(request), address: request.ip }
}

export function parametersOf({ takesQueryCredentials }: OauthContext, request: FastifyRequest): Parameters {
  const query = rawQuery(request)
  if (query !== '' && !takesQueryCredentials) {
    throw OAUTH.queryParameters()
  }
  const parameters = parseForms(String(request.body ?? ''), query)
  if (request.headers.authorization !== undefined && parameters.has('client_secret')) {
    throw OAUTH.twoWays()
  }
  const shown = basicCredentials(request.headers.authorization)
  const named = parameters.get('client_id')
  if (shown && named !== undefined && !shown.some(({ clientId }) => clientId === named)) {
    throw OAUTH.twoClients()
  }
  return parameters
}

/** Reads the client's credentials from HTTP Basic or the form (RFC 6749, section 2.3.1). */
export function shownClient(request: FastifyRequest, parameters: Parameters): readonly ClientCredentials[] {
  const clientId = parameters.get('client_id')
  const inForm = clientId === undefined ? [] : [{ clientId, secret: parameters.get('client_secret') }]
  return basicCredentials(request.headers.authorization) ?? inForm
}

/**
 * Returns the readings of HTTP Basic: form-encoded, as in RFC 6749, and as they stand, as many clients send them. One
 * reading if both agree; undefined if there is no pair.
 */
export function basicCredentials(authorization: string | undefined): readonly ClientCredentials[] | undefined {
  const [, encoded] = /^Basic +([\w+/=-]+)$/i.exec(authorization ?? '') ?? []
  const text = encoded && Buffer.from(encoded, 'base64').toString()
  const colon = text ? text.indexOf(':') : -1
  if (!text || colon < 0 || text.includes('\0')) return undefined
  const raw = { clientId: text.slice(0, colon), secret: text.slice(colon + 1) }
  const [clientId, secret] = [formDecoded(raw.clientId), formDecoded(raw.secret)]
  const isOther = clientId !== raw.clientId || secret !== raw.secret
  if (clientId === undefined || secret === undefined || !isOther) return [raw]
  return [{ clientId, secret }, raw]
}

/** Undefined for a text that is not form-encoded. */
function formDecoded(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    return decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined
  }
}
