import type { Instant } from '../base/instant.ts'
import type { Written } from '../billing/corrections/list.ts'
import type { Transaction } from '../db/database.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../tmf/event.ts'
import { OWN_ROOT } from '../tmf/representation.ts'

export const STEP_EVENTS = { created: 'DunningStepCreateEvent' } as const
export const PROMISE_EVENTS = {
  created: 'PaymentPromiseCreateEvent',
  stateChanged: 'PaymentPromiseStateChangeEvent'
} as const

export const OWN_ROOTS = { billing: OWN_BILLING, api: OWN_ROOT }

export async function recordStepEvents(
  tx: Transaction,
  context: ChangeContext,
  steps: readonly Written[],
  now: Instant
): Promise<void> {
  const source = { type: STEP_EVENTS.created, path: 'dunningStep', table: 'dunning_step', owner: 'partner' } as const
  await recordDocuments(tx, context, source, documentsOf(steps), now)
}

export async function recordPromiseEvent(
  tx: Transaction,
  context: ChangeContext,
  what: keyof typeof PROMISE_EVENTS,
  promise: Written,
  now: Instant
): Promise<void> {
  const of = { path: 'paymentPromise', table: 'payment_promise', owner: 'partner' } as const
  await recordDocuments(tx, context, { type: PROMISE_EVENTS[what], ...of }, documentsOf([promise]), now)
}

function documentsOf(written: readonly Written[]) {
  return written.map(({ id, json: document }) => ({ id, document }))
}
