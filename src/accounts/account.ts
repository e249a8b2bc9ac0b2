import { LANGUAGES } from '../base/language.ts'
import {
  type Attribute,
  instant,
  integer,
  json,
  money,
  oneOf,
  ownReference,
  reference,
  text
} from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/resource.ts'
import { list, text as textShape } from '../tmf/declaration/shape.ts'
import { checkAccount } from './checks.ts'
import { consult } from './consultation.ts'
import { internalId } from './customer.ts'
import {
  address,
  alias,
  billingInformation,
  clientId,
  customerRef,
  email,
  resourceRef,
  setting,
  taxProfile
} from './types.ts'

export const STATUSES = ['ACTIVE', 'DRAFT', 'ARCHIVED'] as const
export const BILLING_TYPES = ['postpaid', 'prepaid'] as const

const NAME_LENGTH = { minLength: 3, maxLength: 255 }
const NET_TERM_DAYS_MAX = 365
const ALIASES_MAX = 10
const SETTINGS_MAX = 10

/** A partner's accounts may follow the provider's cycles. */
const SPECIFICATION = { path: 'billCycleSpecification', isShared: true }

/** What is filled in at creation; the currency and the language are the tenant's. */
const DEFAULTS = { status: 'ACTIVE', billingType: 'postpaid', netTermDays: 14, aliases: [] }

/** What is billed. */
export const account = defineResource({
  type: 'BillingAccount',
  path: 'accounts',
  noun: 'billing account',
  table: 'billing_account',
  owner: 'partner',
  clientId: { shape: clientId, isRequired: true },
  names: { table: 'account_alias', name: 'alias', id: 'account_id' },
  scopes: { read: ['account:read'], write: ['account:write'] },
  description: 'The account of a customer to which rates are charged and bills are made out',
  examples: {
    create: { id: 'ADA-1', name: 'Ada at home', customerId: 'C-100017', aliases: ['ada'] },
    patch: { primaryEmail: 'ada@example.com' }
  },
  operations: { list: 'extension', retrieve: 'extension', create: 'extension', patch: 'extension' },
  attributes: {
    internalId: internalId('account'),
    name: { ...text('name', 'Name of the account', 'required'), shape: { ...textShape(), ...NAME_LENGTH } },
    customerId: {
      ...text('customer_id', 'The customer whose account it is', 'required', 'indexed'),
      shape: clientId
    },
    customer: ownReference('customer', customerRef, { path: 'customers' }, 'That customer', 'readOnly'),
    aliases: json('aliases', list(alias, ALIASES_MAX), 'Further names of the account'),
    status: oneOf('status', STATUSES, 'Whether the account is billed; ACTIVE when left out'),
    billingType: oneOf('billing_type', BILLING_TYPES, 'When it is paid; postpaid when left out'),
    invoiceCurrency: {
      ...text('invoice_currency', "Currency of its bills; the tenant's when left out"),
      shape: { kind: 'text', maxLength: 3, pattern: /^[A-Z]{3}$/ }
    },
    netTermDays: {
      ...integer('net_term_days', 'Days from the date of a bill until it is due; 14 when left out'),
      shape: { kind: 'integer', minimum: 0, maximum: NET_TERM_DAYS_MAX }
    },
    billCycleSpecification: byIdAlone(
      ownReference('bill_cycle_specification', resourceRef, SPECIFICATION, 'By which cycles it is billed', 'indexed')
    ),
    creditLimit: {
      ...money('credit_limit', 'How far the account may be overdrawn, in its own currency'),
      storage: { kind: 'money', unit: 'credit_limit_unit', value: 'credit_limit' }
    },
    taxProfile: json('tax_profile', taxProfile, 'Taxes of what comes without its own'),
    partner: byIdAlone(reference('partner', resourceRef, 'The channel partner whose account it is', 'indexed')),
    language: oneOf('language', LANGUAGES, "Language of its documents; the tenant's when left out"),
    primaryEmail: { ...text('primary_email', 'Where the holder is written to'), shape: email },
    address: json('address', address, 'Where bills are sent'),
    billingInformation: json('billing_information', billingInformation, 'Who gets the bills'),
    settings: json('settings', list(setting, SETTINGS_MAX), "The client's own settings"),
    lastUpdate: instant('last_update', 'When the account was last changed', 'readOnly')
  },
  patchable: { allBut: ['customerId', 'partner'] },
  states: {
    attribute: 'status',
    initial: 'ACTIVE',
    transitions: { DRAFT: ['ACTIVE', 'ARCHIVED'], ACTIVE: ['ARCHIVED'], ARCHIVED: ['ACTIVE'] }
  },
  complete: (document, { newId }) => ({ ...DEFAULTS, ...document, internalId: newId() }),
  consult,
  check: checkAccount,
  unique: { billing_account_pkey: 'id', account_alias_pkey: 'id or one of these aliases' }
})

/** A reference of which nothing but the id is kept. */
function byIdAlone<A extends Attribute>(attribute: A): A {
  const { storage } = attribute
  if (storage.kind !== 'reference') return attribute
  const { rest: _, ...own } = storage
  return { ...attribute, storage: own }
}
