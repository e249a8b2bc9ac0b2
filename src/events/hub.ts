import { createHash } from 'node:crypto'
import type { AddressList } from '../auth/access/address-list.ts'
import type { Instant } from '../base/instant.ts'
import { type Place, type SecretKeys, seal, unseal } from '../base/secret-keys.ts'
import type { Transaction } from '../db/database.ts'
import { count, scalar, boolean as truth } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { SUBSCRIPTIONS } from '../messages/subscription.ts'
import { boolean, instant, json, oneOf, text, uri } from '../tmf/declaration/attribute.ts'
import { declareResource, type Served, served } from '../tmf/declaration/define.ts'
import type { Concealed, Document, DocumentOf, RowKey, Stored, Written } from '../tmf/declaration/resource.ts'
import { requireCallback } from './callback-address.ts'
import { callbackHeaders, checkHeaders, headersToSend } from './callback-headers.ts'
import { LISTENER_STATES } from './listener.ts'
import { horizon } from './outbox.ts'
import { readSubscription } from './subscription.ts'
import { CHOSEN_SECRET, makeWebhookSecret } from './webhook-secret.ts'

const LISTENERS_MAX = 1_000
const LISTENERS_OF_PARTNER_MAX = 100
const TABLE = 'event_listener'
const POSTED_STATES = ['active', 'paused'] as const

export interface HubSettings {
  readonly secrets: () => SecretKeys
  /** Networks of callbacks beside the public ones. */
  readonly networks: AddressList
  /** How long events are kept for certain. */
  readonly retentionDays: number
}

const attributes = {
  callback: uri('callback', 'Where the events are posted, an http or https address', 'required'),
  query: text('query', 'Which events, and which of their members; without it all events, whole'),
  hasListenerSuffix: boolean('is_suffixed', 'Appends /listener/ and the name of the event to the callback'),
  headers: json('header_names', callbackHeaders, 'Headers sent with every event; of each only the name is shown'),
  from: instant('starts_from', 'The instant from which earlier events are delivered first'),
  state: oneOf('state', [...LISTENER_STATES], 'Whether events are delivered; those of before wait'),
  paused: boolean('is_paused', 'Whether its owner has paused it, as the state says, too'),
  stateReason: text('state_reason', 'Why it is suspended or ended', 'readOnly'),
  previousSecretUntil: instant('previous_secret_until', 'Until when the secret of before signs too', 'readOnly'),
  lastUpdate: instant('last_update', 'When it was last changed', 'readOnly')
}

type Listener = DocumentOf<typeof attributes>

const SECRET = { member: 'secret', column: 'secret', chosen: CHOSEN_SECRET, make: makeWebhookSecret }

const declared = declareResource(['checkPosted', 'completeFromDatabase', 'conceal'], {
  type: 'EventSubscription',
  path: 'hub',
  table: TABLE,
  noun: 'listener',
  owner: 'partner',
  scopes: { read: ['event:read'], write: ['event:write'] },
  description: 'A subscription to events',
  operations: {
    list: 'extension',
    retrieve: 'extension',
    create: 'standard',
    patch: 'extension',
    remove: 'standard'
  },
  operationIds: { create: 'registerListener', remove: 'unregisterListener' },
  attributes,
  examples: {
    create: { callback: 'https://listener.example.com/events', query: 'eventType=CustomerBillCreateEvent' },
    patch: { paused: true }
  },
  patchable: ['query', 'headers', 'state', 'paused'],
  states: {
    initial: 'active',
    transitions: {
      active: ['paused'],
      paused: ['active'],
      suspended: ['active', 'paused'],
      ended: ['active', 'paused']
    }
  },
  unique: { event_listener_once: 'callback and query' },
  internal: { columns: ['headers', 'subscription_hash'], derive: hashOf },
  secret: SECRET,
  completePosted: (document, { now }) => {
    if (document.from !== undefined && document.from > now) throw SUBSCRIPTIONS.future()
    const state = document.paused ? 'paused' : 'active'
    return withPause({ state, hasListenerSuffix: false, ...document })
  },
  completeChanged: (sent, before) => {
    const after = withPause({ ...sent, state: stateAfter(sent, before) })
    return after.state === before.state ? after : without(after, 'stateReason')
  },
  check: ({ state, query, headers = [] }, before) => {
    if (query !== before?.document.query) readSubscription(query)
    if (!before && !POSTED_STATES.some((one) => one === state)) throw SUBSCRIPTIONS.postedState(POSTED_STATES)
    checkHeaders(headers, before?.document.headers ?? [])
  },
  afterWrite: {
    when: ({ state }, before) => state !== before?.document.state,
    run: (tx, { view }, after, before) =>
      before ? forgetFailures(tx, view.tenantId, after.id) : start(tx, view.tenantId, after)
  }
})

