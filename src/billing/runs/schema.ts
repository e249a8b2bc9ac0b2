import { RUN_BILL_STATES } from '../../resources/customer-bill.ts'
import { ADDRESS, COUNT, INSTANT, listOf, objectOf, TEXT } from '../../tmf/openapi/json-schema.ts'
import { schemaRef } from '../../tmf/openapi/schemas.ts'
import { RUN_STATES } from './run.ts'

const REFERENCE = objectOf({ id: TEXT })

export const RUN_SCHEMA = schemaRef('BillRun')

export const BILL_RUN = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where the run is found' },
    state: { ...TEXT, enum: [...RUN_STATES], description: 'State of the run' },
    billCycle: { ...REFERENCE, description: 'The cycle that it bills' },
    dryRun: { type: 'boolean', description: 'Its bills are for reading only' },
    billState: { ...TEXT, enum: [...RUN_BILL_STATES], description: 'The state of its bills' },
    eligible: { ...COUNT, description: 'Accounts to bill' },
    billed: { ...COUNT, description: 'Billed accounts' },
    reviewCount: { ...COUNT, description: 'Billed accounts whose bills are in review' },
    skipped: listOf(objectOf({ reason: TEXT, count: COUNT }), 'Accounts without a bill, by reason'),
    parkedCount: { ...COUNT, description: 'Number of parked accounts, which wait for a retry' },
    parked: listOf(
      objectOf({ billingAccount: REFERENCE, reason: TEXT, reasonCode: TEXT }, ['reasonCode']),
      'The first parked accounts'
    ),
    unknownAccountRates: listOf(
      objectOf({ billingAccount: REFERENCE, count: COUNT }),
      'Rates of accounts of other systems, which no run bills; present after the end of the run'
    ),
    amount: listOf(schemaRef('Money'), 'Sums of its bills, by currency'),
    billsPerSecond: { type: 'number', description: 'Bills per second' },
    estimatedEnd: { ...INSTANT, description: 'Estimated end' },
    startedAt: { ...INSTANT, description: 'When it began' },
    finishedAt: { ...INSTANT, description: 'When it ended' },
    failure: { ...TEXT, description: 'Why it failed' }
  },
  ['unknownAccountRates', 'billsPerSecond', 'estimatedEnd', 'startedAt', 'finishedAt', 'failure']
)
