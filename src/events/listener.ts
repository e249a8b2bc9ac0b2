import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import type { Instant } from '../base/instant.ts'
import { type SecretKeys, unseal } from '../base/secret-keys.ts'
import type { Queryable } from '../db/database.ts'
import { boolean, computed, count, instant, integer, oneOf, optional, rowOf, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import type { ListenerKey } from './lease.ts'
import { readSubscription, type Subscription } from './subscription.ts'

export const LISTENER_STATES = ['active', 'paused', 'suspended', 'ended'] as const

/** Whom to post to, and how. */
export interface Listener extends ListenerKey {
  readonly version: number
  readonly partnerId: string | undefined
  readonly callback: string
  /** The name of the event is appended to the callback. */
  readonly isSuffixed: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly subscription: Subscription
  readonly signer: Webhook
  /** Signs beside the other one until the given instant. */
  readonly earlierSigner: { readonly signer: Webhook; readonly until: Instant } | undefined
}

const LISTENER = rowOf('event_listener', {
  version: integer,
  partnerId: optional(text),
  callback: text,
  query: optional(text),
  isSuffixed: boolean,
  headers: optional(text),
  secret: text,
  previousSecret: optional(text),
  previousSecretUntil: optional(instant)
})

export async function readListener(
  queryable: Queryable,
  { tenantId, listenerId }: ListenerKey,
  keys: SecretKeys
): Promise<Listener> {
  const found = await queryable.run(sql`SELECT ${LISTENER.columns} FROM "event_listener"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${listenerId}`)
  const { query, headers, secret, previousSecret, previousSecretUntil, ...row } = LISTENER.one(found)
  const open = (column: string, sealed: string) =>
    unseal(keys, { table: 'event_listener', column, tenantId, id: listenerId }, sealed)
  return {
    ...row,
    tenantId,
    listenerId,
    headers: headers === undefined ? {} : HEADERS.parse(JSON.parse(open('headers', headers))),
    subscription: readSubscription(query),
    signer: new Webhook(open('secret', secret)),
    earlierSigner:
      previousSecret && previousSecretUntil
        ? {
            signer: new Webhook(open('previous_secret', previousSecret)),
            until: previousSecretUntil
          }
        : undefined
  }
}

const HEADERS = z.record(z.string(), z.string())

/** The state of a listener and its progress, read before each round. */
const SITUATION = rowOf(
  'event_progress',
  {
    position: count,
    failures: integer,
    failingSince: optional(instant),
    retryAt: optional(instant),
    version: computed(integer, sql`l."version"`),
    state: computed(oneOf(LISTENER_STATES), sql`l."state"`),
    waiting: computed(count, sql`d."waiting"`),
    dueAt: computed(optional(instant), sql`d."due_at"`),
    replayId: computed(
      optional(text),
      sql`(SELECT min(r."id") FROM "event_replay" r
        WHERE r."tenant_id" = p."tenant_id" AND r."listener_id" = p."listener_id")`
    )
  },
  'p'
)

export type Situation = ReturnType<typeof SITUATION.read>

/** Returns undefined if the lease is lost, or the listener removed. */
export async function readSituation(
  queryable: Queryable,
  { tenantId, listenerId }: ListenerKey,
  owner: string
): Promise<Situation | undefined> {
  const { rows } = await queryable.run(prepared`SELECT ${SITUATION.columns} FROM "event_progress" p
      JOIN "event_listener" l ON l."tenant_id" = p."tenant_id" AND l."id" = p."listener_id"
      CROSS JOIN LATERAL (SELECT count(*) AS "waiting", min("retry_at") AS "due_at" FROM "event_delivery" d
        WHERE d."tenant_id" = p."tenant_id" AND d."listener_id" = p."listener_id" AND d."state" = 'waiting') d
      WHERE p."tenant_id" = ${tenantId} AND p."listener_id" = ${listenerId}
        AND p."leased_by" = ${owner} AND p."leased_until" > clock_timestamp()`)
  return rows[0] && SITUATION.read(rows[0])
}
