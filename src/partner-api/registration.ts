import { z } from 'zod'
import { account } from '../accounts/account.ts'
import { customer as customerResource } from '../accounts/customer.ts'
import { normalEmail } from '../auth/customers/email.ts'
import { isCurrency } from '../base/codes.ts'
import { LANGUAGES } from '../base/language.ts'
import { present } from '../base/unknown.ts'
import { catalogue } from '../billing/catalogue.ts'
import type { Transaction } from '../db/database.ts'
import { computed, oneOf, rowOf, text as textColumn } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { FIELDS } from '../messages/field.ts'
import { idOf } from '../tmf/representation.ts'
import { create, type WriteContext } from '../tmf/write.ts'
import type { Called } from './method.ts'
import { accountNumber, jsonObject, text } from './parameters.ts'

/** Accounts have no shorter names; customers do. */
const ACCOUNT_NAME_MIN_LENGTH = 3
const NAME_MAX_LENGTH = 255
/** E.164, written with the blanks and signs that people put in. */
const PHONE = /^\+(?:[\s./()-]*\d){7,15}$/

export const email = z
  .string({ error: FIELDS.email() })
  .transform((sent, context) => {
    const normal = normalEmail(sent)
    if (normal !== undefined) return normal
    context.addIssue({ code: 'custom', message: FIELDS.email(), input: sent })
    return z.NEVER
  })
  .meta({ description: 'The email address of the customer; its case does not matter' })

export const CAPTCHA = {
  google_captcha: z
    .string({ error: FIELDS.text() })
    .optional()
    .meta({ description: 'The response of the captcha, of whichever provider; required unless the tenant has none' })
}
export const REGISTRATION = {
  email,
  name: text('The name of the customer')
    .min(1, { error: FIELDS.blank() })
    .max(NAME_MAX_LENGTH, {
      error: FIELDS.tooLong(NAME_MAX_LENGTH)
    }),
  password: z
    .string({ error: FIELDS.text() })
    .optional()
    .meta({ description: 'Of 10 to 256 characters; without it the customer sets one by `resetPassword`' }),
  phone: z
    .string({ error: FIELDS.phoneNumber() })
    .regex(PHONE, { error: FIELDS.phoneNumber() })
    .transform((sent) => sent.replaceAll(/[^+\d]/g, ''))
    .optional()
    .meta({ description: 'A phone number with its country code', examples: ['+49 30 5550100'] }),
  address: jsonObject('The postal address, as customers have it').optional(),
  currency: z
    .string({ error: FIELDS.currency() })
    .refine(isCurrency, { error: FIELDS.currency() })
    .optional()
    .meta({ description: "Of the account; the tenant's by default" }),
  language: z
    .enum(LANGUAGES, { error: FIELDS.oneOf(LANGUAGES) })
    .optional()
    .meta({ description: "Of bills and mails; the tenant's by default" }),
  tax_profile: jsonObject('The taxProfile of the account').optional(),
  account_number: accountNumber.optional().meta({ description: 'Your own number of the account; made by default' }),
  ...CAPTCHA
}

type Registration = Called<typeof REGISTRATION>['parameters']

const ACCOUNT_RESOURCE = present(catalogue.get(account.path), 'the resource of accounts')
const ACCOUNT = rowOf('billing_account', {
  id: textColumn,
  invoiceCurrency: textColumn,
  language: computed(oneOf(LANGUAGES), sql`"language"`)
})

/** Creates a customer and its account, as their own requests do. */
export async function createAccount(tx: Transaction, context: WriteContext, sent: Registration) {
  const { name, email: primaryEmail, phone: phoneNumber, address, tax_profile: taxProfile } = sent
  const { currency: invoiceCurrency, language, account_number: id = context.newId() } = sent
  const customer = await create(tx, context, customerResource, given({ name, primaryEmail, phoneNumber, address }))
  const customerId = idOf(customer.row)
  const ofAccount = { name: name.length < ACCOUNT_NAME_MIN_LENGTH ? primaryEmail : name, customerId, primaryEmail }
  const sentAccount = { id, ...ofAccount, invoiceCurrency, language, taxProfile }
  const { row } = await create(tx, context, ACCOUNT_RESOURCE, given(sentAccount))
  const found = await tx.run(prepared`SELECT ${ACCOUNT.columns} FROM "billing_account"
    WHERE "tenant_id" = ${context.view.tenantId} AND "id" = ${idOf(row)}`)
  return { customerId, ...ACCOUNT.one(found) }
}

/** Leaves out what was not sent. */
function given(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined))
}
