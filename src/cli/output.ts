import type { Resource } from '../tmf/declaration/resource.ts'
import { idOf, selectAll, writeDocument } from '../tmf/representation.ts'
import type { Created } from '../tmf/write.ts'
import type { Arguments, Result } from './command.ts'
import { alignColumns } from './table.ts'

/** The start of every href: a command does not know the server's address. */
export const ROOT = '/admin/v1'

export function showCreated(resource: Resource, { row, secret }: Created, { options }: Arguments): Result {
  const secrets = resource.secret && secret !== undefined ? { [resource.secret.member]: secret } : {}
  if (!options.json) return showOnce({ id: idOf(row), ...secrets }, Object.keys(secrets))
  const document: object = JSON.parse(writeDocument(resource.path, selectAll(resource), row, ROOT))
  return { text: JSON.stringify({ ...document, ...secrets }) }
}

export function showOnce(values: Readonly<Record<string, string>>, secrets: readonly string[]): Result {
  const lines = alignColumns(Object.entries(values))
  return { text: secrets.length === 0 ? lines : `${lines}\nNot shown again: ${secrets.join(', ')}.` }
}
