import { query } from '../ctk/checks.ts'
import type { Task } from './task.ts'

const PATCH = 'application/merge-patch+json'
const OF_ACCOUNT = { billingAccount: { id: '{{accountId}}' }, reason: 'goodwill' }
const OF_BILL = { bill: { id: '{{newBillId}}' }, reason: 'wrongAmount' }
const EUR = (value: number) => ({ unit: 'EUR', value })
const settings = { operation: 'patchTenant', status: 200, path: ['{{tenantId}}'], type: PATCH }

/** Tasks of the clerk whose customer is right. */
export const CORRECTIONS: Task = {
  name: 'Corrections',
  description: 'What puts bills and balances right, and what waits for a second user.',
  requests: [
    {
      name: 'Cancel the bill, and bill its lines anew',
      operation: 'createCancelAndRebill',
      status: 201,
      body: { bill: { id: '{{billId}}' }, reason: 'wrongAmount', when: 'now' },
      save: { newBillId: '.newBill[0].id' }
    },
    {
      name: 'Give five euros of the new bill back',
      operation: 'createCreditNote',
      status: 201,
      body: { ...OF_BILL, amount: EUR(5) },
      save: { creditNoteId: '.id' }
    },
    { name: 'Read the credit note', operation: 'retrieveCreditNote', status: 200, path: ['{{creditNoteId}}'] },
    {
      name: 'Dispute ten euros of it',
      operation: 'createDispute',
      status: 201,
      body: { ...OF_BILL, amount: EUR(10), description: 'I was not abroad in May' },
      save: { disputeId: '.id' }
    },
    { name: 'Take the dispute up', operation: 'startDispute', status: 200, path: ['{{disputeId}}'], body: null },
    {
      name: 'Resolve it by a credit note of five euros',
      operation: 'resolveDispute',
      status: 200,
      path: ['{{disputeId}}'],
      body: { amount: EUR(5), reason: 'goodwill', answer: 'We meet you halfway.' }
    },
    {
      name: 'List the disputes of the account',
      operation: 'listDispute',
      status: 200,
      query: query({ 'billingAccount.id': '{{accountId}}', state: 'resolved' })
    },
    {
      name: 'Write the rest of the bill off',
      operation: 'createWriteOff',
      status: 201,
      body: { ...OF_BILL, reason: 'other', description: 'The customer is insolvent' }
    },
    {
      name: 'Give the customer five euros at once',
      operation: 'createAdjustment',
      status: 201,
      body: { ...OF_ACCOUNT, amount: EUR(-5), description: 'For the outage' },
      save: { adjustmentId: '.id' }
    },
    { name: 'Read the adjustment', operation: 'retrieveAdjustment', status: 200, path: ['{{adjustmentId}}'] },
    {
      name: 'Charge two euros on the next bill',
      operation: 'createAdjustment',
      status: 201,
      body: { ...OF_ACCOUNT, amount: EUR(2), onNextBill: true }
    },
    {
      name: 'Pay a euro of the credit out',
      operation: 'createRefund',
      status: 201,
      body: { ...OF_ACCOUNT, amount: EUR(1), method: 'bankTransfer' }
    },
    {
      name: 'List the adjustments of the account since a day',
      operation: 'listAdjustment',
      status: 200,
      query: query({ 'billingAccount.id': '{{accountId}}', 'createdAt.gte': '2026-01-01' })
    },
    { name: 'Find the tenant', operation: 'listTenant', status: 200, save: { tenantId: '[0].id' } },
    {
      ...settings,
      name: 'Let corrections above a hundred euros wait',
      body: { correctionApprovalLimits: { EUR: 100 } }
    },
    {
      name: 'Ask for one above the limit',
      operation: 'createAdjustment',
      status: 202,
      body: { ...OF_ACCOUNT, amount: EUR(-150) },
      save: { approvalId: '.id' }
    },
    {
      name: 'List what waits',
      operation: 'listCorrectionApproval',
      status: 200,
      query: query({ state: 'pendingApproval' })
    },
    {
      name: 'Approve your own, which is refused',
      operation: 'approveCorrection',
      status: 403,
      path: ['{{approvalId}}'],
      body: null
    },
    {
      name: 'Reject it',
      operation: 'rejectCorrection',
      status: 200,
      path: ['{{approvalId}}'],
      body: { comment: 'Too much' }
    },
    { ...settings, name: 'Remove the limits', body: { correctionApprovalLimits: null } }
  ]
}
