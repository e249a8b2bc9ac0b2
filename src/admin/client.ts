import { GRANT_TYPES, type GrantType, PASSWORD_ENCODINGS } from '../auth/access/clients.ts'
import { hashSecret, newSecret } from '../auth/keys/secret.ts'
import { jsonPath } from '../base/json-path.ts'
import { ADMIN } from '../messages/admin.ts'
import { boolean, json, oneOf, text } from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import type { DocumentOf } from '../tmf/declaration/resource.ts'
import { list, oneOf as oneOfShape, uri } from '../tmf/declaration/shape.ts'
import { ADMINISTRATION, identifying, isEnabled, lastUpdate, PLAIN_ID, partner, scope } from './attributes.ts'
import { refuseSecret, requireDistinct, requireKept } from './checks.ts'

const CLIENT_ID_MAX_LENGTH = 64
const REDIRECT_URIS_MAX = 100
const PUBLIC_GRANT_TYPES: readonly GrantType[] = ['authorization_code', 'refresh_token']
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '[::1]', 'localhost']

const DEFAULTS = { passwordEncoding: 'sha256', refreshesClientCredentials: false, isPublic: false, isEnabled: true }

const attributes = {
  clientId: identifying('client_id', PLAIN_ID, CLIENT_ID_MAX_LENGTH, 'Name in token requests'),
  name: text('name', 'Name of the program'),
  isPublic: boolean('is_public', 'A public client, without a secret'),
  grantTypes: json('grant_types', list(oneOfShape(GRANT_TYPES)), 'Grant types for tokens', 'required'),
  scope,
  passwordEncoding: oneOf('password_encoding', PASSWORD_ENCODINGS, 'Encoding of passwords; sha256 by default'),
  redirectUris: json('redirect_uris', list(uri), 'Addresses for authorization codes'),
  refreshesClientCredentials: boolean('refreshes_client_credentials', 'client_credentials returns a refresh token'),
  isEnabled,
  partner,
  lastUpdate
}

type ClientDocument = DocumentOf<typeof attributes>

export const client = defineResource({
  ...ADMINISTRATION,
  type: 'Client',
  path: 'client',
  table: 'oauth_client',
  description: 'A program that asks for tokens',
  attributes,
  examples: {
    create: { clientId: 'reporting', name: 'Reports', grantTypes: ['client_credentials'], scope: ['bill:read'] },
    patch: { isEnabled: false }
  },
  patchable: [
    'name',
    'grantTypes',
    'scope',
    'passwordEncoding',
    'redirectUris',
    'refreshesClientCredentials',
    'isEnabled'
  ],
  completePosted: (document) => ({ ...DEFAULTS, ...document }),
  check: (document) => {
    refuseSecret(document, 'secret')
    requireKept(document, Object.keys(DEFAULTS))
    requireDistinct(document, ['grantTypes', 'scope'])
    checkPublic(document)
    checkRedirectUris(document)
  },
  unique: { oauth_client_tenant_id_client_id_key: 'clientId' },
  secret: {
    member: 'secret',
    column: 'secret_hash',
    isFor: ({ isPublic }) => !isPublic,
    make: async () => {
      const shown = newSecret()
      return { shown, kept: hashSecret(shown) }
    }
  }
})

function checkPublic({ isPublic, grantTypes }: ClientDocument): void {
  if (!isPublic || grantTypes.every((type) => PUBLIC_GRANT_TYPES.includes(type))) return
  throw ADMIN.publicGrantTypes(PUBLIC_GRANT_TYPES)
}

function checkRedirectUris({ redirectUris = [], grantTypes }: ClientDocument): void {
  if (redirectUris.length > REDIRECT_URIS_MAX) {
    throw ADMIN.listTooLong('$.redirectUris', REDIRECT_URIS_MAX)
  }
  if (redirectUris.length === 0 && grantTypes.includes('authorization_code')) {
    throw ADMIN.redirectUrisMissing()
  }
  const faulty = redirectUris.findIndex((text) => !isRedirectUri(text))
  if (faulty < 0) return
  throw ADMIN.redirectUri(jsonPath(['redirectUris', faulty]))
}

/** RFC 6749, section 3.1.2, and RFC 8252, section 7.3. Compared as text, so that no parser may mend it. */
function isRedirectUri(text: string): boolean {
  const { protocol, hostname, username, password } = new URL(text)
  if (/[\s#]/.test(text) || username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK_HOSTS.includes(hostname))
}
