import { z } from 'zod'
import { RELEASE_REQUIREMENTS, type ReleaseRequirement } from '../../admin/review-rules.ts'
import { ACTOR_TYPES, type Author } from '../../audit/record.ts'
import type { Queryable } from '../../db/database.ts'
import { boolean, computed, json, rowOf, scalar, someOf } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { RUNS } from '../../messages/run.ts'

/** Selects held bills `b` that nobody has released yet, of those that have a review. */
export const IN_REVIEW: Sql = sql`b."state" = 'onHold' AND b."issued_as" IS NULL`

/** Returns what the tenant requires before bills of a run are issued. */
export async function requirementsOf(queryable: Queryable, tenantId: string): Promise<readonly ReleaseRequirement[]> {
  const found = await queryable.run(sql`SELECT "release_requires" FROM "tenant" WHERE "id" = ${tenantId}`)
  return scalar(found, someOf(RELEASE_REQUIREMENTS))
}

const RELEASED = rowOf(
  'bill_run',
  {
    author: json(z.object({ actor: z.object({ type: z.enum(ACTOR_TYPES), id: z.string() }) })),
    isInReview: computed(
      boolean,
      sql`EXISTS (SELECT FROM "bill_review" v
        JOIN "customer_bill" b ON b."tenant_id" = v."tenant_id" AND b."id" = v."bill_id"
        WHERE v."tenant_id" = r."tenant_id" AND v."bill_run_id" = r."id" AND ${IN_REVIEW})`
    )
  },
  'r'
)

/**
 * Requires what the tenant demands before bills of a run are issued. Throws `forbidden` for the user who started the
 * run, and `conflict` while bills are in review.
 */
export async function requireReleasable(
  queryable: Queryable,
  { tenantId, actor }: Pick<Author, 'tenantId' | 'actor'>,
  runId: string
): Promise<void> {
  const required = await requirementsOf(queryable, tenantId)
  if (required.length === 0) return
  const { rows } = await queryable.run(sql`SELECT ${RELEASED.columns} FROM "bill_run" r
    WHERE r."tenant_id" = ${tenantId} AND r."id" = ${runId}`)
  const [run] = rows.map(RELEASED.read)
  if (!run) return
  const isStarter = run.author.actor.type === actor.type && run.author.actor.id === actor.id
  if (isStarter && required.includes('secondUser')) throw RUNS.secondUser()
  if (run.isInReview && required.includes('emptyReview')) throw RUNS.inReview()
}
