import type { Database } from '../db/database.ts'
import type { Document, Resource } from '../tmf/declaration/resource.ts'
import { pageOf } from '../tmf/page.ts'
import { parseQuery } from '../tmf/query/query.ts'
import { list } from '../tmf/read.ts'
import { writeDocument } from '../tmf/representation.ts'
import type { View } from '../tmf/view.ts'
import { ROOT } from './output.ts'

const PAGE_ROWS = 1_000

export async function listJson(database: Database, resource: Resource, view: View): Promise<readonly string[]> {
  const found: string[] = []
  let next: string | undefined
  do {
    const after = next === undefined ? '' : `&after=${encodeURIComponent(next)}`
    const page = pageOf(resource, view, parseQuery(`limit=${PAGE_ROWS}${after}`))
    const { made, ...listing } = await list(database, page, false, (parts) => Array.fromAsync(parts))
    found.push(...made.flat().map((row) => writeDocument(resource.path, page.selection, row, ROOT)))
    next = listing.next
  } while (next !== undefined)
  return found
}

export function tableOf(
  columns: readonly string[],
  documents: readonly Document[],
  nameOf: (id: string) => string
): readonly (readonly string[])[] {
  return [columns, ...documents.map((document) => columns.map((name) => cell(document[name], nameOf)))]
}

function cell(value: unknown, nameOf: (id: string) => string): string {
  if (value === undefined) return '-'
  if (Array.isArray(value)) return value.join(',')
  if (typeof value === 'object' && value !== null && 'id' in value) return nameOf(String(value.id))
  return String(value)
}
