import { readBody } from '../admin/body.ts'
import { createTenant } from '../admin/tenant-creation.ts'
import { CREATION } from '../admin/tenant-routes.ts'
import { renameTenant } from '../admin/tenants.ts'
import { sql } from '../db/sql.ts'
import type { Arguments, Command } from './command.ts'
import { showOnce } from './output.ts'
import { alignColumns } from './table.ts'

/** The commands for tenants, by name. */
export const tenantCommands: Readonly<Record<string, Command>> = {
  'tenant list': {
    description: 'lists the tenants',
    prepare:
      () =>
      async ({ database }) => {
        const { rows } = await database.run(sql`SELECT "id", "name", "is_operator" FROM "tenant" ORDER BY "id"`)
        const lines = rows.map(([id, name, isOperator]) => [String(id), String(name), String(isOperator === 't')])
        return { text: alignColumns([['id', 'name', 'isOperator'], ...lines]) }
      }
  },
  'tenant create': {
    description: 'creates a tenant with a client and a user admin, and prints their secrets once',
    parameters: ['ID', 'NAME'],
    options: ['operator'],
    details: () =>
      'The client has the id of the tenant. Administrators of an --operator see all tenants and create them.',
    prepare: (args) => async (context) => {
      const { id, name } = creation(args)
      const author = { tenantId: id, actor: context.actor }
      const isOperator = args.options.operator ?? false
      const { client, user } = await context.database.transaction((tx) =>
        createTenant(tx, { ...context, author }, { id, name, isOperator })
      )
      const { clientId, secret } = client
      const { username, password } = user
      return showOnce({ tenant: id, client: clientId, secret, user: username, password }, ['secret', 'password'])
    }
  },
  'tenant rename': {
    description: 'gives a tenant another name',
    parameters: ['ID', 'NAME'],
    prepare: (args) => async (context) => {
      const { id, name } = creation(args)
      const author = { tenantId: id, actor: context.actor }
      await context.database.transaction((tx) => renameTenant(tx, { ...context, author }, id, name))
      return { text: `renamed tenant ${id}` }
    }
  }
}

/** Throws `invalidField` for an id or a name that no tenant may have. */
function creation({ parameters }: Arguments): { readonly id: string; readonly name: string } {
  const [id, name] = parameters
  return readBody(CREATION, { id, name })
}
