import { text } from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import { ADMINISTRATION, identifying, lastUpdate } from './attributes.ts'

/** A header carries it: visible ASCII characters without spaces. */
const ACCOUNT_NUMBER = /^[\x21-\x7e]{1,64}$/
const ACCOUNT_NUMBER_MAX_LENGTH = 64

export const partner = defineResource({
  ...ADMINISTRATION,
  type: 'Partner',
  path: 'partner',
  table: 'partner',
  description: 'A channel partner of the provider',
  attributes: {
    accountNumber: identifying(
      'account_number',
      ACCOUNT_NUMBER,
      ACCOUNT_NUMBER_MAX_LENGTH,
      'Account number, as in the header proxy_accountNumber'
    ),
    name: text('name', 'Name of the partner'),
    lastUpdate
  },
  examples: {
    create: { accountNumber: 'PARTNER-EXAMPLE', name: 'Example Telecom' },
    patch: { name: 'Example Networks' }
  },
  patchable: ['name'],
  unique: { partner_tenant_id_account_number_key: 'accountNumber' }
})
