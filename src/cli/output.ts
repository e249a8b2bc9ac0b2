import { selectAll, writeDocument } from '../tmf/representation.ts'
import type { Resource } from '../tmf/resource.ts'
import type { Created } from '../tmf/write.ts'
import type { Arguments, Result } from './command.ts'
import { alignColumns } from './table.ts'

/** What every href begins with: where the server is, a command does not know. */
export const ROOT = '/admin/v1'

/** A row and its new secret, which nobody sees again, in lines or as one JSON document. */
export function showCreated(resource: Resource, { row, secret }: Created, { options }: Arguments): Result {
  const shown = resource.secret && secret !== undefined ? { [resource.secret.member]: secret } : {}
  if (!options.json) return showOnce({ id: String(row[0]) }, shown)
  const document: object = JSON.parse(writeDocument(resource.path, selectAll(resource), row, ROOT))
  return { text: JSON.stringify({ ...document, ...shown }) }
}

/** Names with their values in lines, the secret ones last. */
export function showOnce(plain: Readonly<Record<string, string>>, secrets: Readonly<Record<string, string>>): Result {
  const lines = alignColumns(Object.entries({ ...plain, ...secrets }))
  const names = Object.keys(secrets)
  return { text: names.length === 0 ? lines : `${lines}\nNot shown again: ${names.join(', ')}.` }
}
