import type { Document } from './declaration/resource.ts'

export function* changedNames(before: Document, after: Document): Generator<string> {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isChanged(before[name], after[name])) yield name
  }
}

/** Ignores the order of an object's members. */
export function isChanged(before: unknown, after: unknown): boolean {
  return canonicalJson(before) !== canonicalJson(after)
}

/** Sorts keys: the database does not keep the order of an object's members. */
function canonicalJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_, member) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

export function only(document: Document, names: readonly string[]): Document {
  return Object.fromEntries(names.filter((name) => name in document).map((name) => [name, document[name]]))
}
