import type { Queryable } from '../db/database.ts'
import { computed, computedRow, count, decimal, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { BACKLOG } from './backlog.ts'

/** Figures of all tenants, from the database: every process returns the same. */
export interface DeliveryFigures {
  /** Listeners by their states. */
  readonly listeners: Readonly<Record<string, number>>
  /** Events that listeners have not passed yet, each counted up to 100,000. */
  readonly backlog: number
  /** Age of the oldest event that a listener has not passed, or that waits; 0 for none. */
  readonly oldestSeconds: number
  readonly waiting: number
  readonly deadLetters: number
  /** Attempts of the last minute, by status, or by the fault if no answer came. */
  readonly attempts: Readonly<Record<string, number>>
}

const FIGURES = computedRow({ backlog: count, oldestSeconds: decimal, waiting: count, deadLetters: count })
const COUNTED = computedRow({ name: text, number: computed(count, sql`count(*)`) })

/** Counts what there is to deliver, and the attempts of the last minute. Listeners that have ended do not count. */
export async function deliveryFigures(queryable: Queryable): Promise<DeliveryFigures> {
  const { oldestSeconds, ...figures } = FIGURES.one(
    await queryable.run(sql`WITH "behind" AS (
        SELECT b."events", b."oldest" FROM "event_listener" l
        JOIN "event_progress" p ON p."tenant_id" = l."tenant_id" AND p."listener_id" = l."id"
        CROSS JOIN LATERAL ${BACKLOG} b WHERE l."state" <> 'ended'),
      "kept" AS (
        SELECT count(*) FILTER (WHERE d."state" = 'waiting') AS "waiting",
          count(*) FILTER (WHERE d."state" = 'dead') AS "dead",
          min(e."event_time") FILTER (WHERE d."state" = 'waiting') AS "oldest"
        FROM "event_delivery" d JOIN "event" e ON e."tenant_id" = d."tenant_id" AND e."id" = d."event_id")
      SELECT ${FIGURES.columns} FROM (SELECT coalesce(sum(b."events"), 0)::bigint AS "backlog",
          greatest(coalesce(extract(epoch FROM now() - least(min(b."oldest"), min(k."oldest"))), 0), 0)
            AS "oldest_seconds",
          min(k."waiting") AS "waiting", min(k."dead") AS "dead_letters"
        FROM "kept" k LEFT JOIN "behind" b ON TRUE) f`)
  )
  return {
    ...figures,
    oldestSeconds: Number(oldestSeconds),
    listeners: await counted(queryable, sql`SELECT "state" AS "name" FROM "event_listener"`),
    attempts: await counted(
      queryable,
      sql`SELECT coalesce("status"::text, "fault") AS "name" FROM "event_attempt"
        WHERE "attempted_at" > now() - interval '1 minute'`
    )
  }
}

async function counted(queryable: Queryable, names: Sql): Promise<Readonly<Record<string, number>>> {
  const { rows } = await queryable.run(sql`SELECT ${COUNTED.columns} FROM (${names}) n GROUP BY "name"`)
  const found = rows.map(COUNTED.read)
  return Object.fromEntries(found.map(({ name, number }) => [name, number]))
}
