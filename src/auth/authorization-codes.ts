import { type Instant, instantFromPostgres } from '../base/instant.ts'
import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { Grantee } from './grants.ts'
import type { Scope } from './scopes.ts'
import { hashSecret } from './secret.ts'

/** A code on its way from the authorization endpoint to the token endpoint (RFC 6749, section 4.1). */
export interface AuthorizationCode {
  readonly grantee: Grantee & { readonly clientId: string }
  /** The grant that it turns into. */
  readonly grantId: string
  readonly scopes: readonly Scope[]
  readonly redirectUri: string
  /** RFC 7636. */
  readonly codeChallenge: string
  readonly codeChallengeMethod: string
  readonly expiresAt: Instant
}

/** Keeps a code until it is used. */
export async function saveCode(database: Database, code: string, saved: AuthorizationCode): Promise<void> {
  const { grantee, grantId, scopes, redirectUri, codeChallenge, codeChallengeMethod, expiresAt } = saved
  await database.run(
    sql`INSERT INTO "oauth_authorization_code" ("tenant_id", "hash", "grant_id", "client_id", "user_id", "subject",
        "scope", "partner_id", "redirect_uri", "code_challenge", "code_challenge_method", "expires_at")
      VALUES (${grantee.tenantId}, ${hashSecret(code)}, ${grantId}, ${grantee.clientId}, ${grantee.userId},
        ${grantee.subject}, ${JSON.stringify(scopes)}, ${grantee.partnerId}, ${redirectUri}, ${codeChallenge},
        ${codeChallengeMethod}, ${expiresAt})`,
    { prepared: true }
  )
}

/** Looks up a code, used or not. */
export async function findCode(
  database: Database,
  code: string
): Promise<(AuthorizationCode & { readonly isUsed: boolean }) | undefined> {
  const { rows } = await database.run(
    sql`SELECT "tenant_id", "grant_id", "client_id", "user_id", "subject", "scope", "partner_id", "redirect_uri",
        "code_challenge", "code_challenge_method", "expires_at", "used_at" IS NOT NULL
      FROM "oauth_authorization_code" WHERE "hash" = ${hashSecret(code)}`,
    { prepared: true }
  )
  const [row] = rows
  if (!row) return undefined
  const [tenantId, grantId, clientId, userId, subject, scope, partnerId, redirectUri, challenge, method, expiresAt] =
    row
  return {
    grantee: {
      tenantId: String(tenantId),
      clientId: String(clientId),
      userId: userId ?? undefined,
      subject: String(subject),
      partnerId: partnerId ?? undefined
    },
    grantId: String(grantId),
    scopes: JSON.parse(scope ?? '[]') as readonly Scope[],
    redirectUri: String(redirectUri),
    codeChallenge: String(challenge),
    codeChallengeMethod: String(method),
    expiresAt: instantFromPostgres(String(expiresAt)),
    isUsed: row[11] === 't'
  }
}

/** Uses a code up; false when somebody else did before. */
export async function useCode(database: Database, tenantId: string, code: string, now: Instant): Promise<boolean> {
  const { rowCount } = await database.run(
    sql`UPDATE "oauth_authorization_code" SET "used_at" = ${now}
      WHERE "tenant_id" = ${tenantId} AND "hash" = ${hashSecret(code)} AND "used_at" IS NULL`,
    { prepared: true }
  )
  return rowCount === 1
}
