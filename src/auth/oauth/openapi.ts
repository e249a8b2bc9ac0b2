import { z } from 'zod'
import { GRANT_TYPES } from '../access/clients.ts'
import { FORM } from './form.ts'

/** The security scheme of clients that use HTTP Basic. */
export const CLIENT_SCHEME = 'client'

const text = z.string()
const TEXT = { type: 'string' } as const
const refOf = (name: string) => ({ $ref: `#/components/schemas/${name}` })

/** These endpoints have their own error body (RFC 6749, section 5.2). */
function failed(description: string, ...headers: readonly ('WWW-Authenticate' | 'Retry-After')[]) {
  return { description, schema: refOf('OauthError'), headers }
}

const FAILED = {
  400: failed('The request is malformed, or the grant, the client or the scope is refused'),
  401: failed('The client is unknown, or its secret is wrong', 'WWW-Authenticate'),
  413: failed('The form is too large'),
  415: failed('The body is no form in UTF-8'),
  429: failed('Too many failures; `Retry-After` has the waiting time', 'Retry-After'),
  500: failed('The server failed'),
  503: failed('The server or its database cannot answer now', 'Retry-After')
} as const

const CLIENT = {
  client_id: text.optional().meta({ description: 'The client, if HTTP Basic does not name it' }),
  client_secret: text
    .optional()
    .meta({ description: 'Its secret, if HTTP Basic does not have it. Public clients have none' })
}

const FORM_OF_CLIENT = {
  method: 'POST',
  tag: 'oauth',
  access: 'public',
  clients: [CLIENT_SCHEME],
  bodyTypes: [FORM]
} as const

const token = {
  ...FORM_OF_CLIENT,
  path: '/oauth/token',
  operationId: 'issueToken',
  summary: 'Get an access token',
  description: `The token endpoint (RFC 6749, section 3.2); \`/oauth2/token\` is the same. The grant type decides which
parameters are needed. They may also be in the query string, unless the server is configured otherwise.`,
  body: z.object({
    grant_type: z.enum(GRANT_TYPES).meta({ description: 'The grant type' }),
    ...CLIENT,
    scope: text.optional().meta({ description: 'Scopes, separated by blanks; all allowed ones by default' }),
    username: text.optional().meta({ description: 'With `password`: the user' }),
    password: text.optional().meta({
      description:
        'With `password`: the lower-case hex SHA-256 of the password; the password itself for the encoding `plain`'
    }),
    refresh_token: text.optional().meta({ description: 'With `refresh_token`: the token, which is used once' }),
    code: text.optional().meta({ description: 'With `authorization_code`: the code' }),
    redirect_uri: text.optional().meta({ description: 'With `authorization_code`: the redirect URI of the code' }),
    code_verifier: text
      .optional()
      .meta({ description: 'With `authorization_code`: the verifier of the challenge (RFC 7636)' })
  }),
  examples: {
    password: {
      summary: 'For a user',
      value: {
        grant_type: 'password',
        client_id: 'demo',
        client_secret: 'demo-secret',
        username: 'admin',
        password: '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea',
        scope: 'trust'
      }
    },
    clientCredentials: {
      summary: 'For a program',
      value: {
        grant_type: 'client_credentials',
        client_id: 'demo-upload',
        client_secret: 'demo-secret',
        scope: 'bill:read'
      }
    }
  },
  replies: { 200: { description: 'The token', schema: refOf('AccessToken') }, ...FAILED }
} as const

const FORM_OF_TOKEN = {
  ...FORM_OF_CLIENT,
  body: z.object({
    token: text.meta({ description: 'An access token or a refresh token' }),
    token_type_hint: text.optional().meta({ description: 'Its kind. The server does not need it' }),
    ...CLIENT
  }),
  examples: { any: { value: { token: 'unknown', client_id: 'demo', client_secret: 'demo-secret' } } }
} as const

const revocation = {
  ...FORM_OF_TOKEN,
  path: '/oauth/revoke',
  operationId: 'revokeToken',
  summary: 'Revoke a token',
  description: `Ends the grant of a token, with all tokens of the grant (RFC 7009). An unknown token is ignored.`,
  replies: { 200: { description: 'The token is not active' }, ...FAILED }
} as const

const introspection = {
  ...FORM_OF_TOKEN,
  path: '/oauth/introspect',
  operationId: 'introspectToken',
  summary: 'Check a token',
  description: 'Returns the state of a token to a confidential client of the same tenant or partner (RFC 7662).',
  replies: { 200: { description: 'The state of the token', schema: refOf('TokenStatus') }, ...FAILED }
} as const

function page(description: string, ...headers: readonly 'Retry-After'[]) {
  return { description, media: { 'text/html': TEXT }, headers }
}

const SENT_BACK = {
  description: 'Redirects to the client with `code` or `error`, and with `state` and `iss`',
  headers: ['Location']
} as const
const PAGES = {
  400: page('The request cannot be redirected: its client or redirect URI is unknown'),
  429: page('Too many failures; `Retry-After` has the waiting time', 'Retry-After'),
  500: page('The server failed'),
  503: page('The server or its database cannot answer now', 'Retry-After')
} as const

const REQUEST = {
  client_id: text.meta({ description: 'The client' }),
  redirect_uri: text.meta({ description: 'A registered redirect URI' }),
  response_type: z.enum(['code']),
  code_challenge: text.meta({ description: 'The base64url of the SHA-256 of the verifier (RFC 7636)' }),
  code_challenge_method: z.enum(['S256']),
  scope: text.optional().meta({ description: 'Scopes, separated by blanks; all allowed ones by default' }),
  state: text.optional().meta({ description: 'Returned unchanged' })
}

const AUTHORIZATION = { tag: 'oauth', path: '/oauth/authorize', access: 'public' } as const

const signInPage = {
  ...AUTHORIZATION,
  method: 'GET',
  operationId: 'showSignIn',
  summary: 'Show the page to sign in on',
  description: 'The authorization endpoint (RFC 6749, section 3.1). Applications redirect browsers here.',
  query: z.object(REQUEST),
  replies: { 200: page('The page'), 303: SENT_BACK, ...PAGES }
} as const

const signIn = {
  ...AUTHORIZATION,
  method: 'POST',
  operationId: 'signIn',
  summary: 'Sign in',
  description: 'Takes the form of that page.',
  body: z.object({ ...REQUEST, username: text, password: text.meta({ description: 'The password itself' }) }),
  bodyTypes: [FORM],
  replies: {
    303: SENT_BACK,
    403: page('The username or the password is wrong, or another site sent the form'),
    413: page('The form is too large'),
    415: page('The body is no form'),
    ...PAGES
  }
} as const

const DISCOVERY = { method: 'GET', tag: 'oauth', access: 'public' } as const

const keys = {
  ...DISCOVERY,
  path: '/.well-known/jwks.json',
  operationId: 'listSigningKeys',
  summary: 'Read the keys that sign access tokens',
  description: 'The public keys as a JWK Set (RFC 7517).',
  replies: { 200: { description: 'The keys', schema: refOf('KeySet') } }
} as const

const metadata = {
  ...DISCOVERY,
  path: '/.well-known/oauth-authorization-server',
  operationId: 'retrieveAuthorizationServer',
  summary: 'Read the metadata of the authorization server',
  description: 'Its endpoints and their capabilities (RFC 8414).',
  replies: { 200: { description: 'The metadata', schema: refOf('AuthorizationServer') } }
} as const

/** Descriptions of the OAuth endpoints for the OpenAPI document, with whole paths. */
export const OAUTH_OPERATIONS = [token, revocation, introspection, signInPage, signIn, keys, metadata] as const
