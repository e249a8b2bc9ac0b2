import { hashSecret } from '../auth/keys/secret.ts'
import { encodePassword, verifyPassword } from '../auth/sign-in/password.ts'
import { StartError } from '../base/start-error.ts'
import type { Database } from '../db/database.ts'
import { optional, rowOf, scalars, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { Problem } from '../messages/problem.ts'
import { createTenant, type GivenSecrets } from './tenant-creation.ts'

/** `created` now, `there` as given, or `changed` since. */
export type Bootstrapped = 'created' | 'there' | 'changed'

const ACTOR = { type: 'system', id: 'start', name: 'start' } as const
const PASSWORD_MIN = 8
const SECRET_MIN = 32

/**
 * Creates the first tenant, an operator, with a client of the same name and a user `admin`, unless it is there. Changes
 * nothing of one that is there. Several processes may do so at once. Throws a StartError if the database has other
 * tenants only, or a secret is too short.
 */
export async function bootstrapTenant(database: Database, id: string, given: GivenSecrets): Promise<Bootstrapped> {
  if (given.password.length < PASSWORD_MIN) throw tooShort('BOOTSTRAP_ADMIN_PASSWORD_FILE', PASSWORD_MIN)
  if (given.clientSecret.length < SECRET_MIN) throw tooShort('BOOTSTRAP_CLIENT_SECRET_FILE', SECRET_MIN)
  if (await isEmpty(database, id)) {
    const context = { author: { tenantId: id, actor: ACTOR }, clock: database.clock, newId: database.newId }
    const made = await createTenant(database, context, { id, name: id, isOperator: true }, given).catch(unlessThere)
    if (made) return 'created'
  }
  return (await isAsGiven(database, id, given)) ? 'there' : 'changed'
}

async function isEmpty(database: Database, id: string): Promise<boolean> {
  const tenants = scalars(await database.run(sql`SELECT "id" FROM "tenant" ORDER BY "id" = ${id} DESC LIMIT 1`), text)
  if (tenants.length > 0 && !tenants.includes(id)) {
    throw new StartError(`BOOTSTRAP_TENANT: the database has tenants already, and ${id} is not among them`)
  }
  return tenants.length === 0
}

/** Another process was faster. */
function unlessThere(error: unknown): undefined {
  if (error instanceof Problem && error.status === 409) return undefined
  throw error
}

const CREDENTIALS = rowOf('oauth_user', { passwordHash: optional(text) }, 'u')
const CLIENT = rowOf('oauth_client', { clientId: text }, 'c')

async function isAsGiven(database: Database, id: string, { password, clientSecret }: GivenSecrets): Promise<boolean> {
  const users = await database.run(sql`SELECT ${CREDENTIALS.columns} FROM "oauth_user" u
    WHERE u."tenant_id" = ${id} AND u."username" = 'admin'`)
  const [user] = users.rows.map(CREDENTIALS.read)
  const clients = await database.run(sql`SELECT ${CLIENT.columns} FROM "oauth_client" c
    WHERE c."tenant_id" = ${id} AND c."client_id" = ${id} AND c."secret_hash" = ${hashSecret(clientSecret)}`)
  return clients.rowCount === 1 && (await verifyPassword(encodePassword(password), user?.passwordHash))
}

function tooShort(name: string, min: number): StartError {
  return new StartError(`${name}: at least ${min} characters are needed`)
}
