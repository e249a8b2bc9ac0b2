import type { Resource } from '../tmf/declaration/resource.ts'
import { selectAll, writeDocument } from '../tmf/representation.ts'
import type { Created } from '../tmf/write.ts'
import type { Arguments, Result } from './command.ts'
import { alignColumns } from './table.ts'

/** What every href begins with: where the server is, a command does not know. */
export const ROOT = '/admin/v1'

/** A row and its new secret, which nobody sees again, in lines or as one JSON document. */
export function showCreated(resource: Resource, { row, secret }: Created, { options }: Arguments): Result {
  const secrets = resource.secret && secret !== undefined ? { [resource.secret.member]: secret } : {}
  if (!options.json) return showOnce({ id: String(row[0]), ...secrets }, Object.keys(secrets))
  const document: object = JSON.parse(writeDocument(resource.path, selectAll(resource), row, ROOT))
  return { text: JSON.stringify({ ...document, ...secrets }) }
}

/** Names with their values in lines, and which of them are secret. */
export function showOnce(values: Readonly<Record<string, string>>, secrets: readonly string[]): Result {
  const lines = alignColumns(Object.entries(values))
  return { text: secrets.length === 0 ? lines : `${lines}\nNot shown again: ${secrets.join(', ')}.` }
}