/** Returns the resource of listeners, whom events are sent to (TMF630 part 1, section 10). */
export function hubResource({ secrets, networks, retentionDays }: HubSettings): Served {
  const secret = { ...SECRET, seal: (row: RowKey, kept: string) => seal(secrets(), placeOf(row, SECRET.column), kept) }
  return served(
    { ...declared, secret },
    {
      checkPosted: ({ callback }) => requireCallback(callback, networks),
      completeFromDatabase: async (tx, { tenantId, partnerId }, document, before) => {
        if (before) return document
        await requireRoom(tx, tenantId, partnerId)
        if (document.from !== undefined) await requireKept(tx, tenantId, document.from, retentionDays)
        return document
      },
      conceal: (document, row, before) => concealed(secrets(), document, row, before?.internal.headers)
    }
  )
}

/** `state` and `paused` say the same; what was changed counts. */
function stateAfter(sent: Listener, before: Listener): Listener['state'] {
  if (sent.state !== before.state || sent.paused === before.paused) return sent.state
  return sent.paused ? 'paused' : 'active'
}

function withPause<D extends Pick<Listener, 'state'>>(document: D): D & { readonly paused: boolean } {
  return { ...document, paused: document.state === 'paused' }
}

/** Takes the values out of the headers. Those of before are `sealed`; a header without a value keeps that. */
function concealed(
  keys: SecretKeys,
  { headers = [], ...document }: Listener,
  row: RowKey,
  sealed?: string | null
): Concealed {
  if (headers.length === 0) return { document, columns: { headers: null } }
  const place = placeOf(row, 'headers')
  const sent = headersToSend(headers, sealed ? JSON.parse(unseal(keys, place, sealed)) : {})
  return {
    document: { ...document, headers: headers.map(({ name }) => ({ name })) },
    columns: { headers: seal(keys, place, JSON.stringify(sent)) }
  }
}

/** Where a column of a listener is, for its sealed value. */
export function placeOf({ tenantId, id }: RowKey, column: string): Place {
  return { table: TABLE, column, tenantId, id }
}

/** Leaves that of before alone unless the query changes: what is stored may be of a type that is no more. */
function hashOf({ callback, query }: Listener, before?: Stored<Listener>): Readonly<Record<string, string | null>> {
  const { subscription_hash: hash = null } = before?.internal ?? {}
  if (hash !== null && query === before?.document.query) return { subscription_hash: hash }
  const meant = JSON.stringify([callback, readSubscription(query).normalForm])
  return { subscription_hash: createHash('sha256').update(meant).digest('hex') }
}

/** Counts under a lock, so that two requests at a time cannot both be the last. */
async function requireRoom(tx: Transaction, tenantId: string, partnerId: string | undefined): Promise<void> {
  await tx.run(sql`SELECT FROM "tenant" WHERE "id" = ${tenantId} FOR NO KEY UPDATE`)
  const counted = await tx.run(sql`SELECT count(*) FROM "event_listener" WHERE "tenant_id" = ${tenantId}`)
  if (scalar(counted, count) >= LISTENERS_MAX) throw SUBSCRIPTIONS.tooMany(LISTENERS_MAX)
  if (partnerId === undefined) return
  const own = await tx.run(
    sql`SELECT count(*) FROM "event_listener" WHERE "tenant_id" = ${tenantId} AND "partner_id" = ${partnerId}`
  )
  if (scalar(own, count) >= LISTENERS_OF_PARTNER_MAX) throw SUBSCRIPTIONS.tooManyOfPartner(LISTENERS_OF_PARTNER_MAX)
}

/** Requires that no event since an instant can have been removed. They go in their order, when they are old enough. */
async function requireKept(tx: Transaction, tenantId: string, from: Instant, days: number): Promise<void> {
  const first = sql`SELECT "event_time" FROM "event" WHERE "tenant_id" = ${tenantId} ORDER BY "position" LIMIT 1`
  const kept = await tx.run(sql`SELECT coalesce((${first}) <= ${from}::timestamptz, false)
      OR greatest("created_at", ${from}::timestamptz) >= now() - make_interval(days => ${days}::int)
    FROM "tenant" WHERE "id" = ${tenantId}`)
  if (!scalar(kept, truth)) throw SUBSCRIPTIONS.tooOld(days)
}

/** Makes the events after this moment those that are delivered, or the earlier ones from an instant on as well. */
async function start(tx: Transaction, tenantId: string, { id, document: { from } }: Written<Listener>): Promise<void> {
  const now = await horizon(tx)
  const earlier = sql`SELECT min("position") - 1 FROM "event"
    WHERE "tenant_id" = ${tenantId} AND "event_time" >= ${from ?? null} AND "position" <= ${now}`
  await tx.run(sql`INSERT INTO "event_progress" ("tenant_id", "listener_id", "position")
    VALUES (${tenantId}, ${id}, coalesce((${earlier}), ${now}))`)
}

/** Counts failures anew for a listener that its owner resumes. */
async function forgetFailures(tx: Transaction, tenantId: string, id: string): Promise<void> {
  await tx.run(sql`UPDATE "event_progress" SET "failures" = 0, "failing_since" = NULL, "retry_at" = NULL
    WHERE "tenant_id" = ${tenantId} AND "listener_id" = ${id}`)
}

function without(document: Listener, name: string): Document {
  return Object.fromEntries(Object.entries(document).filter(([other]) => other !== name))
}
