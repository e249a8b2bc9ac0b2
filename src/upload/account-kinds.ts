import { isRecord } from '../base/unknown.ts'
import { FIELDS } from '../messages/field.ts'
import type { Column } from './cells.ts'
import { currencyColumn, decimalColumn, nameColumn, textColumn } from './columns.ts'
import { type Placed, resourceKind } from './resource-kind.ts'

const text = (name: string, description: string, example: string, path: Placed['path']): Placed => ({
  column: textColumn({ name, description, example }),
  path
})
const name = (column: Parameters<typeof nameColumn>[0], path: Placed['path']): Placed => ({
  column: nameColumn({ isRequired: true, ...column }),
  path
})

const ADDRESS: readonly Placed[] = [
  text('line1', 'Street and number', 'Bahnhofstr. 1', ['address', 'line1']),
  text('line2', 'Further line of the address', 'Hinterhaus', ['address', 'line2']),
  text('postal_code', 'Postal code', '14612', ['address', 'postalCode']),
  text('city', 'City', 'Falkensee', ['address', 'city']),
  text('state', 'State or province', 'Brandenburg', ['address', 'state']),
  text('country', 'Country of ISO 3166', 'DE', ['address', 'country'])
]
const EMAIL = text('email', 'Email address', 'ada@example.com', ['primaryEmail'])

/** Customers, each under the number that the row gives. */
export const customerKind = resourceKind({
  name: 'customer',
  path: 'customerImport',
  makes: 'customers',
  columns: [
    name({ name: 'customer_number', description: 'Id of the customer', example: 'C-2099' }, ['id']),
    name({ name: 'name', description: 'Name of the customer', example: 'Radhaus Falkensee' }, ['name']),
    EMAIL,
    text('phone_number', 'Phone number', '+49332212345', ['phoneNumber']),
    ...ADDRESS
  ]
})

const DAYS_MAX = 365
const NET_TERM_DAYS: Column<number> = {
  name: 'net_term_days',
  description: 'Days from the date of a bill until it is due; 14 by default',
  example: '14',
  read: (sent) => {
    const value = Number(sent)
    return /^\d{1,3}$/.test(sent) && value <= DAYS_MAX ? { value } : { fault: FIELDS.wholeNumber(0, DAYS_MAX) }
  }
}

const SEPARATOR = '|'
const ALIASES: Column<readonly object[]> = {
  name: 'aliases',
  description: `Further names of the account, with a ${SEPARATOR} between two`,
  example: '+49 3322 1234|ada',
  read: (sent) => ({ value: sent.split(SEPARATOR).map((alias) => ({ alias: alias.trim() })) })
}

/** A decimal that the resource takes as a number. */
function numberColumn(column: Parameters<typeof decimalColumn>[0]): Column<number> {
  const { read, ...rest } = decimalColumn(column, true)
  return {
    ...rest,
    read: (sent, reading) => {
      const found = read(sent, reading)
      return 'value' in found ? { value: Number(found.value) } : found
    }
  }
}

const CREDIT_LIMIT = numberColumn({
  name: 'credit_limit',
  description: "Limit of the overdraft, in the account's currency",
  example: '50.00'
})
const TAX_CATEGORY = nameColumn({
  name: 'tax_category',
  description: 'Category of its tax; needs tax_rate',
  example: 'VAT'
})
const TAX_RATE = numberColumn({
  name: 'tax_rate',
  description: 'Rate of that tax, such as 0.19; needs tax_category',
  example: '0.19'
})

/** Billing accounts, each under the number that the row gives. */
export const accountKind = resourceKind({
  name: 'account',
  path: 'accountImport',
  makes: 'accounts',
  columns: [
    name({ name: 'account_number', description: 'Id of the account', example: 'BA-2099' }, ['id']),
    name({ name: 'name', description: 'Name of the account', example: 'Radhaus Falkensee' }, ['name']),
    name({ name: 'customer_number', description: 'Its customer, who is there', example: 'C-100017' }, ['customerId']),
    {
      column: currencyColumn({
        name: 'currency',
        description: "Currency of its bills; the tenant's by default",
        example: 'EUR'
      }),
      path: ['invoiceCurrency']
    },
    text('language', "Language of its documents; the tenant's by default", 'de', ['language']),
    text('billing_type', 'postpaid, the default, or prepaid', 'postpaid', ['billingType']),
    { column: NET_TERM_DAYS, path: ['netTermDays'] },
    { column: ALIASES, path: ['aliases'] },
    { column: CREDIT_LIMIT, path: ['creditLimit', 'value'] },
    { column: TAX_CATEGORY, path: ['taxProfile', 'rates', 0, 'taxCategory'] },
    { column: TAX_RATE, path: ['taxProfile', 'rates', 0, 'taxRate'] },
    text('bill_cycle_specification', 'Id of the specification of its cycles', '01K7YFXDQTKN9AMQQ57WD0R7B1', [
      'billCycleSpecification',
      'id'
    ]),
    EMAIL,
    ...ADDRESS
  ],
  complete: ({ creditLimit, ...body }, { currency }) =>
    isRecord(creditLimit) ? { ...body, creditLimit: { ...creditLimit, unit: body.invoiceCurrency ?? currency } } : body
})
