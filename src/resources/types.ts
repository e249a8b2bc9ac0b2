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
  id: [text(256), 'Identifier of what is referred to', 'required'],
  href: [link, 'Where it is found']
} as const

const referredType = [text(256), 'Type of what is referred to, where it must be told apart'] as const
const named = { ...reference, name: [text(), 'Its name'], '@referredType': referredType } as const

export const billRef = object('BillRef', { ...reference, '@referredType': referredType })
export const billCycleRef = object('BillCycleRef', named)
export const billCycleSpecificationRef = object('BillCycleSpecificationRef', {
  ...named,
  description: [text(), 'What the specification is for']
})
export const billingAccountRef = object('BillingAccountRef', named)
export const paymentMethodRef = object('PaymentMethodRef', named)
export const productRef = object('ProductRef', named)

export const accountBalance = object('AccountBalance', {
  balanceType: [text(256), 'What kind of balance it is, e.g. deposit, loyalty', 'required'],
  amount: [money, 'The balance', 'required'],
  validFor: [timePeriod, 'When the balance holds', 'required']
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
    role: [text(256), 'What the party has to do with it; required where the id is that of a party'],
    '@referredType': [text(256), 'Type of the party, e.g. Individual, Organization', 'required']
  }),
  needed: { member: 'role', when: '@referredType', isOneOf: PARTIES }
}

export const attachment = object('AttachmentRefOrValue', {
  id: [text(256), 'Identifier of the document', 'required'],
  href: [link, 'Where the document is described'],
  attachmentType: [text(256), 'What kind of document it is'],
  content: [base64(1_000_000), 'The document itself, encoded as base64'],
  description: [text(), 'What the document holds'],
  mimeType: [text(256), 'Media type of the document'],
  name: [text(), 'File name of the document'],
  url: [link, 'Where the document is downloaded'],
  size: [quantity, 'Size of the document'],
  validFor: [timePeriod, 'When the document is valid'],
  '@referredType': referredType
})

export const appliedPayment = object('AppliedPayment', {
  appliedAmount: [money, 'The part of the payment that went to this bill', 'required'],
  payment: [object('PaymentRef', named), 'The payment', 'required']
})

export const taxItem = object('TaxItem', {
  taxCategory: [text(256), 'Category of the tax, e.g. VAT'],
  taxRate: [decimal, 'Rate of the tax'],
  taxAmount: [money, 'Amount of the tax', 'required']
})

export const appliedTax = object('AppliedBillingTaxRate', {
  taxCategory: [text(256), 'Category of the tax, e.g. VAT'],
  taxRate: [decimal, 'Rate of the tax'],
  taxAmount: [money, 'Amount of the tax', 'required']
})

export const characteristic = object('AppliedBillingRateCharacteristic', {
  name: [text(256), 'Name of the characteristic', 'required'],
  valueType: [text(256), 'Type of its value'],
  value: [any, 'Its value, of any JSON type', 'required']
})
