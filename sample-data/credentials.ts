import { hashSecret } from '../src/auth/keys/secret.ts'
import { encodePassword, hashPassword } from '../src/auth/sign-in/password.ts'
import { newId } from '../src/base/ulid.ts'
import type { Database, Queryable, Transaction } from '../src/db/database.ts'
import { sql } from '../src/db/sql.ts'

/** Public: for a server that only its own machine can reach. */
export const DEMO = {
  tenantId: 'demo',
  clientSecret: 'demo-secret',
  username: 'admin',
  password: 'demo',
  apiKey: 'demo-api-key',
  /** Of PARTNER-1. */
  partnerKey: 'demo-partner-key'
} as const

const DEMO_TENANTS = ['demo', 'demo2']
const LOOPBACK = ['127.0.0.1', '::1']
const ALL_GRANTS = ['password', 'refresh_token', 'client_credentials']
const CLIENTS = [
  { tenantId: 'demo', clientId: 'demo', secret: DEMO.clientSecret, grantTypes: ALL_GRANTS, scope: ['trust'] },
  { tenantId: 'demo2', clientId: 'demo2', secret: 'demo2-secret', grantTypes: ALL_GRANTS, scope: ['trust'] },
  {
    tenantId: 'demo',
    clientId: 'demo-upload',
    secret: DEMO.clientSecret,
    grantTypes: ['client_credentials'],
    scope: ['bill:read', 'bill:write']
  }
]
const API_KEYS = [
  { name: 'Demo', key: DEMO.apiKey, partner: null },
  { name: 'Demo of a partner', key: DEMO.partnerKey, partner: 'PARTNER-1' }
]
const USERS = [
  { tenantId: 'demo', username: DEMO.username, partner: null },
  { tenantId: 'demo', username: 'partner1', partner: 'PARTNER-1' },
  { tenantId: 'demo', username: 'partner2', partner: 'PARTNER-2' },
  { tenantId: 'demo2', username: DEMO.username, partner: null }
]

/**
 * Adds missing fixed credentials of the demo tenants. For the embedded database only: the documentation prints them.
 */
export async function fillDemoCredentials(database: Database): Promise<void> {
  for (const tenantId of DEMO_TENANTS) await goWithoutCaptcha(database, tenantId)
  for (const key of API_KEYS) await insertApiKey(database, key)
  const { rowCount } = await database.run(
    sql`SELECT FROM "oauth_client" WHERE "tenant_id" = ${DEMO.tenantId} AND "client_id" = ${DEMO.tenantId}`
  )
  if (rowCount > 0) return
  const passwordHash = await hashPassword(encodePassword(DEMO.password))
  await database.transaction(async (tx) => {
    for (const client of CLIENTS) await insertClient(tx, client)
    for (const user of USERS) await insertUser(tx, user, passwordHash)
  })
}

/** Nobody but this machine asks the demo. */
async function goWithoutCaptcha(database: Database, tenantId: string): Promise<void> {
  await database.run(sql`INSERT INTO "captcha" ("tenant_id", "id", "provider", "last_update")
    VALUES (${tenantId}, ${newId()}, 'off', now()) ON CONFLICT ("tenant_id") DO NOTHING`)
}

async function insertClient(tx: Transaction, client: (typeof CLIENTS)[number]): Promise<void> {
  const { tenantId, clientId, secret, grantTypes, scope } = client
  await tx.run(sql`INSERT INTO "oauth_client" ("tenant_id", "id", "last_update", "client_id", "secret_hash",
      "grant_types", "scope", "password_encoding", "refreshes_client_credentials", "is_enabled")
    VALUES (${tenantId}, ${newId()}, now(), ${clientId}, ${hashSecret(secret)}, ${JSON.stringify(grantTypes)},
      ${JSON.stringify(scope)}, 'sha256', false, true) ON CONFLICT DO NOTHING`)
}

async function insertUser(
  tx: Transaction,
  { tenantId, username, partner }: (typeof USERS)[number],
  passwordHash: string
): Promise<void> {
  await tx.run(sql`INSERT INTO "oauth_user" ("tenant_id", "id", "last_update", "username", "password_hash", "scope",
      "is_enabled", "partner_id")
    VALUES (${tenantId}, ${newId()}, now(), ${username}, ${passwordHash}, ${JSON.stringify(['trust'])}, true,
      (SELECT "id" FROM "partner" WHERE "tenant_id" = ${tenantId} AND "account_number" = ${partner}))
    ON CONFLICT DO NOTHING`)
}

async function insertApiKey(database: Queryable, { name, key, partner }: (typeof API_KEYS)[number]): Promise<void> {
  await database.run(sql`INSERT INTO "api_key" ("tenant_id", "id", "last_update", "name", "key_hash", "scope",
      "allowed_addresses", "is_enabled", "partner_id")
    SELECT ${DEMO.tenantId}, ${newId()}, now(), ${name}, ${hashSecret(key)}, ${JSON.stringify(['trust'])}::jsonb,
      ${JSON.stringify(LOOPBACK)}::jsonb, true, (SELECT "id" FROM "partner"
        WHERE "tenant_id" = ${DEMO.tenantId} AND "account_number" = ${partner})
    ON CONFLICT DO NOTHING`)
}
