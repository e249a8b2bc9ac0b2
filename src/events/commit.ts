import { recordChange } from '../audit/record.ts'
import type { Instant } from '../base/instant.ts'
import type { Database, Transaction } from '../db/database.ts'
import { prepared, sql } from '../db/sql.ts'
import { type Attempt, recordAttempts } from './attempts.ts'
import { hastenExceptions, type Kept, keepExceptions, removeExceptions, wakeLanes } from './exceptions.ts'
import type { Replay } from './gather.ts'
import type { ListenerKey } from './lease.ts'
import type { Course, Standing } from './standing.ts'

/** The facts of a round that are stored. */
export interface RoundRecord {
  readonly position: number
  readonly attempts: readonly Attempt[]
  readonly kept: readonly Kept[]
  /** Ids of exceptions that are delivered. */
  readonly removed: readonly string[]
  readonly hasWaiting: boolean
  readonly replay: (Pick<Replay, 'id'> & { readonly position: number; readonly isDone: boolean }) | undefined
  readonly standing: Standing
  readonly before: 'active' | 'suspended'
  readonly course: Course
  /** The lease is given back. */
  readonly isReleased: boolean
  readonly now: Instant
}

interface CommitContext {
  readonly database: Pick<Database, 'transaction'>
  readonly newId: () => string
}

/** Of the audit: who suspends and resumes. */
const ACTOR = { type: 'system', id: 'events', name: 'delivery of events' } as const

/** Stores a round in one transaction. Returns false, and stores nothing, if the lease is lost. */
export function commitRound(
  { database, newId }: CommitContext,
  listener: ListenerKey,
  owner: string,
  record: RoundRecord
): Promise<boolean> {
  return database.transaction(async (tx) => {
    // A crash of Postgres may lose the latest rounds; their events are sent again.
    if (record.course.state === record.before) await tx.run(sql`SET LOCAL synchronous_commit = off`)
    if (!(await advance(tx, listener, owner, record))) return false
    await recordAttempts(tx, listener, record.attempts)
    await removeExceptions(tx, listener, record.removed)
    await keepExceptions(tx, listener, record.kept)
    if (record.replay) await advanceReplay(tx, listener, record.replay)
    if (record.course.state !== record.before) await changeState(tx, newId, listener, record)
    if (record.hasWaiting) await wakeLanes(tx, listener, record.now)
    return true
  })
}

/** The lock of the listener comes first, as for its removal. */
async function advance(
  tx: Transaction,
  { tenantId, listenerId }: ListenerKey,
  owner: string,
  { position, standing, course, isReleased }: RoundRecord
): Promise<boolean> {
  const { rowCount } = await tx.run(prepared`WITH "listener" AS (SELECT FROM "event_listener"
        WHERE "tenant_id" = ${tenantId} AND "id" = ${listenerId} FOR KEY SHARE)
      UPDATE "event_progress" SET "position" = greatest("position", ${position}), "failures" = ${standing.failures},
        "failing_since" = ${standing.failingSince}, "retry_at" = ${course.retryAt},
        "leased_by" = CASE WHEN ${isReleased} THEN NULL ELSE "leased_by" END,
        "leased_until" = CASE WHEN ${isReleased} THEN NULL ELSE "leased_until" END
      WHERE "tenant_id" = ${tenantId} AND "listener_id" = ${listenerId} AND EXISTS (SELECT FROM "listener")
        AND "leased_by" = ${owner} AND "leased_until" > clock_timestamp()`)
  return rowCount === 1
}

async function advanceReplay(
  tx: Transaction,
  { tenantId }: ListenerKey,
  { id, position, isDone }: NonNullable<RoundRecord['replay']>
): Promise<void> {
  await tx.run(
    isDone
      ? sql`DELETE FROM "event_replay" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`
      : sql`UPDATE "event_replay" SET "position" = ${position} WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`
  )
}

/** Leaves a state that somebody has changed meanwhile. */
async function changeState(
  tx: Transaction,
  newId: () => string,
  listener: ListenerKey,
  { before, course, now }: RoundRecord
): Promise<void> {
  const { tenantId, listenerId } = listener
  const { rowCount } = await tx.run(sql`UPDATE "event_listener" SET "state" = ${course.state},
      "state_reason" = ${course.reason}, "version" = "version" + 1, "last_update" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "id" = ${listenerId} AND "state" = ${before}`)
  if (rowCount === 0) return
  const change = { action: 'patch', resourceType: 'EventSubscription', resourceId: listenerId } as const
  const after = { state: course.state, ...(course.reason !== undefined && { stateReason: course.reason }) }
  const told = { ...change, before: { state: before }, after }
  await recordChange(tx, { author: { tenantId, actor: ACTOR }, newId }, told, now)
  if (course.state === 'active') await hastenExceptions(tx, listener, now)
}
