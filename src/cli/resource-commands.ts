import { apiKey } from '../admin/api-key.ts'
import { client } from '../admin/client.ts'
import { partner } from '../admin/partner.ts'
import { user } from '../admin/user.ts'
import type { Served } from '../tmf/declaration/define.ts'
import type { Document, Resource } from '../tmf/declaration/resource.ts'
import { remove } from '../tmf/remove.ts'
import { secretFor } from '../tmf/secret.ts'
import { create, patch } from '../tmf/write.ts'
import { assignableNames, describeAssignments, readAssignments } from './assignments.ts'
import type { Command } from './command.ts'
import { listJson, tableOf } from './listing.ts'
import { describeId, enterTenant, isAnyVersion, onNamed, resolveReferences } from './lookup.ts'
import { showCreated } from './output.ts'
import { chosenPassword } from './password.ts'
import { alignColumns } from './table.ts'

const COLUMNS: readonly (readonly [Served, readonly string[]])[] = [
  [partner, ['id', 'accountNumber', 'name']],
  [user, ['id', 'username', 'name', 'scope', 'isEnabled', 'partner']],
  [client, ['id', 'clientId', 'name', 'grantTypes', 'scope', 'isEnabled', 'partner']],
  [apiKey, ['id', 'name', 'scope', 'allowedAddresses', 'expiresAt', 'lastUsedAt', 'isEnabled', 'partner']]
]

export const resourceCommands: Readonly<Record<string, Command>> = Object.fromEntries(
  COLUMNS.flatMap(([resource, columns]) => [
    [`${resource.path} list`, listCommand(resource, columns)],
    [`${resource.path} create`, createCommand(resource)],
    [`${resource.path} set`, setCommand(resource)],
    [`${resource.path} remove`, removeCommand(resource)]
  ])
)

function listCommand(resource: Resource, columns: readonly string[]): Command {
  return {
    description: `lists each ${resource.path} of a tenant`,
    options: ['tenant', 'json'],
    details: () => '--json prints each as a whole JSON document, one per line.',
    prepare: (args) => async (context) => {
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

function createCommand(resource: Served): Command {
  const names = assignableNames(resource)
  const { secret } = resource
  return {
    description: `creates ${withArticle(resource)}${secret ? ` and prints its ${secret.member} once` : ''}`,
    assignments: 'required',
    options: ['tenant', ...(secret?.chosen ? (['password-stdin'] as const) : []), 'json'],
    details: () => describeAssignments(resource, names),
    prepare: (args) => {
      const body = readAssignments(resource, names, args.assignments)
      return async (context) => {
        const writing = await enterTenant(context, args)
        const chosen = await chosenPassword(context, args)
        const made = await secretFor(resource, { ...body, ...(chosen !== undefined && { password: chosen }) })
        const created = await context.database.transaction(async (tx) => {
          const resolved = await resolveReferences(tx, resource, writing.view.tenantId, body)
          return create(tx, writing, resource, resolved, made)
        })
        return showCreated(resource, created, args)
      }
    }
  }
}

function setCommand(resource: Served): Command {
  const names = resource.patchable
  return {
    description: `changes ${withArticle(resource)}`,
    parameters: ['ID'],
    assignments: 'required',
    options: ['tenant'],
    details: () =>
      `${describeId(resource)} An empty value removes the attribute.\n\n${describeAssignments(resource, names)}`,
    prepare: (args) => {
      const body = readAssignments(resource, names, args.assignments)
      return onNamed(resource, args, async (tx, writing, id) => {
        await patch(tx, writing, resource, id, isAnyVersion, 'application/merge-patch+json', body)
        return { text: `set ${resource.path} ${id}` }
      })
    }
  }
}

function removeCommand(resource: Served): Command {
  return {
    description: `removes ${withArticle(resource)}`,
    parameters: ['ID'],
    options: ['tenant'],
    details: () => describeId(resource),
    prepare: (args) =>
      onNamed(resource, args, async (tx, writing, id) => {
        await remove(tx, writing, resource, id, isAnyVersion)
        return { text: `removed ${resource.path} ${id}` }
      })
  }
}

function withArticle({ path }: Resource): string {
  return `${/^[aeio]/.test(path) ? 'an' : 'a'} ${path}`
}
