import { verifyAuditOf } from '../audit/verify.ts'
import type { Clock } from '../base/clock.ts'
import type { FurtherJobs } from '../billing/jobs.ts'
import type { Database, Transaction } from '../db/database.ts'
import { LOCKS } from '../db/locks.ts'
import { boolean, scalar, scalars, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { addJob, hasNoJob } from '../jobs/queue.ts'
import { verifyLedgerOf } from '../ledger/verify.ts'

const VERIFY = 'verify'
const KEY = 'verification'

/** The time of the night in the tenant's zone, after the end of its day and before its runs. */
const HOUR = sql`interval '2 hours'`

export interface VerificationContext {
  readonly database: Database
  readonly clock: Clock
  /** Is told what does not add up, by tenant. */
  readonly report: (found: Finding) => void
}

export interface Finding {
  readonly tenantId: string
  readonly kind: 'ledger' | 'audit'
  /** The first difference in words; undefined if all adds up. */
  readonly difference: string | undefined
}

/** Verifies ledger and audit of every tenant once a night, by one job after the other. */
export function verificationJobs(context: VerificationContext): FurtherJobs {
  const task = async () => {
    for (const tenantId of await tenantsDue(context)) await verifyTenant(context, tenantId)
  }
  return { tasks: new Map([[VERIFY, task]]), recover: () => askIfDue(context) }
}

async function askIfDue(context: VerificationContext): Promise<void> {
  const due = await tenantsDue(context)
  if (due.length === 0) return
  await context.database.transaction(async (tx) => {
    // A job under way has the lock.
    const isFree = scalar(await tx.run(sql`SELECT pg_try_advisory_xact_lock(${LOCKS.verification}, 0)`), boolean)
    const isWanted = sql`SELECT ${hasNoJob(sql`${KEY}`)}`
    if (isFree && scalar(await tx.run(isWanted), boolean)) await addJob(tx, { task: VERIFY, payload: {}, key: KEY })
  })
}

/** Returns the tenants whose last verification was before the last night; a new one waits for its first. */
async function tenantsDue({ database, clock }: VerificationContext): Promise<readonly string[]> {
  const now = sql`${clock()}::timestamptz`
  const found = await database.run(sql`SELECT t."id" FROM "tenant" t CROSS JOIN LATERAL (
      SELECT (date_trunc('day', (${now} - ${HOUR}) AT TIME ZONE t."time_zone") + ${HOUR}) AT TIME ZONE t."time_zone"
        AS "night") n
    WHERE coalesce((SELECT min(v."verified_at") FROM "verification" v WHERE v."tenant_id" = t."id"), t."created_at")
      < n."night"
    ORDER BY t."id"`)
  return scalars(found, text)
}

/** Verifies one tenant on one snapshot, unless another job does, and keeps what was found. */
async function verifyTenant({ database, clock, report }: VerificationContext, tenantId: string): Promise<void> {
  const findings = await database.snapshot(async (tx): Promise<readonly (Finding & Taken)[]> => {
    await tx.takeTime()
    const isFree = scalar(await tx.run(sql`SELECT pg_try_advisory_xact_lock(${LOCKS.verification}, 0)`), boolean)
    if (!isFree) return []
    const ledger = await timed(async () => (await verifyLedgerOf(tx, tenantId)).difference)
    const audit = await timed(async () => (await verifyAuditOf(database, tenantId)).broken?.why)
    return [
      { tenantId, kind: 'ledger', ...ledger },
      { tenantId, kind: 'audit', ...audit }
    ]
  })
  const now = clock()
  await database.transaction(async (tx) => {
    for (const finding of findings) await keep(tx, finding, now)
  })
  for (const finding of findings) report(finding)
}

interface Taken {
  readonly seconds: number
}

async function timed(work: () => Promise<string | undefined>): Promise<Taken & Pick<Finding, 'difference'>> {
  const start = performance.now()
  const difference = await work()
  return { difference, seconds: (performance.now() - start) / 1_000 }
}

async function keep(
  tx: Transaction,
  { tenantId, kind, seconds, difference }: Finding & Taken,
  now: string
): Promise<void> {
  await tx.run(sql`INSERT INTO "verification" ("tenant_id", "kind", "verified_at", "seconds", "difference")
    VALUES (${tenantId}, ${kind}, ${now}, ${seconds}, ${difference})
    ON CONFLICT ("tenant_id", "kind") DO UPDATE SET "verified_at" = EXCLUDED."verified_at",
      "seconds" = EXCLUDED."seconds", "difference" = EXCLUDED."difference"`)
}
