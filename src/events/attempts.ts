import type { Instant } from '../base/instant.ts'
import type { Transaction } from '../db/database.ts'
import { prepared } from '../db/sql.ts'
import type { CallbackResult } from './callback-client.ts'
import type { ListenerKey } from './lease.ts'

/** One try to deliver an event. */
export interface Attempt extends CallbackResult {
  readonly id: string
  readonly eventId: string
  readonly eventType: string
  readonly attemptedAt: Instant
}

/** Postgres takes no NUL in a text. */
const NUL = /\0/g

export async function recordAttempts(
  tx: Transaction,
  { tenantId, listenerId }: ListenerKey,
  attempts: readonly Attempt[]
): Promise<void> {
  if (attempts.length === 0) return
  await tx.run(prepared`INSERT INTO "event_attempt" ("tenant_id", "listener_id", "id", "event_id", "event_type",
        "attempted_at", "duration_ms", "status", "fault", "answer")
      SELECT ${tenantId}, ${listenerId}, x.* FROM unnest(${attempts.map(({ id }) => id)}::text[],
        ${attempts.map(({ eventId }) => eventId)}::text[], ${attempts.map(({ eventType }) => eventType)}::text[],
        ${attempts.map(({ attemptedAt }) => attemptedAt)}::timestamptz[],
        ${attempts.map(({ durationMs }) => durationMs)}::int[],
        ${attempts.map(({ status }) => status ?? null)}::int[], ${attempts.map(({ fault }) => fault ?? null)}::text[],
        ${attempts.map(({ answer }) => answer.replace(NUL, '\uFFFD'))}::text[]) x`)
}
