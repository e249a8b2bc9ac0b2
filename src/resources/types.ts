import {
  any,
  base64,
  decimal,
  link,
  list,
  money,
  object,
  quantity,
  text,
  timePeriod
} from '../tmf/declaration/shape.ts'

/** The nested types of TMF678 v4, with the cardinalities of its conformance profile. */
const reference = {
  id: [text(256), 'Identifier of the referenced resource', 'required'],
  href: [link, 'Its address']
} as const

const referredType = [text(256), 'Type of the referenced resource, if it is ambiguous'] as const
const named = { ...reference, name: [text(), 'Its name'], '@referredType': referredType } as const

export const billRef = object('BillRef', { ...reference, '@referredType': referredType })
export const rateRef = object('AppliedCustomerBillingRateRef', { ...reference, '@referredType': referredType })
export const billCycleRef = object('BillCycleRef', named)
export const billCycleSpecificationRef = object('BillCycleSpecificationRef', {
  ...named,
  description: [text(), 'Description of the specification']
})
export const billingAccountRef = object('BillingAccountRef', named)
export const paymentMethodRef = object('PaymentMethodRef', named)
export const productRef = object('ProductRef', named)

export const accountBalance = object('AccountBalance', {
  balanceType: [text(256), 'Kind of balance, e.g. deposit, loyalty', 'required'],
  amount: [money, 'The balance', 'required'],
  validFor: [timePeriod, 'Validity of the balance', 'required']
})

export const financialAccountRef = object('FinancialAccountRef', {
  ...named,
  accountBalance: [list(accountBalance), 'Balances of the account']
})

/** Types of parties, which need a `role`; any other type is a role itself. */
const PARTIES = ['Individual', 'Organization', 'Party']

export const relatedPartyRef = {
  ...object('RelatedPartyRef', {
    ...reference,
    name: [text(), 'Name of the party'],
    role: [text(256), "Role of the party; required for a party's id"],
    '@referredType': [text(256), 'Type of the party, e.g. Individual, Organization', 'required']
  }),
  needed: { member: 'role', when: '@referredType', isOneOf: PARTIES }
}

export const attachment = object('AttachmentRefOrValue', {
  id: [text(256), 'Identifier of the document', 'required'],
  href: [link, "Address of the document's description"],
  attachmentType: [text(256), 'Kind of document'],
  content: [base64(1_000_000), 'The document itself, encoded as base64'],
  description: [text(), 'Description of the document'],
  mimeType: [text(256), 'Media type of the document'],
  name: [text(), 'File name of the document'],
  url: [link, 'Download address of the document'],
  size: [quantity, 'Size of the document'],
  validFor: [timePeriod, 'Validity of the document'],
  '@referredType': referredType
})

export const appliedPayment = object('AppliedPayment', {
  appliedAmount: [money, 'The part of the payment that went to this bill', 'required'],
  payment: [object('PaymentRef', named), 'The payment', 'required']
})

const tax = {
  taxCategory: [text(256), 'Category of the tax, e.g. VAT'],
  taxRate: [decimal, 'Rate of the tax'],
  taxAmount: [money, 'Amount of the tax', 'required']
} as const

export const taxItem = object('TaxItem', tax)
export const appliedTax = object('AppliedBillingTaxRate', tax)

export const characteristic = object('AppliedBillingRateCharacteristic', {
  name: [text(256), 'Name of the characteristic', 'required'],
  valueType: [text(256), 'Type of its value'],
  value: [any, 'Its value, of any JSON type', 'required']
})
