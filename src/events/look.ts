import type { Instant } from '../base/instant.ts'
import type { Queryable } from '../db/database.ts'
import { rowOf, scalars, text } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import type { ListenerKey } from './lease.ts'

/** Returns which of the tenants have events between two positions. */
export async function tenantsWithEvents(
  queryable: Queryable,
  tenants: readonly string[],
  after: number,
  until: number
): Promise<ReadonlySet<string>> {
  const found = await queryable.run(prepared`SELECT t."id" FROM unnest(${tenants}::text[]) t("id")
      WHERE EXISTS (SELECT FROM "event" e
        WHERE e."tenant_id" = t."id" AND e."position" > ${after} AND e."position" <= ${until})`)
  return new Set(scalars(found, text))
}

const DUE = rowOf('event_delivery', { tenantId: text, listenerId: text }, 'd')

/** Returns the listeners with something to do beside new events: a further try that is due, or a replay. */
export async function listenersDue(queryable: Queryable, now: Instant): Promise<readonly ListenerKey[]> {
  const { rows } =
    await queryable.run(prepared`SELECT ${DUE.columns} FROM (SELECT "tenant_id", "listener_id" FROM "event_delivery"
        WHERE "state" = 'waiting' AND "retry_at" <= ${now}
      UNION SELECT "tenant_id", "listener_id" FROM "event_replay") d`)
  return rows.map(DUE.read)
}
