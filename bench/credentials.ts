import type pg from 'pg'
import { hashSecret } from '../src/auth/keys/secret.ts'
import { encodePassword, hashPassword } from '../src/auth/sign-in/password.ts'
import { newId } from '../src/base/ulid.ts'

const SECRET = 'bench-secret'
const ENCODED = encodePassword('bench')
const GRANT_TYPES = JSON.stringify(['password', 'client_credentials'])
const SCOPES = JSON.stringify(['trust'])
/** Users that sign in, in turn. */
const USERS = 50
const PATH = '/oauth/token'
const TIMEOUT_MS = 10_000

/** Adds missing credentials of a tenant: a client of its name, and users. */
export async function fillCredentials(client: pg.Client, tenantId: string): Promise<void> {
  await client.query(
    `INSERT INTO oauth_client (tenant_id, id, last_update, client_id, secret_hash, grant_types, scope,
        password_encoding, refreshes_client_credentials, is_enabled)
      VALUES ($1, $2, now(), $1, $3, $4, $5, 'sha256', false, true) ON CONFLICT DO NOTHING`,
    [tenantId, newId(), hashSecret(SECRET), GRANT_TYPES, SCOPES]
  )
  const { rows } = await client.query<{ username: string }>('SELECT username FROM oauth_user WHERE tenant_id = $1', [
    tenantId
  ])
  const known = new Set(rows.map(({ username }) => username))
  for (const username of usernames().filter((each) => !known.has(each))) {
    await client.query(
      `INSERT INTO oauth_user (tenant_id, id, last_update, username, password_hash, scope, is_enabled)
        VALUES ($1, $2, now(), $3, $4, $5, true)`,
      [tenantId, newId(), username, await hashPassword(ENCODED), SCOPES]
    )
  }
}

/** Returns the bodies of token requests by password, one per user. */
export function passwordGrants(tenantId: string) {
  return usernames().map((username) => tokenRequest(tenantId, { grant_type: 'password', username, password: ENCODED }))
}

/** Gets an access token of the tenant's client, for one hour. */
export async function fetchToken(origin: string, tenantId: string): Promise<string> {
  const { path, ...request } = tokenRequest(tenantId, { grant_type: 'client_credentials' })
  const response = await fetch(origin + path, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`the token request was answered with ${response.status}`)
  const { access_token: token } = (await response.json()) as { readonly access_token: string }
  return token
}

function tokenRequest(tenantId: string, parameters: Readonly<Record<string, string>>) {
  const body = new URLSearchParams({ ...parameters, client_id: tenantId, client_secret: SECRET }).toString()
  return { method: 'POST', path: PATH, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body } as const
}

function usernames(): readonly string[] {
  return Array.from({ length: USERS }, (_, at) => `bench-${at + 1}`)
}
