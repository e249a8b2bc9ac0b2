import { jsonPath } from '../base/json-path.ts'
import { Problem } from '../base/problem.ts'
import type { Document } from '../tmf/declaration/resource.ts'

/** Throws `invalidField` when a patch removed what is filled in at creation and belongs to every row from then on. */
export function requireKept(document: Document, names: readonly string[]): void {
  const missing = names.filter((name) => document[name] === undefined)
  if (missing.length > 0) throw invalid(missing, 'cannot be removed')
}

/** Throws `invalidField` unless each of these lists has at least one element and none twice. */
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

/** Throws `invalidField` when a document with an own @type has a member that would be taken for the secret. */
export function refuseSecret(document: Document, member: string): void {
  if (document[member] !== undefined) throw invalid([member], 'is given by the server')
}

function invalid(names: readonly string[], what: string): Problem {
  return new Problem('invalidField', `${names.map((name) => jsonPath([name])).join(', ')} ${what}`)
}
