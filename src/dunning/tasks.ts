import { DUNNING_PLAN } from '../admin/dunning-plan.ts'
import type { Clock } from '../base/clock.ts'
import { DAY_MS } from '../base/time-zone.ts'
import type { FurtherJobs } from '../billing/jobs.ts'
import type { Database } from '../db/database.ts'
import { LOCKS } from '../db/locks.ts'
import { computed, json, optional, rowOf, scalars, text } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import { addJobs, hasNoJob } from '../jobs/queue.ts'
import { dun } from './walk.ts'

const DUN = 'dun'

/** The time of the night in the tenant's zone: payments of the day before are booked by then. */
const HOUR = sql`interval '3 hours'`

export interface DunningContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
}

/** Walks the overdue bills of every tenant with a plan once a day, by a job for each tenant. */
export function dunningJobs(context: DunningContext): FurtherJobs {
  const task = async ({ tenantId }: Readonly<Record<string, unknown>>) => dunTenant(context, String(tenantId))
  return { tasks: new Map([[DUN, task]]), recover: () => askIfDue(context) }
}

/** The day of a tenant `t`, which begins at the hour of dunning. */
function dayAt(now: string): Sql {
  return sql`((${now}::timestamptz - ${HOUR}) AT TIME ZONE t."time_zone")::date`
}

async function askIfDue({ database, clock }: DunningContext): Promise<void> {
  const today = dayAt(clock())
  const key = sql`concat('dunning ', t."id")`
  const due = sql`FROM "tenant" t LEFT JOIN "dunning_day" d ON d."tenant_id" = t."id"
    WHERE t."dunning_plan" IS NOT NULL AND (d."day" IS NULL OR d."day" < ${today})`
  const beginners = sql`SELECT d."tenant_id" FROM "dunning_day" d JOIN "tenant" t ON t."id" = d."tenant_id"
    WHERE t."dunning_plan" IS NULL`
  const anything = await database.run(sql`SELECT t."id" ${due} UNION ALL (${beginners})`)
  if (scalars(anything, text).length === 0) return
  await database.transaction(async (tx) => {
    // A plan begins with the next day, so that there is time to look at what it will do.
    await tx.run(sql`DELETE FROM "dunning_day" WHERE "tenant_id" IN (${beginners})`)
    await tx.run(sql`INSERT INTO "dunning_day" ("tenant_id", "day", "finished_at")
      SELECT t."id", ${today}, ${clock()} ${due} AND d."day" IS NULL ON CONFLICT DO NOTHING`)
    // A job under way has the lock.
    await addJobs(
      tx,
      DUN,
      sql`SELECT json_build_object('tenantId', t."id"), ${key} ${due} AND ${hasNoJob(key)}
        AND pg_try_advisory_xact_lock(${LOCKS.dunning}, hashtext(t."id"))`
    )
  })
}

async function dunTenant({ database, clock, newId }: DunningContext, tenantId: string): Promise<void> {
  const due = rowOfDay(clock())
  const { rows } = await database.run(sql`SELECT ${due.columns} FROM "tenant" t
    JOIN "dunning_day" d ON d."tenant_id" = t."id"
    WHERE t."id" = ${tenantId} AND t."dunning_plan" IS NOT NULL AND d."day" < ${dayAt(clock())}`)
  const author = { tenantId, actor: { type: 'system', id: 'dunning', name: 'dunning' } } as const
  for (const { day, timeZone, dunningPlan: plan } of rows.map(due.read)) {
    if (plan)
      await dun(
        database,
        { author, clock, newId, correlationId: newId() },
        { tenantId, timeZone, day: dayNumber(day), plan }
      )
  }
}

function rowOfDay(now: string) {
  return rowOf(
    'tenant',
    { timeZone: text, dunningPlan: optional(json(DUNNING_PLAN)), day: computed(text, sql`${dayAt(now)}::text`) },
    't'
  )
}

const dayNumber = (day: string) => Date.parse(day) / DAY_MS
