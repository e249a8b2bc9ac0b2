import type { Instant } from '../base/instant.ts'
import type { Queryable } from '../db/database.ts'
import { count, integer, rowOf, scalars, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'

export interface ListenerKey {
  readonly tenantId: string
  readonly listenerId: string
}

/** The sole right to deliver to a listener. It ends by the database's clock unless it is renewed. */
export interface Lease extends ListenerKey {
  /** A name for this lease alone. */
  readonly owner: string
  /** Up to where events were read. */
  readonly position: number
}

/** A killed process keeps its listeners from others for as long. */
const LEASE = sql`interval '10 seconds'`

const CLAIMED = rowOf('event_progress', { tenantId: text, listenerId: text, position: count, failures: integer }, 'p')

/** Leases listeners that nobody delivers to: active ones, and suspended ones that are to be probed. */
export async function claimLeases(
  queryable: Queryable,
  owner: string,
  now: Instant,
  limit: number
): Promise<readonly (Lease & { readonly failures: number })[]> {
  const { rows } = await queryable.run(prepared`WITH "free" AS (
        SELECT p."tenant_id", p."listener_id" FROM "event_progress" p
        JOIN "event_listener" l ON l."tenant_id" = p."tenant_id" AND l."id" = p."listener_id"
        WHERE l."state" IN ('active', 'suspended') AND (p."retry_at" IS NULL OR p."retry_at" <= ${now})
          AND (p."leased_until" IS NULL OR p."leased_until" <= clock_timestamp())
        LIMIT ${limit} FOR UPDATE OF p SKIP LOCKED)
      UPDATE "event_progress" p SET "leased_by" = ${owner}, "leased_until" = clock_timestamp() + ${LEASE}
      FROM "free" f WHERE p."tenant_id" = f."tenant_id" AND p."listener_id" = f."listener_id"
      RETURNING ${CLAIMED.columns}`)
  return rows.map(CLAIMED.read).map((claimed) => ({ ...claimed, owner }))
}

/** Renews leases and stores how far each has read. Returns the names of those that still are leases. */
export async function renewLeases(queryable: Queryable, leases: readonly Lease[]): Promise<ReadonlySet<string>> {
  if (leases.length === 0) return new Set()
  const kept = await queryable.run(prepared`UPDATE "event_progress" p SET "leased_until" = clock_timestamp() + ${LEASE},
        ${present(leases)}
      RETURNING concat(p."leased_by", '/', p."tenant_id", '/', p."listener_id")`)
  return new Set(scalars(kept, text))
}

/** Names a lease, as `renewLeases` does. */
export function nameOf({ owner, tenantId, listenerId }: Lease): string {
  return [owner, tenantId, listenerId].join('/')
}

/** Gives leases back, so that others need not wait for their ends. */
export async function releaseLeases(queryable: Queryable, leases: readonly Lease[]): Promise<void> {
  if (leases.length === 0) return
  await queryable.run(sql`UPDATE "event_progress" p SET "leased_by" = NULL, "leased_until" = NULL, ${present(leases)}`)
}

/** Sets the positions of those that still are leases. */
function present(leases: readonly Lease[]): Sql {
  return sql`"position" = greatest(p."position", x."position")
    FROM unnest(${leases.map(({ tenantId }) => tenantId)}::text[],
      ${leases.map(({ listenerId }) => listenerId)}::text[], ${leases.map(({ owner }) => owner)}::text[],
      ${leases.map(({ position }) => position)}::bigint[]) x("tenant_id", "listener_id", "owner", "position")
    WHERE p."tenant_id" = x."tenant_id" AND p."listener_id" = x."listener_id" AND p."leased_by" = x."owner"
      AND p."leased_until" > clock_timestamp()`
}
