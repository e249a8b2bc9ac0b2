import { query } from '../ctk/checks.ts'
import { CORRECTIONS } from './corrections.ts'
import type { Task } from './task.ts'

const PATCH = 'application/merge-patch+json'

const documents: Task = {
  name: 'Documents',
  description: 'The document of a bill, and the statement of an account.',
  requests: [
    ...['application/pdf', 'text/html', 'text/csv'].map((type) => ({
      name: `Read the bill as ${type}`,
      operation: 'retrieveCustomerBillDocument',
      status: 200,
      path: ['{{billId}}', '{{documentId}}'],
      headers: { Accept: type }
    })),
    {
      name: 'Explain the bill',
      operation: 'explainCustomerBill',
      status: 200,
      path: ['{{billId}}'],
      query: query({ compareTo: 'previous' })
    },
    {
      name: 'Add up its rates by type and day',
      operation: 'summarizeCustomerBill',
      status: 200,
      path: ['{{billId}}'],
      query: query({ by: 'type,day' })
    },
    {
      name: 'Read a statement',
      operation: 'retrieveBillingAccountStatement',
      status: 200,
      path: ['{{accountId}}'],
      query: query({ from: '2026-01-01', to: '2099-12-31' })
    }
  ]
}

const payments: Task = {
  name: 'Payments',
  description: 'A payment and its reversal.',
  requests: [
    {
      name: 'Pay a part of the bill',
      operation: 'createPayment',
      status: 201,
      body: {
        billingAccount: { id: '{{accountId}}' },
        amount: { unit: 'EUR', value: 10 },
        method: 'bankTransfer',
        reference: 'P-{{$timestamp}}',
        bills: [{ id: '{{billId}}' }]
      },
      save: { paymentId: '.id' }
    },
    { name: 'Read the payment', operation: 'retrievePayment', status: 200, path: ['{{paymentId}}'] },
    {
      name: 'Read the rest of the bill',
      operation: 'retrieveCustomerBill',
      status: 200,
      path: ['{{billId}}'],
      query: query({ fields: 'billNo,state,remainingAmount,amountDue' })
    },
    {
      name: 'List payments of the account',
      operation: 'listPayment',
      status: 200,
      query: query({ 'billingAccount.id': '{{accountId}}' })
    },
    { name: 'Reverse the payment', operation: 'reversePayment', status: 200, path: ['{{paymentId}}'], body: null }
  ]
}

const disputed = { path: ['{{disputedId}}'], operation: 'patchCustomerBill', type: PATCH }
const states: Task = {
  name: 'Disputes and states',
  description: 'A bill on hold, with a reason. Its state limits the changes.',
  requests: [
    {
      name: 'Post a bill of another system',
      operation: 'createCustomerBill',
      status: 201,
      save: { disputedId: '.id' }
    },
    {
      ...disputed,
      name: 'Put it on hold',
      status: 200,
      body: { state: 'onHold', holdReason: 'The customer disputes the amount' }
    },
    {
      name: 'Count disputed bills',
      operation: 'listCustomerBill',
      status: 206,
      query: query({ state: 'onHold', 'holdReason.regex': 'disputes', limit: '0' })
    },
    { ...disputed, name: 'Settle it, which its state forbids', status: 409, body: { state: 'settled' } },
    { ...disputed, name: 'Release it from the hold', status: 200, body: { state: 'new' } },
    { name: 'Delete it', operation: 'deleteCustomerBill', status: 204, path: ['{{disputedId}}'] },
    {
      name: 'Request a bill on demand',
      operation: 'createCustomerBillOnDemand',
      status: 201,
      body: { billingAccount: { id: '{{accountId}}' } },
      save: { demandId: '.id' }
    },
    { name: 'Read the request', operation: 'retrieveCustomerBillOnDemand', status: 200, path: ['{{demandId}}'] }
  ]
}

const listed = { operation: 'listCustomerBill' }
const VAT = "$[?(@.taxItem[?(@.taxCategory=='VAT' && @.taxRate<0.1)])]"
const queries: Task = {
  name: 'Queries',
  description: 'Filters, sorting, pages and fields of TMF630.',
  requests: [
    {
      ...listed,
      name: 'List the latest sent bills',
      status: 206,
      query: query({ state: 'sent', sort: '-billDate', limit: '3', fields: 'billNo,billDate,amountDue' }),
      save: { oneId: '[0].id' }
    },
    {
      ...listed,
      name: 'List overdue bills',
      status: 200,
      query: `${query({ 'paymentDueDate.lt': '2026-11-01', sort: 'paymentDueDate' })}&state=sent,partiallyPaid`
    },
    { ...listed, name: 'Match one tax item on two properties', status: 206, query: query({ filter: VAT, limit: '1' }) },
    {
      ...listed,
      name: 'Count all bills',
      status: 206,
      query: query({ limit: '0' }),
      headers: { Prefer: 'count=exact' }
    },
    { ...listed, name: 'Ask for an unknown attribute', status: 400, query: query({ colour: 'red' }) },
    {
      ...listed,
      name: 'Act as a partner',
      status: 200,
      query: query({ fields: 'billNo' }),
      headers: { proxy_accountNumber: 'PARTNER-1' }
    },
    { name: 'Read one bill', operation: 'retrieveCustomerBill', status: 200, path: ['{{oneId}}'] },
    { name: 'List customers', operation: 'listCustomer', status: 206, query: query({ limit: '1' }) },
    { name: 'List cycles', operation: 'listBillCycle', status: 206, query: query({ limit: '1' }) }
  ]
}

/** Tasks on bills. They use the variables of a run. */
const uploads: Task = {
  name: 'Bills of other systems',
  description: 'Rows of another system, each of which makes one bill.',
  requests: [
    { name: 'Upload bills', operation: 'uploadBills', status: 200 },
    {
      name: 'Upload them again, for the result of each row',
      operation: 'uploadBills',
      status: 200,
      headers: { Prefer: 'return=representation' }
    }
  ]
}

export const BILL_TASKS: readonly Task[] = [documents, payments, CORRECTIONS, states, queries, uploads]
