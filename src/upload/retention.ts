import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'

/** Uploads removed in a round, with all of their rows. */
const UPLOADS_MAX = 10

/** Removes uploads that ended more than `days` ago, the oldest first. What they stored stays. By Postgres' clock. */
export async function purgeUploads(database: Database, days: number): Promise<void> {
  await database.run(sql`DELETE FROM "upload" WHERE ("tenant_id", "id") IN (
    SELECT "tenant_id", "id" FROM "upload" WHERE "finished_at" < now() - ${days}::int * interval '1 day'
    ORDER BY "finished_at" LIMIT ${UPLOADS_MAX} FOR UPDATE SKIP LOCKED)`)
}
