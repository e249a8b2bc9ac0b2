import { Problem } from '../base/problem.ts'
import { instant, oneOf, openReference, ownReference, reference, text } from '../tmf/declaration/attribute.ts'
import { declareResource } from '../tmf/declaration/define.ts'
import { billingAccountRef, billRef, relatedPartyRef } from './types.ts'

const STATES = ['inProgress', 'rejected', 'done', 'terminatedWithError'] as const

/** A request for a bill outside the cycle (TMF678 v4, CustomerBillOnDemand). */
export const customerBillOnDemand = declareResource(['afterWrite'], {
  type: 'CustomerBillOnDemand',
  path: 'customerBillOnDemand',
  table: 'customer_bill_on_demand',
  owner: 'partner',
  scopes: { read: ['bill:read'], write: ['bill:write'] },
  description: 'A request to make a bill now',
  examples: { create: { billingAccount: { id: 'BA-100017' } }, patch: { name: 'Final bill' } },
  operations: {
    list: 'standard',
    retrieve: 'standard',
    create: 'standard',
    patch: 'extension',
    remove: 'extension'
  },
  attributes: {
    name: text('name', 'Name of the request for people'),
    description: text('description', 'What the request is about'),
    lastUpdate: instant('last_update', 'When the request was last changed', 'readOnly'),
    billingAccount: openReference('billing_account', billingAccountRef, 'The account to be billed', 'indexed'),
    customerBill: ownReference(
      'customer_bill',
      billRef,
      { path: 'customerBill' },
      'The bill that was made',
      'indexed',
      'readOnly'
    ),
    relatedParty: reference('related_party', relatedPartyRef, 'The party whose account is to be billed', 'indexed'),
    state: oneOf('state', STATES, 'Where the request stands'),
    stateReason: text('state_reason', 'Why it was rejected or ended with an error', 'readOnly')
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
  events: { created: 'CustomerBillOnDemandCreateEvent', stateChanged: 'CustomerBillOnDemandStateChangeEvent' },
  completePosted: (document) => ({ state: 'inProgress', ...document }),
  check: ({ billingAccount, relatedParty, state }, before) => {
    if (!billingAccount && !relatedParty) {
      throw new Problem('missingField', '$.billingAccount or $.relatedParty is required')
    }
    if (!before && state !== 'inProgress') {
      throw new Problem('invalidField', '$.state of a new request is inProgress, or left out')
    }
  }
})
