import type { Database } from '../../src/db/database.ts'
import { writeEvent } from '../../src/events/envelope.ts'
import { EVENT_TYPES } from '../../src/events/event-types.ts'
import { eventsAfter, horizon } from '../../src/events/outbox.ts'
import { TENANT } from '../support/database.ts'
import { BASE } from '../support/server.ts'

export const HOST = 'bills.example'
export const ADDRESSES = { api: `http://${HOST}${BASE}`, billing: `http://${HOST}/billing/v1` }

export interface Told {
  readonly path: string
  readonly id: string
  readonly type: string
  readonly version: number
  readonly correlationId: string | undefined
  /** The envelope as its reader gets it. */
  readonly text: string
}

/** Reads all events of the tenant `demo`, in their order. */
export async function allTold(database: Database): Promise<readonly Told[]> {
  const rows = await eventsAfter(database, { tenantId: TENANT }, 0, await horizon(database), 10_000)
  return rows.map((row) => ({
    path: String(EVENT_TYPES.get(row.eventType)?.subject.path),
    id: row.resourceId,
    type: row.eventType,
    version: row.resourceVersion,
    correlationId: row.correlationId,
    text: writeEvent(row, ADDRESSES)
  }))
}

const BILLING = '/billing/v1'
const OF_CORRECTIONS = ['creditNote', 'writeOff', 'refund', 'adjustment', 'cancelAndRebill', 'correctionApproval']
const OF_DUNNING = ['dunningStep', 'paymentPromise']
const OF_BILLING = [
  'billRun',
  'payment',
  'unmatchedPayment',
  'periodClose',
  'dispute',
  ...OF_CORRECTIONS,
  ...OF_DUNNING
]

/** Returns where the API has a resource. */
export function addressOf({ path, id }: Told): string {
  if (path === 'upload') return `${BILLING}/billUpload/${id}`
  return OF_BILLING.includes(path) ? `${BILLING}/${path}/${id}` : `${path}/${id}`
}

/** Figures of a run and the credit of a payment go on with the bills, which have events of their own. */
export const goesOn = ({ path }: Told) => ['billRun', 'payment', 'upload', 'paymentPromise'].includes(path)
