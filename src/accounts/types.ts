import { any, boolean, decimal, link, list, pattern, plainObject, text, timePeriod } from '../tmf/declaration/shape.ts'

/**
 * Visible characters without spaces: ids stand in URLs, where `.` and `..` would mean something else. An id from a
 * partner begins with the partner's id, see own-names.ts.
 */
const ID = /^(?:[0-9A-HJKMNP-TV-Z]{26}:)?(?!\.{1,2}$)[^\s\p{C}]{1,50}$/u
const ID_MAX_LENGTH = 77
const ALIAS = /^(?!\s)[^\p{C}]{3,50}(?<!\s)$/u
const ALIAS_MAX_LENGTH = 50
const EMAIL = /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u
const EMAIL_MAX_LENGTH = 254
const PHONE_NUMBER_MAX_LENGTH = 50
const LINE_MAX_LENGTH = 255
const POSTAL_CODE_MAX_LENGTH = 20
const SETTING_MAX_LENGTH = 255
const RECIPIENTS_MAX = 20
const EXEMPT_REASON_MAX_LENGTH = 255
const TAX_RATES_MAX = 100
const TAX_CATEGORY_MAX_LENGTH = 256

export const clientId = pattern(ID, ID_MAX_LENGTH)
export const email = pattern(EMAIL, EMAIL_MAX_LENGTH)
export const phoneNumber = text(PHONE_NUMBER_MAX_LENGTH)

export const address = plainObject('PostalAddress', {
  phoneNumber: [phoneNumber, 'Phone number at the address'],
  line1: [text(LINE_MAX_LENGTH), 'Street and number'],
  line2: [text(LINE_MAX_LENGTH), 'Further line of the address'],
  postalCode: [text(POSTAL_CODE_MAX_LENGTH), 'Postal code'],
  city: [text(LINE_MAX_LENGTH), 'City'],
  state: [text(LINE_MAX_LENGTH), 'State or province'],
  country: [pattern(/^[A-Z]{2,3}$/, 3), 'Country of ISO 3166-1, two letters or three']
})

/** A bare text is an alias, too. */
export const alias = {
  ...plainObject('AccountAlias', {
    alias: [
      pattern(ALIAS, ALIAS_MAX_LENGTH),
      'Another name of the account, unique to its owner; it is taken wherever the id is',
      'required'
    ]
  }),
  shorthand: 'alias'
}

export const setting = plainObject('AccountSetting', {
  id: [text(SETTING_MAX_LENGTH), 'Identifier of the setting'],
  namespace: [text(SETTING_MAX_LENGTH), 'Program of the setting'],
  name: [text(SETTING_MAX_LENGTH), 'Name of the setting'],
  dataType: [text(SETTING_MAX_LENGTH), 'Type of the value'],
  value: [any, 'The value, of any JSON type']
})

export const billingInformation = plainObject('BillingInformation', {
  emailRecipients: [list(email, RECIPIENTS_MAX), 'Recipients of bills'],
  additionalEmailRecipients: [list(email, RECIPIENTS_MAX), 'Recipients of a copy']
})

export const taxProfile = plainObject('TaxProfile', {
  exempt: [boolean, 'Exempt from tax'],
  exemptReason: [text(EXEMPT_REASON_MAX_LENGTH), 'Reason of the exemption on bills, such as the provision of the law'],
  rates: [
    list(
      plainObject('TaxProfileRate', {
        taxCategory: [text(TAX_CATEGORY_MAX_LENGTH), 'Category of the tax, e.g. VAT', 'required'],
        taxRate: [{ ...decimal, minimum: 0, maximum: 1 }, 'Rate as a fraction: 0.19 is 19 percent', 'required'],
        validFor: [timePeriod, 'Validity of the rate; unlimited by default']
      }),
      TAX_RATES_MAX
    ),
    'Tax rates; no two of one category at the same time'
  ]
})

export const resourceRef = plainObject('ResourceRef', {
  id: [text(256), 'Identifier of the referenced resource', 'required'],
  href: [link, 'Its address']
})

export const customerRef = plainObject('CustomerRef', {
  id: [clientId, 'Identifier of the customer', 'required'],
  href: [link, 'Address of the customer'],
  internalId: [text(256), "The server's identifier of the customer"],
  name: [text(), 'Name of the customer']
})
