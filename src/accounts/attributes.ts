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
import type { DocumentOf } from '../tmf/declaration/resource.ts'
import { currency, integer as integerShape, list, text as textShape } from '../tmf/declaration/shape.ts'
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

export const attributes = {
  internalId: internalId('account'),
  name: { ...text('name', 'Name of the account', 'required'), shape: { ...textShape(), ...NAME_LENGTH } },
  customerId: {
    ...text('customer_id', 'Identifier of the customer', 'required', 'indexed'),
    shape: clientId
  },
  customer: ownReference('customer', customerRef, { path: 'customers' }, 'That customer', 'readOnly'),
  aliases: json('aliases', list(alias, ALIASES_MAX), 'Further names of the account'),
  status: oneOf('status', STATUSES, 'Only ACTIVE accounts are billed; ACTIVE by default'),
  billingType: oneOf('billing_type', BILLING_TYPES, 'Time of payment; postpaid by default'),
  invoiceCurrency: {
    ...text('invoice_currency', "Currency of its bills; the tenant's by default"),
    shape: currency
  },
  netTermDays: {
    ...integer('net_term_days', 'Days from the date of a bill until it is due; 14 by default'),
    shape: { ...integerShape, minimum: 0, maximum: NET_TERM_DAYS_MAX }
  },
  billCycleSpecification: byIdAlone(
    ownReference('bill_cycle_specification', resourceRef, SPECIFICATION, 'Specification of its cycles', 'indexed')
  ),
  creditLimit: {
    ...money('credit_limit', "Limit of the overdraft, in the account's currency"),
    storage: { kind: 'money', unit: 'credit_limit_unit', value: 'credit_limit' } as const
  },
  taxProfile: json('tax_profile', taxProfile, 'Taxes of rates without their own'),
  partner: byIdAlone(reference('partner', resourceRef, 'The channel partner that owns the account', 'indexed')),
  language: oneOf('language', LANGUAGES, "Language of its documents; the tenant's by default"),
  primaryEmail: { ...text('primary_email', 'Email address of the holder'), shape: email },
  address: json('address', address, 'Recipients of bills'),
  billingInformation: json('billing_information', billingInformation, 'Email addresses for bills'),
  settings: json('settings', list(setting, SETTINGS_MAX), "The client's own settings"),
  lastUpdate: instant('last_update', 'When the account was last changed', 'readOnly')
}

export type AccountDocument = DocumentOf<typeof attributes>

function byIdAlone<A extends Attribute>(attribute: A): A {
  const { storage } = attribute
  if (storage.kind !== 'reference') return attribute
  const { rest: _, ...own } = storage
  return { ...attribute, storage: own }
}

/** The server's own id beside the client's. */
export function internalId(noun: string): Attribute<string, false> {
  return text('internal_id', `The identifier that the server gave the ${noun}`, 'readOnly')
}
