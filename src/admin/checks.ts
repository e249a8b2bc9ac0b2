import { jsonPath } from '../base/json-path.ts'
import { ADMIN } from '../messages/admin.ts'
import { BODIES } from '../messages/body.ts'
import type { Document } from '../tmf/declaration/resource.ts'

/** Throws `invalidField` if a patch removed an attribute that the server fills in at creation. */
export function requireKept(document: Document, names: readonly string[]): void {
  const missing = names.filter((name) => document[name] === undefined)
  if (missing.length > 0) throw BODIES.removed(pathsOf(missing))
}

/** Throws `invalidField` unless each list is non-empty and without duplicates. */
export function requireDistinct(document: Document, names: readonly string[]): void {
  const elements = (name: string): readonly unknown[] => {
    const value = document[name]
    return Array.isArray(value) ? value : []
  }
  const empty = names.filter((name) => elements(name).length === 0)
  if (empty.length > 0) throw ADMIN.noElement(pathsOf(empty))
  const repeating = names.filter((name) => new Set(elements(name)).size < elements(name).length)
  if (repeating.length > 0) throw ADMIN.elementTwice(pathsOf(repeating))
}

/** Throws `invalidField` if a sub-class has a member that would be taken for the secret. */
export function refuseSecret(document: Document, member: string): void {
  if (document[member] !== undefined) throw BODIES.givenByServer(pathsOf([member]))
}

function pathsOf(names: readonly string[]): readonly string[] {
  return names.map((name) => jsonPath([name]))
}
