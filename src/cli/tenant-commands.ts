import { createTenant } from '../admin/tenant-creation.ts'
import { represent } from '../admin/tenant-routes.ts'
import { readTenantPatch, requireLogo, TENANT_CREATION } from '../admin/tenant-settings.ts'
import { allTenants, changeTenant } from '../admin/tenants.ts'
import { readBody } from '../http/read-body.ts'
import type { Arguments, Command, Context } from './command.ts'
import { ROOT, showOnce } from './output.ts'
import { alignColumns } from './table.ts'
import { describeSettings, readBrandingInput, readSettings } from './tenant-settings.ts'

export const tenantCommands: Readonly<Record<string, Command>> = {
  'tenant list': {
    description: 'lists the tenants',
    options: ['json'],
    details: () => '--json prints the settings of each without the logo, one JSON document per line.',
    prepare: (args) => async (context) => ({ text: await listing(context, args) })
  },
  'tenant create': {
    description: 'creates a tenant with a client and a user admin, and prints their secrets once',
    parameters: ['ID', 'NAME'],
    assignments: 'optional',
    options: ['operator'],
    details: () =>
      'The client has the id of the tenant. Administrators of an --operator see all tenants and create them.\n\n' +
      describeSettings(),
    prepare: (args) => {
      const [id = '', name] = args.parameters
      const posted = readBody(TENANT_CREATION, { ...readSettings(args.assignments), id, name })
      const isOperator = args.options.operator ?? false
      return async (context) => {
        const author = { tenantId: id, actor: context.actor }
        const { client, user } = await createTenant(context.database, { ...context, author }, { ...posted, isOperator })
        const { clientId, secret } = client
        const { username, password } = user
        return showOnce({ tenant: id, client: clientId, secret, user: username, password }, ['secret', 'password'])
      }
    }
  },
  'tenant set': {
    description: 'changes the settings of a tenant',
    parameters: ['ID'],
    assignments: 'optional',
    options: ['branding-stdin'],
    details: () =>
      'The branding is a JSON document on standard input, merged into the present one (RFC 7396).\n\n' +
      describeSettings(),
    prepare: (args) => {
      const settings = readSettings(args.assignments)
      // Without a branding, reports faults before anything is opened.
      if (!args.options['branding-stdin']) readTenantPatch(settings)
      return async (context) => {
        await change(context, args, { ...settings, ...(await readBrandingInput(context, args)) })
        return { text: `set tenant ${args.parameters[0]}` }
      }
    }
  },
  'tenant rename': {
    description: 'gives a tenant another name',
    parameters: ['ID', 'NAME'],
    prepare: (args) => async (context) => {
      const [id, name] = args.parameters
      await change(context, args, { name })
      return { text: `renamed tenant ${id}` }
    }
  }
}

async function listing({ database }: Context, { options }: Arguments): Promise<string> {
  const tenants = await allTenants(database)
  if (options.json) {
    return tenants.map((tenant) => JSON.stringify(represent(tenant, `${ROOT}/tenant`))).join('\n')
  }
  const lines = tenants.map(({ id, name, isOperator }) => [id, name, String(isOperator)])
  return alignColumns([['id', 'name', 'isOperator'], ...lines])
}

async function change(context: Context, { parameters: [id = ''] }: Arguments, body: object): Promise<void> {
  const patch = readTenantPatch(body)
  await requireLogo(patch.branding)
  const author = { tenantId: id, actor: context.actor }
  await context.database.transaction((tx) => changeTenant(tx, { ...context, author }, id, patch))
}
