import { apiKey } from '../admin/api-key.ts'
import { client } from '../admin/client.ts'
import { partner } from '../admin/partner.ts'
import { user } from '../admin/user.ts'
import type { Document, Resource } from '../tmf/resource.ts'
import { create, patch, remove } from '../tmf/write.ts'
import { assignableNames, describeAssignments, readAssignments } from './assignments.ts'
import type { Arguments, Command, Context, Result } from './command.ts'
import { listJson, tableOf } from './listing.ts'
import { enterTenant, idOf, resolveReferences } from './lookup.ts'
import { showCreated } from './output.ts'
import { chosenPassword } from './password.ts'
import { alignColumns } from './table.ts'

/** What a list shows of each. */
const COLUMNS: readonly (readonly [Resource, readonly string[]])[] = [
  [partner, ['id', 'accountNumber', 'name']],
  [user, ['id', 'username', 'name', 'scope', 'isEnabled', 'partner']],
  [client, ['id', 'clientId', 'name', 'grantTypes', 'scope', 'isEnabled', 'partner']],
  [apiKey, ['id', 'name', 'scope', 'allowedAddresses', 'expiresAt', 'lastUsedAt', 'isEnabled', 'partner']]
]

/** The commands for what a tenant's administrators manage, by name: `user list`, `user create` ... */
export const resourceCommands: readonly (readonly [string, Command])[] = COLUMNS.flatMap(([resource, columns]) => [
  [`${resource.path} list`, listCommand(resource, columns)],
  [`${resource.path} create`, createCommand(resource)],
  [`${resource.path} set`, setCommand(resource)],
  [`${resource.path} remove`, removeCommand(resource)]
])

function listCommand(resource: Resource, columns: readonly string[]): Command {
  return {
    description: `lists every ${resource.path} of a tenant`,
    options: ['tenant', 'json'],
    details: () => '--json prints all there is to know of each, one JSON document a line.',
    run: async (context, args) => {
      const { view } = await enterTenant(context, args)
      const documents = await listJson(context.database, resource, view)
      if (args.options.json) return { text: documents.join('\n') }
      const partners = (await listJson(context.database, partner, view)).map(parse)
      const names = new Map(partners.map(({ id, accountNumber }) => [String(id), String(accountNumber)]))
      return { text: alignColumns(tableOf(columns, documents.map(parse), (id) => names.get(id) ?? id)) }
    }
  }
}

function parse(json: string): Document {
  return JSON.parse(json)
}

function createCommand(resource: Resource): Command {
  const names = assignableNames(resource)
  const { secret } = resource
  return {
    description: `creates a ${resource.path}${secret ? ` and prints its ${secret.member} once` : ''}`,
    hasAssignments: true,
    options: ['tenant', ...(secret?.isChosen ? (['password-stdin'] as const) : []), 'json'],
    details: () => describeAssignments(resource, names),
    run: async (context, args) => {
      const writing = await enterTenant(context, args)
      const body = readAssignments(resource, names, args.assignments)
      const chosen = secret && (await chosenPassword(context, args))
      const created = await context.database.transaction(async (tx) => {
        const resolved = await resolveReferences(tx, resource, writing.view.tenantId, body)
        return create(tx, writing, resource, chosen === undefined ? resolved : { ...resolved, [secret.member]: chosen })
      })
      return showCreated(resource, created, args)
    }
  }
}

function setCommand(resource: Resource): Command {
  return {
    description: `changes a ${resource.path}`,
    parameters: ['ID'],
    hasAssignments: true,
    options: ['tenant'],
    details: () =>
      `${describeId(resource)} An empty value removes what was there.\n\n${describeAssignments(resource, resource.patchable)}`,
    run: async (context, args) => {
      const writing = await enterTenant(context, args)
      const body = readAssignments(resource, resource.patchable, args.assignments)
      return onNamed(context, args, resource, async (tx, id) => {
        const type = 'application/merge-patch+json'
        const row = await patch(tx, writing, resource, id, ANY_VERSION, type, body)
        return { text: `set ${resource.path} ${id}, version ${row[1]}` }
      })
    }
  }
}
