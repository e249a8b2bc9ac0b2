import { query } from '../ctk/checks.ts'
import type { Task, TaskRequest } from './task.ts'

const FORM = 'multipart/form-data'
const DAYS = { initial_date: '2026-01-01', final_date: '31-12-2099' }
/** With the partner's own key, in the header that partners' systems know. */
const AS_PARTNER = { headers: { token: '{{partnerKey}}' }, isOpen: true } as const
const account = { account_number: 'VOIP-2' }
const email = { email: 'grace-{{$timestamp}}@example.com' }

function balance(name: string, operation: string, more: Readonly<Record<string, string>>): TaskRequest {
  return { ...AS_PARTNER, name, operation, status: 200, query: query({ ...more, ...DAYS }) }
}

function send(name: string, operation: string, body: object, more: Partial<TaskRequest> = {}): TaskRequest {
  return { ...AS_PARTNER, name, operation, status: 200, type: FORM, body, ...more }
}

const balances: Task = {
  name: 'Balances, holds and funds of a partner',
  description: 'What the system of a reseller asks, and what a softswitch asks before a call.',
  requests: [
    balance('Read the balance of a customer', 'customerBalance', { account_number: 'VOIP-1' }),
    balance('Read the balance of the partner', 'partnerBalance', {}),
    {
      name: 'Read it as the provider',
      operation: 'partnerBalance',
      status: 200,
      query: query({ partner_account: 'PARTNER-1', ...DAYS })
    },
    send('Move funds to the customer', 'moveFunds', {
      ...account,
      ...{ amount: 5, description: 'Top-up', reference: 'F-{{$timestamp}}' }
    }),
    send(
      'Hold an amount before a call',
      'authorize',
      { ...account, amount: '0.50', ttl: 600 },
      { save: { hold: '.data.hold' } }
    ),
    send('Charge the call', 'capture', {
      ...{ hold: '{{hold}}', amount: '0.41' },
      rate: '{"name": "Call to +49 30 5550"}'
    }),
    send('Hold another', 'authorize', { ...account, amount: '0.50', ttl: 600 }, { save: { second: '.data.hold' } }),
    send('Release it', 'release', { hold: '{{second}}' }),
    send('Take the funds back', 'moveFunds', { ...account, amount: -4.59, description: 'Back' }),
    send('Take more than there is', 'moveFunds', { ...account, amount: -1000, description: 'Back' }, { status: 409 }),
    {
      ...balance('Look for an account that is not there', 'customerBalance', { account_number: 'nobody' }),
      status: 404
    }
  ]
}

const customers: Task = {
  name: 'Customers of a partner',
  description: 'Registers a customer, who then signs in to the portal.',
  requests: [
    send(
      'Register a customer',
      'registerCustomer',
      { ...email, name: 'Grace Hopper', currency: 'EUR', language: 'en' },
      { save: { graceEmail: '.data.email', graceAccount: '.data.account_number' } }
    ),
    send(
      'Confirm the address by a wrong code',
      'confirmCustomerEmail',
      { email: '{{graceEmail}}', code: 'K7WQ2MXA' },
      { status: 400 }
    ),
    send('Get a link that opens the account', 'customerLoginUrl', { account_number: '{{graceAccount}}' }),
    send('Send a code for a new password', 'resetCustomerPassword', { email: '{{graceEmail}}' })
  ]
}

/** Tasks of a partner's own system, with the key of the demo's reseller. */
export const PARTNER_TASKS: readonly Task[] = [balances, customers]
