import { hashSecret } from '../../src/auth/keys/secret.ts'
import { encodePassword, hashPassword } from '../../src/auth/sign-in/password.ts'
import { newId } from '../../src/base/ulid.ts'
import type { Database, Queryable } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import { addPartner, OTHER_TENANT, TENANT } from '../support/database.ts'

/** A client with all rights unless it says otherwise. */
export interface TestClient {
  readonly tenantId: string
  readonly clientId: string
  /** Undefined for a public client. */
  readonly secret?: string | undefined
  readonly grantTypes?: readonly string[]
  readonly scope?: readonly string[]
  readonly passwordEncoding?: 'sha256' | 'plain'
  readonly refreshesClientCredentials?: boolean
  readonly partnerId?: string | undefined
}

export interface TestUser {
  readonly tenantId: string
  readonly username: string
  readonly scope?: readonly string[]
  readonly partnerId?: string | undefined
}

/** All users share it, since hashing is slow. */
export const PASSWORD = 'Pa55 wörd+&='
export const ENCODED_PASSWORD = encodePassword(PASSWORD)
const passwordHash = hashPassword(ENCODED_PASSWORD)

export async function addClient(database: Queryable, client: TestClient): Promise<string> {
  const { tenantId, clientId, secret, partnerId, refreshesClientCredentials = false } = client
  const { grantTypes = ['password', 'client_credentials', 'refresh_token'], scope = ['trust'] } = client
  const id = newId()
  await database.run(sql`INSERT INTO "oauth_client" ("tenant_id", "id", "last_update", "client_id", "secret_hash",
      "grant_types", "scope", "password_encoding", "refreshes_client_credentials", "is_enabled", "partner_id")
    VALUES (${tenantId}, ${id}, now(), ${clientId}, ${secret === undefined ? null : hashSecret(secret)},
      ${JSON.stringify(grantTypes)}, ${JSON.stringify(scope)}, ${client.passwordEncoding ?? 'sha256'},
      ${refreshesClientCredentials}, true, ${partnerId})`)
  return id
}

export async function addUser(database: Queryable, user: TestUser): Promise<string> {
  const { tenantId, username, scope = ['trust'], partnerId } = user
  const id = newId()
  await database.run(sql`INSERT INTO "oauth_user" ("tenant_id", "id", "last_update", "username", "password_hash",
      "scope",
      "is_enabled", "partner_id")
    VALUES (${tenantId}, ${id}, now(), ${username}, ${await passwordHash}, ${JSON.stringify(scope)}, true,
      ${partnerId})`)
  return id
}

export const SECRET = 'a secret of a client'
export const CLIENT = { client_id: TENANT, client_secret: SECRET }
export const BY_CLIENT = { grant_type: 'client_credentials' }
export const BY_PASSWORD = { grant_type: 'password', username: 'admin', password: ENCODED_PASSWORD }

/** Adds clients and users of every kind; those of the tenant `demo` have fixed names. */
export async function addEverybody(database: Database): Promise<void> {
  const partnerId = await addPartner(database, TENANT, 'P-1')
  const own = { tenantId: TENANT, secret: SECRET }
  await addClient(database, { ...own, clientId: TENANT })
  await addClient(database, { ...own, clientId: 'plain', passwordEncoding: 'plain' })
  await addClient(database, { ...own, clientId: 'narrow', scope: ['bill:read', 'bill:write'] })
  await addClient(database, { ...own, clientId: 'refreshing', refreshesClientCredentials: true })
  await addClient(database, { ...own, clientId: 'one-grant', grantTypes: ['client_credentials'] })
  await addClient(database, { ...own, clientId: 'no-refresh', grantTypes: ['password'] })
  await addClient(database, { ...own, clientId: 'of-partner', partnerId })
  await addClient(database, { tenantId: TENANT, clientId: 'public', grantTypes: ['refresh_token', 'password'] })
  await addClient(database, { tenantId: OTHER_TENANT, clientId: OTHER_TENANT, secret: SECRET })
  await addUser(database, { tenantId: TENANT, username: 'admin' })
  await addUser(database, { tenantId: TENANT, username: 'reader', scope: ['bill:read', 'account:read'] })
  await addUser(database, { tenantId: TENANT, username: 'partner1', partnerId })
}
