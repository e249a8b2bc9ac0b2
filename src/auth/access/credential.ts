import type { IncomingHttpHeaders } from 'node:http'
import { ACCESS } from '../../messages/access.ts'

export interface Credential {
  readonly type: 'token' | 'apiKey'
  readonly text: string
}

const KEY_MAX_LENGTH = 256
const AUTHORIZATION = /^(Bearer|ApiKey) +(\S+)$/i
const ALLOWED = '`Authorization: Bearer <token>`, `Authorization: ApiKey <key>` or `token: <key>`'

/**
 * Reads the only credential of a request: `Authorization: Bearer` (RFC 6750, section 2.1), `Authorization: ApiKey`, or
 * the header `token`. Throws `missingCredentials`, `invalidCredentials`, or `invalidHeader` for more than one.
 */
export function credentialOf({ authorization, token }: IncomingHttpHeaders): Credential {
  if (authorization !== undefined && token !== undefined) throw ACCESS.oneCredential()
  if (token !== undefined) return apiKey(String(token))
  if (authorization === undefined) throw ACCESS.missing(ALLOWED)
  const [, scheme = '', text = ''] = AUTHORIZATION.exec(authorization) ?? []
  if (scheme === '') throw ACCESS.notUnderstood(ALLOWED)
  return scheme.toLowerCase() === 'bearer' ? { type: 'token', text } : apiKey(text)
}

function apiKey(text: string): Credential {
  if (text.length <= KEY_MAX_LENGTH) return { type: 'apiKey', text }
  throw ACCESS.unknownKey()
}
