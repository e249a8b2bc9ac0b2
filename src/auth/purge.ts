import type { Database } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'

const PURGED_PER_TABLE = 1_000

/**
 * Removes expired rows: ended grants with their refresh tokens, old authorization codes, failed sign-ins of yesterday,
 * networks without a sign-in for a quarter of a year, keys retired longer ago than any token lives, and codes, links,
 * sessions and throttles of customers. Takes a bounded number per table, the oldest first, and skips rows that another
 * process is removing. Goes by Postgres' clock.
 */
export async function purgeExpired(database: Database): Promise<void> {
  for (const statement of PURGES) await database.run(statement)
}

const PURGES: readonly Sql[] = [
  sql`DELETE FROM "oauth_grant" WHERE ("tenant_id", "id") IN (SELECT "tenant_id", "id" FROM "oauth_grant"
    WHERE "expires_at" < now() ORDER BY "expires_at" LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`,
  sql`DELETE FROM "oauth_authorization_code" WHERE "hash" IN (SELECT "hash" FROM "oauth_authorization_code"
    WHERE "expires_at" < now() - interval '1 hour' ORDER BY "expires_at"
    LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`,
  sql`DELETE FROM "sign_in_attempt" WHERE "key" IN (SELECT "key" FROM "sign_in_attempt"
    WHERE "last_failure_at" < now() - interval '1 day' ORDER BY "last_failure_at"
    LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`,
  sql`DELETE FROM "known_network" WHERE ("tenant_id", "key") IN (SELECT "tenant_id", "key" FROM "known_network"
    WHERE "last_success_at" < now() - interval '91 days' ORDER BY "last_success_at"
    LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`,
  sql`DELETE FROM "signing_key" WHERE "id" IN (SELECT "id" FROM "signing_key"
    WHERE "retired_at" < now() - interval '1 day' ORDER BY "retired_at"
    LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`,
  sql`DELETE FROM "customer_code" WHERE ("tenant_id", "sign_in_id", "purpose") IN (
    SELECT "tenant_id", "sign_in_id", "purpose" FROM "customer_code"
    WHERE "expires_at" < now() ORDER BY "expires_at" LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`,
  sql`DELETE FROM "customer_link" WHERE "hash" IN (SELECT "hash" FROM "customer_link"
    WHERE "expires_at" < now() ORDER BY "expires_at" LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`,
  sql`DELETE FROM "customer_session" WHERE "hash" IN (SELECT "hash" FROM "customer_session"
    WHERE "expires_at" < now() ORDER BY "expires_at" LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`,
  sql`DELETE FROM "throttle" WHERE ("tenant_id", "key") IN (SELECT "tenant_id", "key" FROM "throttle"
    WHERE "whole_at" < now() ORDER BY "whole_at" LIMIT ${PURGED_PER_TABLE} FOR UPDATE SKIP LOCKED)`
]
