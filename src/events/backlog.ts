import { sql } from '../db/sql.ts'

/** More events of one listener are not counted. */
const BACKLOG_MAX = 100_000

/** Counts the events that a listener `l` with the progress `p` has not passed, and finds the time of the oldest. */
export const BACKLOG = sql`(SELECT count(*) AS "events", min(e."event_time") AS "oldest" FROM (
  SELECT e."event_time" FROM "event" e WHERE e."tenant_id" = p."tenant_id" AND e."position" > p."position"
    AND (l."partner_id" IS NULL OR e."partner_id" = l."partner_id")
  ORDER BY e."position" LIMIT ${BACKLOG_MAX}) e)`
