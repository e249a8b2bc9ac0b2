import { metadataOf } from './well-known.ts'

const TEXT = { type: 'string' } as const
const URI = { ...TEXT, format: 'uri' } as const
const TEXTS = { type: 'array', items: TEXT } as const

const SCHEMAS: Readonly<Record<string, object>> = { string: URI, object: TEXTS, boolean: { type: 'boolean' } }

function objectSchema(description: string, properties: object, optional: object = {}) {
  const required = Object.keys(properties)
  return { type: 'object', description, required, properties: { ...properties, ...optional } }
}

export const OAUTH_SCHEMAS = {
  AccessToken: objectSchema(
    'A token (RFC 6749, section 5.1)',
    {
      access_token: { ...TEXT, description: 'A JWT (RFC 9068), sent as `Authorization: Bearer`' },
      token_type: { ...TEXT, enum: ['Bearer'] },
      expires_in: { type: 'integer', description: 'Lifetime in seconds' },
      scope: { ...TEXT, description: 'Its scopes, separated by blanks' }
    },
    { refresh_token: { ...TEXT, description: 'Gets the next token, if the client may refresh' } }
  ),
  TokenStatus: objectSchema(
    'The state of a token (RFC 7662). An inactive one has no other members',
    { active: { type: 'boolean' } },
    {
      token_type: { ...TEXT, enum: ['Bearer', 'refresh_token'] },
      scope: TEXT,
      client_id: TEXT,
      username: TEXT,
      exp: { type: 'integer', description: 'Expiry, in seconds since 1970' },
      sub: TEXT,
      aud: TEXT,
      tenant: { ...TEXT, description: 'The tenant' }
    }
  ),
  OauthError: objectSchema('An error (RFC 6749, section 5.2)', {
    error: { ...TEXT, description: 'The error code of the RFC' },
    error_code: { ...TEXT, description: 'The code of the same error in the rest of the API' },
    error_description: { ...TEXT, description: 'Describes the error' },
    error_uri: { ...URI, description: 'The section of the RFC' }
  }),
  KeySet: objectSchema('Public keys (RFC 7517)', {
    keys: {
      type: 'array',
      items: { type: 'object', required: ['kty', 'kid'], properties: { kty: TEXT, kid: TEXT } }
    }
  }),
  AuthorizationServer: objectSchema(
    'Metadata of the server (RFC 8414)',
    Object.fromEntries(Object.entries(metadataOf('')).map(([name, value]) => [name, SCHEMAS[typeof value]]))
  )
}
