import { parseAddressList } from '../auth/access/address-list.ts'
import { hashSecret, newSecret } from '../auth/keys/secret.ts'
import { ADMIN } from '../messages/admin.ts'
import { instant, json, text } from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import { list, text as textShape } from '../tmf/declaration/shape.ts'
import { ADMINISTRATION, isEnabled, lastUpdate, partner, scope } from './attributes.ts'
import { refuseSecret, requireDistinct, requireKept } from './checks.ts'

/** Scanners of leaked secrets know keys by it. */
const KEY_PREFIX = 'tmf678_'
const ADDRESSES_MAX = 1_000
const ADDRESS_MAX_LENGTH = 64

export const apiKey = defineResource({
  ...ADMINISTRATION,
  type: 'ApiKey',
  path: 'apiKey',
  table: 'api_key',
  description: 'A key that opens the API without a token',
  attributes: {
    name: text('name', 'Purpose of the key', 'required'),
    scope,
    allowedAddresses: json(
      'allowed_addresses',
      list(textShape(ADDRESS_MAX_LENGTH)),
      'Allowed addresses and CIDR ranges; any by default'
    ),
    expiresAt: instant('expires_at', 'End of validity; none by default'),
    lastUsedAt: instant('last_used_at', 'Last use, to the minute', 'readOnly'),
    isEnabled,
    partner,
    lastUpdate
  },
  examples: {
    create: { name: 'Nightly export', scope: ['bill:read'], allowedAddresses: ['127.0.0.1'] },
    patch: { isEnabled: false }
  },
  patchable: ['name', 'scope', 'allowedAddresses', 'expiresAt', 'isEnabled'],
  completePosted: (document, { now }) => {
    if (document.expiresAt !== undefined && String(document.expiresAt) <= now) {
      throw ADMIN.expiryPassed()
    }
    return { isEnabled: true, ...document }
  },
  check: (document) => {
    refuseSecret(document, 'key')
    requireKept(document, ['isEnabled'])
    requireDistinct(document, ['scope'])
    if (document.allowedAddresses !== undefined) checkAddresses(document.allowedAddresses)
  },
  secret: {
    member: 'key',
    column: 'key_hash',
    make: async () => {
      const shown = KEY_PREFIX + newSecret()
      return { shown, kept: hashSecret(shown) }
    }
  }
})

function checkAddresses(addresses: readonly string[]): void {
  if (addresses.length === 0) {
    throw ADMIN.addressesAllowNobody()
  }
  if (addresses.length > ADDRESSES_MAX) {
    throw ADMIN.listTooLong('$.allowedAddresses', ADDRESSES_MAX)
  }
  const parsed = parseAddressList(addresses)
  if (!('faulty' in parsed)) return
  const named = JSON.stringify(parsed.faulty)
  throw ADMIN.notAnAddress(named)
}
