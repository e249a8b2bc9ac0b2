import { type Instant, later } from '../../base/instant.ts'
import type { Queryable, Transaction } from '../../db/database.ts'
import { computed, instant, optional, rowOf, text, texts } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { hashSecret, newSecret } from '../keys/secret.ts'
import type { CustomerContext } from './context.ts'
import type { Realm } from './realm.ts'

const IDLE_S = 1_800
const LIFETIME_S = 43_200
const SEEN_EVERY_S = 60

/** A customer who is signed in, and the accounts that the session opens. */
export interface CustomerSession {
  readonly tenantId: string
  readonly partnerId: string | undefined
  readonly customerId: string
  /** The sign-in; undefined for one who came by a link. */
  readonly userId: string | undefined
  readonly accountIds: readonly string[]
}

/** Opens a session for the account of a link and returns the cookie's value, of which only the hash is kept. */
export async function openForAccount(
  queryable: Queryable,
  realm: Realm & { readonly accountId: string },
  now: Instant
): Promise<string> {
  const cookie = newSecret()
  await queryable.run(prepared`${insertion(realm, cookie, now, null, realm.accountId)}`)
  return cookie
}

/**
 * Opens a session for a sign-in whose password was checked against a hash. Returns the cookie's value; undefined if the
 * password was changed meanwhile.
 */
export async function openForPassword(
  queryable: Queryable,
  realm: Realm & { readonly signInId: string; readonly passwordHash: string },
  now: Instant
): Promise<string | undefined> {
  const { tenantId, signInId, passwordHash } = realm
  const cookie = newSecret()
  // The lock waits for a change of the password under way, which ends the sessions that it finds.
  const { rowCount } = await queryable.run(prepared`${insertion(realm, cookie, now, signInId, null)}
    FROM "customer_sign_in" WHERE "tenant_id" = ${tenantId} AND "id" = ${signInId}
      AND "password_hash" = ${passwordHash} FOR SHARE`)
  return rowCount > 0 ? cookie : undefined
}

function insertion(
  { tenantId, partnerId }: Realm,
  cookie: string,
  now: Instant,
  signInId: string | null,
  accountId: string | null
): Sql {
  return sql`INSERT INTO "customer_session" ("tenant_id", "hash", "partner_id", "sign_in_id", "account_id",
      "created_at", "seen_at", "expires_at")
    SELECT ${tenantId}::text, ${hashSecret(cookie)}, ${partnerId}::text, ${signInId}::text, ${accountId}::text,
      ${now}::timestamptz, ${now}::timestamptz, ${later(now, LIFETIME_S)}::timestamptz`
}

const CUSTOMER_ID = sql`coalesce(s."customer_id", a."customer_id")`
const SESSION = rowOf(
  'customer_session',
  {
    tenantId: text,
    partnerId: optional(text),
    userId: computed(optional(text), sql`c."sign_in_id"`),
    customerId: computed(text, CUSTOMER_ID),
    seenAt: instant,
    accountIds: computed(
      texts,
      sql`CASE WHEN c."account_id" IS NOT NULL THEN json_build_array(c."account_id")
        ELSE (SELECT coalesce(json_agg(o."id" ORDER BY o."id"), '[]') FROM "billing_account" o
          WHERE o."tenant_id" = c."tenant_id" AND o."customer_id" = s."customer_id") END`
    )
  },
  'c'
)

/** Returns the session of a cookie, until it is idle for half an hour or half a day old. */
export async function readSession(
  { database, clock }: CustomerContext,
  cookie: string
): Promise<CustomerSession | undefined> {
  const now = clock()
  const hash = hashSecret(cookie)
  const { rows } = await database.run(prepared`SELECT ${SESSION.columns} FROM "customer_session" c
      LEFT JOIN "customer_sign_in" s ON s."tenant_id" = c."tenant_id" AND s."id" = c."sign_in_id"
      LEFT JOIN "billing_account" a ON a."tenant_id" = c."tenant_id" AND a."id" = c."account_id"
      WHERE c."hash" = ${hash} AND c."expires_at" > ${now} AND c."seen_at" > ${later(now, -IDLE_S)}`)
  const [found] = rows.map(SESSION.read)
  if (!found) return undefined
  const { seenAt, ...session } = found
  if (seenAt < later(now, -SEEN_EVERY_S)) {
    await database.run(prepared`UPDATE "customer_session" SET "seen_at" = greatest("seen_at", ${now}::timestamptz)
        WHERE "hash" = ${hash}`)
  }
  return session
}

/** Ends a session; repeating it changes nothing. */
export async function endSession({ database }: CustomerContext, cookie: string): Promise<void> {
  await database.run(prepared`DELETE FROM "customer_session" WHERE "hash" = ${hashSecret(cookie)}`)
}

/** Ends all sessions of a sign-in, except one. */
export async function endSessions(tx: Transaction, tenantId: string, signInId: string, kept = ''): Promise<void> {
  await tx.run(prepared`DELETE FROM "customer_session" WHERE "tenant_id" = ${tenantId} AND "sign_in_id" = ${signInId}
      AND "hash" <> ${hashSecret(kept)}`)
}
