import { type Json, schemaRef } from '../../tmf/openapi/schemas.ts'
import { BILL_STATES, RUN_STATES } from './bill-run.ts'

const COUNT = { type: 'integer', minimum: 0 }
const TEXT = { type: 'string' }
const INSTANT = { type: 'string', format: 'date-time' }
const REFERENCE = { type: 'object', required: ['id'], properties: { id: TEXT } }

function listOf(properties: Json, description: string): Json {
  return { type: 'array', description, items: { type: 'object', required: Object.keys(properties), properties } }
}

/** The JSON schema of a run. */
export const RUN_SCHEMA: Json = {
  type: 'object',
  required: [
    ...['id', 'href', 'state', 'billCycle', 'dryRun', 'billState', 'eligible', 'billed', 'skipped', 'parkedCount'],
    ...['parked', 'amount']
  ],
  properties: {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { type: 'string', format: 'uri', description: 'Where the run is found' },
    state: { type: 'string', enum: [...RUN_STATES], description: 'How far it is' },
    billCycle: { ...REFERENCE, description: 'The cycle that it bills' },
    dryRun: { type: 'boolean', description: 'Whether its bills are made for reading only' },
    billState: { type: 'string', enum: [...BILL_STATES], description: 'The state of its bills' },
    eligible: { ...COUNT, description: 'Accounts that it is to bill' },
    billed: { ...COUNT, description: 'Accounts that it has billed' },
    skipped: listOf({ reason: TEXT, count: COUNT }, 'Accounts that have no bill, by reason'),
    parkedCount: { ...COUNT, description: 'Accounts that wait for a retry' },
    parked: listOf({ billingAccount: REFERENCE, reason: TEXT }, 'The first of those'),
    unknownAccountRates: listOf(
      { billingAccount: REFERENCE, count: COUNT },
      'Rates that name an account of another system, so that no run bills them; there once the run has ended'
    ),
    amount: { type: 'array', description: 'The sums of its bills, by currency', items: schemaRef('Money') },
    billsPerSecond: { type: 'number', description: 'How quick it is' },
    estimatedEnd: { ...INSTANT, description: 'When it ends at this speed' },
    startedAt: { ...INSTANT, description: 'When it began' },
    finishedAt: { ...INSTANT, description: 'When it ended' },
    failure: { ...TEXT, description: 'Why it failed' }
  }
}
