import { askAgainWhile, query } from '../ctk/checks.ts'
import { ADMINISTRATION } from './administration.ts'
import { BILL_TASKS } from './bills.ts'
import { PARTNER_TASKS } from './partners.ts'
import type { Task } from './task.ts'

const PATCH = 'application/merge-patch+json'
const LINES = 'application/x-ndjson'
const CLIENT = { client_id: '{{clientId}}', client_secret: '{{clientSecret}}' }

const token: Task = {
  name: 'Get a token',
  description: 'Tokens for people and programs. The other folders get theirs themselves.',
  requests: [
    {
      name: 'Get a token for a user',
      operation: 'issueToken',
      status: 200,
      body: { grant_type: 'password', ...CLIENT, username: '{{username}}', password: '{{passwordHash}}' },
      save: { refreshToken: '.refresh_token' }
    },
    {
      name: 'Refresh it',
      operation: 'issueToken',
      status: 200,
      body: { grant_type: 'refresh_token', ...CLIENT, refresh_token: '{{refreshToken}}' },
      save: { secondToken: '.access_token' }
    },
    {
      name: 'Get a token for a program, to read bills only',
      operation: 'issueToken',
      status: 200,
      body: { grant_type: 'client_credentials', ...CLIENT, scope: 'bill:read' }
    },
    {
      name: 'Introspect a token',
      operation: 'introspectToken',
      status: 200,
      body: { ...CLIENT, token: '{{secondToken}}' }
    },
    { name: 'Revoke a token', operation: 'revokeToken', status: 200, body: { ...CLIENT, token: '{{secondToken}}' } },
    { name: 'Read the metadata', operation: 'retrieveAuthorizationServer', status: 200 },
    { name: 'Read the signing keys', operation: 'listSigningKeys', status: 200 }
  ]
}

const rate = (name: string, type: string, value: number) => ({
  billingAccount: { id: '{{accountId}}' },
  ...{ name, type, date: '2026-05-10T00:00:00Z', taxExcludedAmount: { unit: 'EUR', value } }
})

const accounts: Task = {
  name: 'Accounts and rates',
  description: 'A new customer with an account and rates.',
  requests: [
    { name: 'Create a customer', operation: 'createCustomer', status: 201, save: { customerId: '.id' } },
    {
      name: 'Create a cycle specification',
      operation: 'createBillCycleSpecification',
      status: 201,
      save: { specificationId: '.id' }
    },
    {
      name: 'Create a cycle',
      operation: 'createBillCycle',
      status: 201,
      body: {
        name: 'May 2026',
        billingDate: '2026-06-01T00:00:00Z',
        validFor: { startDateTime: '2026-05-01T00:00:00Z', endDateTime: '2026-06-01T00:00:00Z' },
        BillCycleSpecification: { id: '{{specificationId}}' }
      },
      save: { cycleId: '.id' }
    },
    {
      name: 'Create an account',
      operation: 'createBillingAccount',
      status: 201,
      body: {
        ...{ id: 'A-{{$timestamp}}', name: 'Ada at home', customerId: '{{customerId}}', invoiceCurrency: 'EUR' },
        billCycleSpecification: { id: '{{specificationId}}' },
        taxProfile: { rates: [{ taxCategory: 'VAT', taxRate: 0.19 }] }
      },
      save: { accountId: '.id' }
    },
    {
      name: 'Rename it',
      operation: 'patchBillingAccount',
      status: 200,
      path: ['{{accountId}}'],
      type: PATCH,
      body: { name: 'Ada at sea' }
    },
    { name: 'Read it', operation: 'retrieveBillingAccount', status: 200, path: ['{{accountId}}'] },
    {
      name: 'Import rates, one per line',
      operation: 'createAppliedCustomerBillingRate',
      status: 200,
      type: LINES,
      body: [rate('Basic charge', 'recurringCharge', 20), rate('Calls', 'usageCharge', 1.2345)]
    },
    {
      name: 'List its rates',
      operation: 'listAppliedCustomerBillingRate',
      status: 200,
      query: query({ 'billingAccount.id': '{{accountId}}' })
    },
    {
      name: 'Preview its bill',
      operation: 'previewBill',
      status: 200,
      body: { billingAccount: { id: '{{accountId}}' } }
    }
  ]
}

const runs: Task = {
  name: 'Bill run',
  description: 'Bills the accounts of the cycle above and sends the bills.',
  requests: [
    {
      name: 'Start a run',
      operation: 'createBillRun',
      status: 202,
      body: { billCycle: { id: '{{cycleId}}' } },
      save: { runId: '.id' }
    },
    {
      name: 'Follow it to its end',
      operation: 'retrieveBillRun',
      status: 200,
      path: ['{{runId}}'],
      after: askAgainWhile("['queued', 'running'].includes(body.state)", [])
    },
    {
      name: 'Read its bills as CSV',
      operation: 'listBillRunBills',
      status: 200,
      path: ['{{runId}}'],
      headers: { Accept: 'text/csv' }
    },
    {
      name: 'Send them',
      operation: 'releaseBillRunBills',
      status: 200,
      path: ['{{runId}}'],
      body: { state: 'sent' }
    },
    {
      name: 'Read the bills that it holds',
      operation: 'listBillRunReview',
      status: 200,
      path: ['{{runId}}']
    },
    {
      name: 'Release those of a reason',
      operation: 'releaseBillRunReview',
      status: 200,
      path: ['{{runId}}'],
      body: { reason: 'firstBill' }
    },
    {
      name: 'Discard bills that were never issued',
      operation: 'discardBillRunBills',
      status: 200,
      path: ['{{runId}}'],
      body: {}
    },
    {
      name: 'List the runs of the cycle',
      operation: 'listBillRun',
      status: 200,
      query: query({ 'billCycle.id': '{{cycleId}}' })
    },
    {
      name: 'Find the bill of the account',
      operation: 'listCustomerBill',
      status: 200,
      query: query({ 'billingAccount.id': '{{accountId}}' }),
      save: { billId: '[0].id', documentId: '[0].billDocument[0].id' }
    }
  ]
}

const health: Task = {
  name: 'Health',
  description: 'Probes.',
  requests: [
    { name: 'Live', operation: 'retrieveLiveness', status: 200 },
    { name: 'Ready', operation: 'retrieveReadiness', status: 200 }
  ]
}

/** Everyday tasks. Each uses variables of the ones before it. */
export const TASKS: readonly Task[] = [
  ...[token, accounts, runs],
  ...BILL_TASKS,
  ...PARTNER_TASKS,
  ...[ADMINISTRATION, health]
]
