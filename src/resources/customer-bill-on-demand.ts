import { BILLS } from '../messages/bill.ts'
import { instant, oneOf, openReference, ownReference, reference, text } from '../tmf/declaration/attribute.ts'
import { declareResource } from '../tmf/declaration/define.ts'
import { EXTENSIONS } from '../tmf/declaration/resource.ts'
import { billingAccountRef, billRef, relatedPartyRef } from './types.ts'

const STATES = ['inProgress', 'rejected', 'done', 'terminatedWithError'] as const

export const customerBillOnDemand = declareResource(['afterWrite'], {
  type: 'CustomerBillOnDemand',
  path: 'customerBillOnDemand',
  table: 'customer_bill_on_demand',
  owner: 'partner',
  scopes: { read: ['bill:read'], write: ['bill:write'] },
  description: 'A request for a bill outside the cycle',
  examples: { create: { billingAccount: { id: 'BA-100017' } }, patch: { name: 'Final bill' } },
  operations: { ...EXTENSIONS, list: 'standard', retrieve: 'standard', create: 'standard' },
  attributes: {
    name: text('name', 'Name of the request for people'),
    description: text('description', 'Description of the request'),
    lastUpdate: instant('last_update', 'When the request was last changed', 'readOnly'),
    billingAccount: openReference('billing_account', billingAccountRef, 'The account to bill', 'indexed'),
    customerBill: ownReference(
      'customer_bill',
      billRef,
      { path: 'customerBill' },
      'The resulting bill',
      'indexed',
      'readOnly'
    ),
    relatedParty: reference('related_party', relatedPartyRef, 'The party whose account to bill', 'indexed'),
    state: oneOf('state', STATES, 'State of the request'),
    stateReason: text('state_reason', 'Reason of a rejection or an error', 'readOnly'),
    stateReasonCode: text('state_reason_code', 'Code of the reason', 'readOnly')
  },
  // Only the engine sets the state.
  patchable: { allBut: ['billingAccount', 'relatedParty', 'state'] },
  states: {
    initial: 'inProgress',
    transitions: {
      inProgress: ['done', 'rejected', 'terminatedWithError'],
      done: [],
      rejected: [],
      terminatedWithError: []
    }
  },
  events: {
    created: 'CustomerBillOnDemandCreateEvent',
    stateChanged: 'CustomerBillOnDemandStateChangeEvent',
    attributeValueChanged: 'CustomerBillOnDemandAttributeValueChangeEvent',
    removed: 'CustomerBillOnDemandDeleteEvent'
  },
  completePosted: (document) => ({ state: 'inProgress', ...document }),
  check: ({ billingAccount, relatedParty, state }, before) => {
    if (!billingAccount && !relatedParty) throw BILLS.partyMissing()
    if (!before && state !== 'inProgress') throw BILLS.newRequestState()
  }
})
