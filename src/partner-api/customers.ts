import { requirePerson } from '../auth/captcha/verify.ts'
import { makeCode } from '../auth/customers/code.ts'
import type { CustomerContext } from '../auth/customers/context.ts'
import { createLink } from '../auth/customers/link.ts'
import { hashNewPassword } from '../auth/customers/password.ts'
import { portalUrl } from '../auth/customers/realm.ts'
import { addSignIn, checkConfirmation, confirm } from '../auth/customers/registration.ts'
import { askForReset } from '../auth/customers/reset.ts'
import { spend } from '../auth/customers/throttle.ts'
import { objectOf as jsonOf } from '../http/json.ts'
import { objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { type Json, schemaRef } from '../tmf/openapi/schemas.ts'
import type { Endpoint } from '../tmf/serving/endpoint.ts'
import { requireAccount } from './balances.ts'
import { type Called, method } from './method.ts'
import { accountNumber, text } from './parameters.ts'
import { CAPTCHA, createAccount, email, REGISTRATION } from './registration.ts'

export type CustomerSettings = Pick<CustomerContext, 'secrets' | 'root' | 'limits' | 'captchaUrl'>

const SCOPES = ['account:write'] as const
export const CUSTOMER_SCHEMAS: Json = {
  PartnerCustomer: objectOf({
    customer: { ...TEXT, description: 'The id of the customer' },
    account_number: { ...TEXT, description: 'The id of its account' },
    email: { ...TEXT, description: 'The address to sign in with, in lower case' },
    currency: { ...TEXT, description: 'The currency of the account' },
    language: { ...TEXT, description: 'The language of its bills and mails' },
    confirmed: { type: 'boolean', description: 'Whether the address is confirmed' }
  }),
  PartnerConfirmation: objectOf({
    email: { ...TEXT, description: 'The address' },
    confirmed: { type: 'boolean', description: 'Whether it is confirmed' }
  }),
  PartnerLogin: objectOf({
    url: { ...TEXT, format: 'uri', description: 'The link, for one use' },
    expires_at: { ...TEXT, format: 'date-time', description: 'When it expires' }
  }),
  PartnerReset: objectOf({
    accepted: { type: 'boolean', description: 'True, whether or not anybody has the address' }
  })
}

export const LOGIN_PATH = '/customer/loginUrl'
const FLEETING = ['google_captcha', 'password', 'code']

/** The methods for customers who sign in at the portal. */
export function customerMethods(settings: CustomerSettings): readonly Endpoint[] {
  return [registering(settings), confirming(settings), linking(settings), resetting(settings)]
}

function registering(settings: CustomerSettings): Endpoint {
  return method({
    method: 'POST',
    path: '/customer',
    operationId: 'registerCustomer',
    summary: 'Register a customer',
    description: `Creates a customer with an account, and a sign-in that is not confirmed yet: a mail brings the
customer a code. The email address is unique to the partner, or to the provider's own customers.`,
    scopes: SCOPES,
    parameters: REGISTRATION,
    fleeting: FLEETING,
    example: { email: 'ada@example.com', name: 'Ada Lovelace', language: 'en' },
    data: schemaRef('PartnerCustomer'),
    prepare: async (called) => {
      const { parameters } = called
      await admit(settings, called, parameters.email)
      const { email: address, password } = parameters
      const from = called.author.address ?? ''
      const passwordHash = password === undefined ? undefined : await hashNewPassword(password, address, from)
      const confirmation = await makeCode(from)
      return async (tx) => {
        const { customerId, ...opened } = await createAccount(tx, called, parameters)
        const { language, invoiceCurrency, id } = opened
        const { name } = parameters
        const signIn = { realm: called.view, customerId, name, email: address, language, passwordHash, confirmation }
        await addSignIn(tx, { ...called, ...settings }, signIn)
        return jsonOf({
          customer: JSON.stringify(customerId),
          account_number: JSON.stringify(id),
          email: JSON.stringify(address),
          currency: JSON.stringify(invoiceCurrency),
          language: JSON.stringify(language),
          confirmed: 'false'
        })
      }
    }
  })
}

function confirming(settings: CustomerSettings): Endpoint {
  return method({
    method: 'POST',
    path: '/customer/confirmEmail',
    operationId: 'confirmCustomerEmail',
    summary: "Confirm a customer's email address",
    description: `Takes the code that a mail brought to the address. A code is used once, within a day, and five wrong
ones end it.`,
    scopes: SCOPES,
    parameters: { email, code: text('The code of the mail'), ...CAPTCHA },
    fleeting: FLEETING,
    data: schemaRef('PartnerConfirmation'),
    prepare: async (called) => {
      const { view, author, parameters } = called
      await admit(settings, called, parameters.email)
      const sent = { realm: view, email: parameters.email, code: parameters.code }
      const kept = await checkConfirmation({ ...called, ...settings }, sent, { address: author.address ?? '' })
      return async (tx) => {
        await confirm(tx, called, kept)
        return jsonOf({ email: JSON.stringify(parameters.email), confirmed: 'true' })
      }
    }
  })
}

function linking(settings: CustomerSettings): Endpoint {
  return method({
    method: 'POST',
    path: LOGIN_PATH,
    operationId: 'customerLoginUrl',
    summary: 'Get a link that signs in to an account',
    description: `Returns a link that opens the portal for this one account, once, within five minutes. Hand it to the
customer of the account only.`,
    scopes: SCOPES,
    parameters: { account_number: accountNumber, ...CAPTCHA },
    fleeting: FLEETING,
    isKeyless: true,
    failures: [409],
    example: { account_number: 'BA-100031' },
    data: schemaRef('PartnerLogin'),
    prepare: async (called) => {
      const { view, parameters } = called
      await admit(settings, called)
      // By its id: an account has many names.
      const { id, partnerId } = await requireAccount(called.database, view, parameters.account_number)
      const realm = { tenantId: view.tenantId, partnerId }
      await spend({ ...called, ...settings }, realm, { account: id })
      return async (tx) => {
        const { token, expiresAt } = await createLink(tx, called, realm, id)
        const url = await portalUrl(tx, settings.root(), 'link', realm, { token })
        return jsonOf({ url: JSON.stringify(url), expires_at: JSON.stringify(expiresAt) })
      }
    }
  })
}

function resetting(settings: CustomerSettings): Endpoint {
  return method({
    method: 'POST',
    path: '/customer/resetPassword',
    operationId: 'resetCustomerPassword',
    summary: 'Send a customer a code for a new password',
    description: `Sends a mail with a code, valid for an hour, if the address is a customer's. The answer is the same if
it is not.`,
    scopes: SCOPES,
    parameters: { email, ...CAPTCHA },
    fleeting: FLEETING,
    example: { email: 'ada@example.com' },
    data: schemaRef('PartnerReset'),
    prepare: async (called) => {
      const { view: realm, author, parameters } = called
      await admit(settings, called, parameters.email)
      return async (tx) => {
        await askForReset(tx, { ...called, ...settings }, { realm, email: parameters.email, author })
        return jsonOf({ accepted: 'true' })
      }
    }
  })
}

type Admitted = Called<typeof CAPTCHA>

/** Bounds requests, those about one address of mail as well, and asks for a person, before anything is looked up. */
async function admit(settings: CustomerSettings, called: Admitted, account?: string): Promise<void> {
  const { view, author, parameters } = called
  const context = { ...called, ...settings }
  await spend(context, view, { address: author.address ?? '', partner: '' })
  await requirePerson(context, view.tenantId, parameters.google_captcha)
  if (account !== undefined) await spend(context, view, { account })
}
