import type { Instant } from '../../base/instant.ts'
import type { Database } from '../../db/database.ts'
import { instant, optional, rowOf, text } from '../../db/row.ts'
import { prepared } from '../../db/sql.ts'
import type { Grantee } from '../access/grants.ts'
import { type Scope, scopeList } from '../access/scopes.ts'
import { hashSecret } from '../keys/secret.ts'

/** A code of the authorization endpoint for the token endpoint (RFC 6749, section 4.1). */
export interface AuthorizationCode {
  readonly grantee: Grantee & { readonly clientId: string }
  readonly grantId: string
  readonly scopes: readonly Scope[]
  readonly redirectUri: string
  /** RFC 7636. */
  readonly codeChallenge: string
  readonly codeChallengeMethod: string
  readonly expiresAt: Instant
}

export async function saveCode(database: Database, code: string, saved: AuthorizationCode): Promise<void> {
  const { grantee, grantId, scopes, redirectUri, codeChallenge, codeChallengeMethod, expiresAt } = saved
  await database.run(prepared`INSERT INTO "oauth_authorization_code" ("tenant_id", "hash", "grant_id", "client_id",
        "user_id", "subject", "scope", "partner_id", "redirect_uri", "code_challenge", "code_challenge_method",
        "expires_at")
      VALUES (${grantee.tenantId}, ${hashSecret(code)}, ${grantId}, ${grantee.clientId}, ${grantee.userId},
        ${grantee.subject}, ${JSON.stringify(scopes)}, ${grantee.partnerId}, ${redirectUri}, ${codeChallenge},
        ${codeChallengeMethod}, ${expiresAt})`)
}

const CODE = rowOf('oauth_authorization_code', {
  tenantId: text,
  clientId: text,
  userId: optional(text),
  subject: text,
  partnerId: optional(text),
  grantId: text,
  scope: scopeList,
  redirectUri: text,
  codeChallenge: text,
  codeChallengeMethod: text,
  expiresAt: instant,
  usedAt: optional(instant)
})

export async function findCode(
  database: Database,
  code: string
): Promise<(AuthorizationCode & { readonly isUsed: boolean }) | undefined> {
  const { rows } = await database.run(
    prepared`SELECT ${CODE.columns} FROM "oauth_authorization_code" WHERE "hash" = ${hashSecret(code)}`
  )
  const [found] = rows.map(CODE.read)
  if (!found) return undefined
  const { tenantId, clientId, userId, subject, partnerId, scope: scopes, usedAt, ...rest } = found
  const grantee = { tenantId, clientId, userId, subject, partnerId }
  return { ...rest, grantee, scopes, isUsed: usedAt !== undefined }
}

/** Uses a code up. Returns false if it was used before. */
export async function useCode(database: Database, tenantId: string, code: string, now: Instant): Promise<boolean> {
  const { rowCount } = await database.run(prepared`UPDATE "oauth_authorization_code" SET "used_at" = ${now}
      WHERE "tenant_id" = ${tenantId} AND "hash" = ${hashSecret(code)} AND "used_at" IS NULL`)
  return rowCount === 1
}
