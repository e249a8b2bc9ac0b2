import { Problem } from '../base/problem.ts'
import { constraintName, type Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { create, type WriteContext } from '../tmf/write.ts'
import { client } from './client.ts'
import { adminResources } from './index.ts'
import { recordTenantChange, type Tenant, type TenantContext } from './tenants.ts'
import { user } from './user.ts'

const ADMINISTRATOR = 'admin'

/** A new tenant with what its administrator needs for the first token; the secrets are shown this once. */
export interface NewTenant {
  readonly tenant: Tenant
  readonly client: { readonly clientId: string; readonly secret: string }
  readonly user: { readonly username: string; readonly password: string }
}

/**
 * Creates a tenant, a client with its name and a user `admin`, who may do everything in it. Whoever has no tenant, such
 * as a command, is an author in the new one. Throws `conflict` when there is such a tenant or client already.
 */
export async function createTenant(
  tx: Transaction,
  context: TenantContext,
  { id, name, isOperator }: Pick<Tenant, 'id' | 'name' | 'isOperator'>
): Promise<NewTenant> {
  const createdAt = context.clock()
  await tx
    .run(
      sql`INSERT INTO "tenant" ("id", "name", "is_operator", "created_at")
        VALUES (${id}, ${name}, ${isOperator}, ${createdAt})`
    )
    .catch(refuseDuplicate)
  await recordTenantChange(tx, context, id, { action: 'create', after: { id, name, isOperator } }, createdAt)
  const within: WriteContext = {
    ...context,
    author: { ...context.author, tenantId: id },
    view: { tenantId: id },
    resources: adminResources
  }
  const grantTypes = ['password', 'refresh_token', 'client_credentials']
  const made = {
    client: await create(tx, within, client, { clientId: id, grantTypes, scope: ['trust'] }),
    user: await create(tx, within, user, { username: ADMINISTRATOR, scope: ['trust'] })
  }
  return {
    tenant: { id, name, isOperator, createdAt },
    client: { clientId: id, secret: String(made.client.secret) },
    user: { username: ADMINISTRATOR, password: String(made.user.secret) }
  }
}

function refuseDuplicate(error: unknown): never {
  if (constraintName(error) !== 'tenant_pkey') throw error
  throw new Problem('conflict', 'There is a tenant with this id already')
}
