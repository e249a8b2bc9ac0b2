import { RUN_BILL_STATES } from '../../resources/customer-bill.ts'
import { type Json, schemaRef } from '../../tmf/openapi/schemas.ts'
import { RUN_STATES } from './bill-run.ts'

const COUNT = { type: 'integer', minimum: 0 }
const TEXT = { type: 'string' }
const INSTANT = { type: 'string', format: 'date-time' }
const REFERENCE = { type: 'object', required: ['id'], properties: { id: TEXT } }

function listOf(properties: Json, description: string): Json {
  return { type: 'array', description, items: { type: 'object', required: Object.keys(properties), properties } }
}

export const RUN_SCHEMA = schemaRef('BillRun')

export const BILL_RUN: Json = {
  type: 'object',
  required: [
    ...['id', 'href', 'state', 'billCycle', 'dryRun', 'billState', 'eligible', 'billed', 'skipped', 'parkedCount'],
    ...['parked', 'amount']
  ],
  properties: {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { type: 'string', format: 'uri', description: 'Where the run is found' },
    state: { type: 'string', enum: [...RUN_STATES], description: 'State of the run' },
    billCycle: { ...REFERENCE, description: 'The cycle that it bills' },
    dryRun: { type: 'boolean', description: 'Its bills are for reading only' },
    billState: { type: 'string', enum: [...RUN_BILL_STATES], description: 'The state of its bills' },
    eligible: { ...COUNT, description: 'Accounts to bill' },
    billed: { ...COUNT, description: 'Billed accounts' },
    skipped: listOf({ reason: TEXT, count: COUNT }, 'Accounts without a bill, by reason'),
    parkedCount: { ...COUNT, description: 'Number of parked accounts, which wait for a retry' },
    parked: listOf({ billingAccount: REFERENCE, reason: TEXT }, 'The first parked accounts'),
    unknownAccountRates: listOf(
      { billingAccount: REFERENCE, count: COUNT },
      'Rates of accounts of other systems, which no run bills; present after the end of the run'
    ),
    amount: { type: 'array', description: 'Sums of its bills, by currency', items: schemaRef('Money') },
    billsPerSecond: { type: 'number', description: 'Bills per second' },
    estimatedEnd: { ...INSTANT, description: 'Estimated end' },
    startedAt: { ...INSTANT, description: 'When it began' },
    finishedAt: { ...INSTANT, description: 'When it ended' },
    failure: { ...TEXT, description: 'Why it failed' }
  }
}
