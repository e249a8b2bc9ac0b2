import { hashSecret } from '../auth/keys/secret.ts'
import type { Instant } from '../base/instant.ts'
import type { Database, Transaction } from '../db/database.ts'
import { constraintName } from '../db/failure.ts'
import { join, sql } from '../db/sql.ts'
import { aboutName } from '../messages/problem.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { secretFor } from '../tmf/secret.ts'
import { create, type WriteContext } from '../tmf/write.ts'
import { client } from './client.ts'
import { adminResources } from './index.ts'
import { checkSettings, requireTwoSeries } from './tenant-checks.ts'
import { columnValues, TENANT, type Tenant } from './tenant-row.ts'
import type { TenantSettings } from './tenant-settings.ts'
import { recordTenantChange, withoutLogo } from './tenants.ts'
import { user } from './user.ts'

const ADMINISTRATOR = 'admin'

export interface NewTenant {
  readonly tenant: Tenant
  readonly client: { readonly clientId: string; readonly secret: string }
  readonly user: { readonly username: string; readonly password: string }
}

/** Secrets that are chosen, not made: the client's has to be long and random. */
export interface GivenSecrets {
  readonly password: string
  readonly clientSecret: string
}

/**
 * Creates a tenant, a client of the same name and a user `admin` with all rights. An author without a tenant, such as a
 * command, becomes one of the new tenant. Throws `conflict` for an existing tenant or client.
 */
export async function createTenant(
  database: Database,
  context: ChangeContext,
  posted: Pick<Tenant, 'id' | 'name' | 'isOperator'> & TenantSettings,
  given?: GivenSecrets
): Promise<NewTenant> {
  const { id } = posted
  const program = { clientId: id, grantTypes: ['password', 'refresh_token', 'client_credentials'], scope: ['trust'] }
  const person = { username: ADMINISTRATOR, scope: ['trust'], ...(given && { password: given.password }) }
  const kept = given && { kept: hashSecret(given.clientSecret), shown: undefined }
  const secrets = { client: kept ?? (await secretFor(client, program)), user: await secretFor(user, person) }
  const within: WriteContext = {
    ...context,
    author: { ...context.author, tenantId: id },
    view: { tenantId: id },
    resources: adminResources
  }
  const tenant = await database.transaction(async (tx) => {
    const inserted = await insertTenant(tx, posted, context.clock())
    await recordTenantChange(tx, context, id, { action: 'create', after: withoutLogo(posted) }, inserted.createdAt)
    await create(tx, within, client, program, secrets.client)
    await create(tx, within, user, person, secrets.user)
    return inserted
  })
  return {
    tenant,
    client: { clientId: id, secret: String(secrets.client?.shown) },
    user: { username: ADMINISTRATOR, password: String(secrets.user?.shown) }
  }
}

async function insertTenant(
  tx: Transaction,
  { id, isOperator, ...settings }: Pick<Tenant, 'id' | 'name' | 'isOperator'> & TenantSettings,
  createdAt: Instant
): Promise<Tenant> {
  await checkSettings(tx, settings)
  const given = columnValues(settings)
  const columns = join([sql`"id", "is_operator", "created_at"`, ...given.map(({ column }) => column)])
  const values = join([sql`${id}, ${isOperator}, ${createdAt}`, ...given.map(({ value }) => sql`${value}`)])
  const inserted = await tx
    .run(sql`INSERT INTO "tenant" (${columns}) VALUES (${values}) RETURNING ${TENANT.columns}`)
    .catch(refuseDuplicate)
  const tenant = TENANT.one(inserted)
  requireTwoSeries(tenant)
  return tenant
}

function refuseDuplicate(error: unknown): never {
  if (constraintName(error) !== 'tenant_pkey') throw error
  throw aboutName(RESOURCES.exists('tenant', 'id'))
}
