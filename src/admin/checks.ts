import { jsonPath } from '../base/json-path.ts'
import { Problem } from '../base/problem.ts'
import type { Document } from '../tmf/declaration/resource.ts'

/** Throws `invalidField` if a patch removed an attribute that the server fills in at creation. */
export function requireKept(document: Document, names: readonly string[]): void {
  const missing = names.filter((name) => document[name] === undefined)
  if (missing.length > 0) throw invalid(missing, 'cannot be removed')
}

/** Throws `invalidField` unless each list is non-empty and without duplicates. */
export function requireDistinct(document: Document, names: readonly string[]): void {
  const elements = (name: string): readonly unknown[] => {
    const value = document[name]
    return Array.isArray(value) ? value : []
  }
  const empty = names.filter((name) => elements(name).length === 0)
  if (empty.length > 0) throw invalid(empty, 'must have at least one element')
  const repeating = names.filter((name) => new Set(elements(name)).size < elements(name).length)
  if (repeating.length > 0) throw invalid(repeating, 'must not have an element twice')
}

/** Throws `invalidField` if a sub-class has a member that would be taken for the secret. */
export function refuseSecret(document: Document, member: string): void {
  if (document[member] !== undefined) throw invalid([member], 'is given by the server')
}

function invalid(names: readonly string[], what: string): Problem {
  return new Problem('invalidField', `${names.map((name) => jsonPath([name])).join(', ')} ${what}`)
}
