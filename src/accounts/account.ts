import { declareResource } from '../tmf/declaration/define.ts'
import { attributes } from './attributes.ts'
import { checkAccount } from './checks.ts'
import { completeAccount } from './consultation.ts'
import { clientId } from './types.ts'

/** The currency and the language come from the tenant. */
const DEFAULTS = { status: 'ACTIVE', billingType: 'postpaid', netTermDays: 14, aliases: [] }

export const account = declareResource(['afterWrite'], {
  type: 'BillingAccount',
  path: 'accounts',
  noun: 'billing account',
  table: 'billing_account',
  owner: 'partner',
  clientId: { shape: clientId, isRequired: true },
  names: { table: 'account_alias', name: 'alias', id: 'account_id' },
  scopes: { read: ['account:read'], write: ['account:write'] },
  description: 'An account of a customer, for rates and bills',
  examples: {
    create: { id: 'ADA-1', name: 'Ada at home', customerId: 'C-100017', aliases: ['ada'] },
    patch: { primaryEmail: 'ada@example.com' }
  },
  operations: { list: 'extension', retrieve: 'extension', create: 'extension', patch: 'extension' },
  attributes,
  patchable: { allBut: ['customerId', 'partner'] },
  states: {
    attribute: 'status',
    initial: 'ACTIVE',
    transitions: { DRAFT: ['ACTIVE', 'ARCHIVED'], ACTIVE: ['ARCHIVED'], ARCHIVED: ['ACTIVE'] }
  },
  completePosted: (document, { newId }) => ({ ...DEFAULTS, ...document, internalId: newId() }),
  completeFromDatabase: completeAccount,
  check: checkAccount,
  unique: { billing_account_pkey: 'id', account_alias_pkey: 'id or one of these aliases' }
})
