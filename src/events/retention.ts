import type { Database } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'

/** Rows removed by one statement, of all tenants. */
const STEP = 1_000
/** Statements of one kind in a call. */
const STEPS_MAX = 5

/**
 * Removes events, attempts and dead letters older than `days`, in small steps, the oldest first. Keeps events that a
 * listener has not passed or that wait; listeners that have ended keep nothing. Goes by Postgres' clock.
 */
export async function purgeEvents(database: Database, days: number): Promise<void> {
  const before = sql`now() - ${days}::int * interval '1 day'`
  for (const statement of [attempts(before), deadLetters(before), abandoned(before), events(before)]) {
    for (let step = 0; step < STEPS_MAX; step++) {
      const { rowCount } = await database.run(statement)
      if (rowCount < STEP) break
    }
  }
}

function attempts(before: Sql): Sql {
  return sql`DELETE FROM "event_attempt" WHERE ("tenant_id", "listener_id", "id") IN (
    SELECT "tenant_id", "listener_id", "id" FROM "event_attempt" WHERE "attempted_at" < ${before}
    ORDER BY "attempted_at" LIMIT ${STEP} FOR UPDATE SKIP LOCKED)`
}

function deadLetters(before: Sql): Sql {
  return sql`DELETE FROM "event_delivery" WHERE ("tenant_id", "listener_id", "event_id") IN (
    SELECT "tenant_id", "listener_id", "event_id" FROM "event_delivery" WHERE "dead_at" < ${before}
    ORDER BY "dead_at" LIMIT ${STEP} FOR UPDATE SKIP LOCKED)`
}

/** Old events that still wait for a listener which has ended. */
function abandoned(before: Sql): Sql {
  return sql`DELETE FROM "event_delivery" WHERE ("tenant_id", "listener_id", "event_id") IN (
    SELECT d."tenant_id", d."listener_id", d."event_id" FROM "event_listener" l
    JOIN "event_delivery" d ON d."tenant_id" = l."tenant_id" AND d."listener_id" = l."id" AND d."state" = 'waiting'
    JOIN "event" e ON e."tenant_id" = d."tenant_id" AND e."id" = d."event_id"
    WHERE l."state" = 'ended' AND e."event_time" < ${before} LIMIT ${STEP} FOR UPDATE OF d SKIP LOCKED)`
}

/** Reads few events of a tenant, by their positions; a tenant without old events costs one look into an index. */
function events(before: Sql): Sql {
  return sql`DELETE FROM "event" WHERE ("tenant_id", "id") IN (
    SELECT t."id", o."id" FROM "tenant" t CROSS JOIN LATERAL (
      SELECT e."id", e."event_time" FROM "event" e
      WHERE e."tenant_id" = t."id" AND e."position" <= coalesce(${PASSED}, e."position")
        AND NOT EXISTS (SELECT FROM "event_delivery" d WHERE d."tenant_id" = e."tenant_id" AND d."event_id" = e."id")
      ORDER BY e."position" LIMIT ${STEP} FOR UPDATE SKIP LOCKED) o
    WHERE o."event_time" < ${before}
      AND EXISTS (SELECT FROM "event" e WHERE e."tenant_id" = t."id" AND e."event_time" < ${before})
    LIMIT ${STEP})`
}

/** The position that all listeners of a tenant, and what is delivered again, have passed; NULL without any. */
const PASSED = sql`(SELECT min(least(p."position", r."position")) FROM "event_listener" l
  JOIN "event_progress" p ON p."tenant_id" = l."tenant_id" AND p."listener_id" = l."id"
  LEFT JOIN "event_replay" r ON r."tenant_id" = l."tenant_id" AND r."listener_id" = l."id"
  WHERE l."tenant_id" = t."id" AND l."state" <> 'ended')`
