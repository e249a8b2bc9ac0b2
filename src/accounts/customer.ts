import { instant, json, text } from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import { text as textShape } from '../tmf/declaration/shape.ts'
import { internalId } from './attributes.ts'
import { checkAddress, checkId } from './checks.ts'
import { address, clientId, email, phoneNumber } from './types.ts'

const NAME_MAX_LENGTH = 255

export const customer = defineResource({
  type: 'Customer',
  path: 'customers',
  noun: 'customer',
  table: 'customer',
  owner: 'partner',
  clientId: { shape: clientId, isRequired: false },
  scopes: { read: ['account:read'], write: ['account:write'] },
  description: 'A person or company that owns billing accounts',
  examples: { create: { name: 'Ada Lovelace' } },
  operations: { list: 'extension', retrieve: 'extension', create: 'extension' },
  attributes: {
    internalId: internalId('customer'),
    name: { ...text('name', 'Name of the customer', 'required'), shape: textShape(NAME_MAX_LENGTH) },
    primaryEmail: { ...text('primary_email', 'Email address of the customer'), shape: email },
    phoneNumber: { ...text('phone_number', 'Phone number of the customer'), shape: phoneNumber },
    address: json('address', address, 'Address of the customer'),
    lastUpdate: instant('last_update', 'When the customer was last changed', 'readOnly')
  },
  patchable: [],
  completePosted: (document, { newId }) => ({ ...document, internalId: newId() }),
  check: (document) => {
    checkId(document)
    checkAddress(document)
  },
  unique: { customer_pkey: 'id' }
})
