import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'

const KEPT_DAYS = 30
const PURGED_MAX = 10_000

/** Removes mails that ended long ago, the oldest first; the audit still tells of them. By Postgres' clock. */
export async function purgeMails(database: Database): Promise<void> {
  await database.run(sql`DELETE FROM "mail" WHERE ("tenant_id", "id") IN (
    SELECT "tenant_id", "id" FROM "mail" WHERE "finished_at" < now() - ${KEPT_DAYS}::int * interval '1 day'
    ORDER BY "finished_at" LIMIT ${PURGED_MAX} FOR UPDATE SKIP LOCKED)`)
}
