import type { Transaction } from '../db/database.ts'
import { prepared } from '../db/sql.ts'
import { masked } from './mask.ts'

/** `system` is the service itself, in a job. */
export const ACTOR_TYPES = ['user', 'client', 'apiKey', 'sso', 'customer', 'command', 'system'] as const
export type ActorType = (typeof ACTOR_TYPES)[number]

export const ACTIONS = [
  'create',
  'createMany',
  'patch',
  'remove',
  'rotate',
  'password',
  'confirm',
  'signIn',
  'issue',
  'send',
  'release',
  'bill',
  'pay',
  'credit',
  'replace',
  'writeOff',
  'reopen',
  'dispute',
  'reverse',
  'close',
  'cancel',
  'resume',
  'approve',
  'reject',
  'retry',
  'discard',
  'deny',
  'refuse'
] as const
export type Action = (typeof ACTIONS)[number]

/** The author of a change: every writing function takes one. */
export interface Author {
  readonly tenantId: string
  readonly actor: { readonly type: ActorType; readonly id: string; readonly name: string }
  /** The account number of the partner that a provider acts for. */
  readonly onBehalfOf?: string | undefined
  readonly address?: string | undefined
  readonly requestId?: string | undefined
}

/** One change. `before` and `after` hold the parts that differ; masked when stored. */
export interface Change {
  readonly action: Action
  readonly resourceType: string
  readonly resourceId: string
  readonly before?: object | undefined
  readonly after?: object | undefined
}

export interface Recorder {
  readonly author: Author
  readonly newId: () => string
}

/** Adds a row to the audit in the transaction of the change. `now` is the instant of the change. */
export function recordChange(tx: Transaction, recorder: Recorder, change: Change, now: string): Promise<void> {
  return recordChanges(tx, recorder, [change], now)
}

export async function recordChanges(
  tx: Transaction,
  { author: { tenantId, actor, onBehalfOf, address, requestId }, newId }: Recorder,
  changes: readonly Change[],
  now: string
): Promise<void> {
  await tx.run(prepared`INSERT INTO "audit" ("tenant_id", "id", "recorded_at", "actor_type", "actor_id", "actor_name",
        "on_behalf_of", "address", "request_id", "action", "resource_type", "resource_id", "before", "after")
      SELECT ${tenantId}, c."id", ${now}, ${actor.type}, ${actor.id}, ${actor.name}, ${onBehalfOf}, ${address},
        ${requestId}, c."action", c."type", c."resource", c."before"::jsonb, c."after"::jsonb
      FROM unnest(${changes.map(() => newId())}::text[], ${changes.map(({ action }) => action)}::text[],
        ${changes.map(({ resourceType }) => resourceType)}::text[],
        ${changes.map(({ resourceId }) => resourceId)}::text[], ${changes.map(({ before }) => json(before))}::text[],
        ${changes.map(({ after }) => json(after))}::text[]) c("id", "action", "type", "resource", "before", "after")`)
}

function json(document: object | undefined): string | null {
  return document ? JSON.stringify(masked(document)) : null
}
