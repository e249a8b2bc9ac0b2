import { SUBSCRIPTIONS } from '../messages/subscription.ts'
import { parseQuery, type Query } from '../tmf/query/query.ts'
import { rewriteParts } from '../tmf/query/query-text.ts'

/** Parameters of lists; events have no pages and come in their own order. */
const OF_LISTS = ['offset', 'limit', 'sort', 'after']
const FILTER = /(^|[&;])\s*filter\s*=\s*/g
const CONDITION = /^\s*([^=<>!*~%]*?)\s*([<>]=?|!=|\*=|=[=~]?)\s*(.*?)\s*$/s

/**
 * Reads the query of a subscription: that of lists, with blanks allowed around its signs, and without pages. Throws
 * what `parseQuery` does, and `invalidField` for a parameter of pages.
 */
export function parseEventQuery(text: string): Pick<Query, 'where' | 'fields'> {
  return parseQuery(rewriteParts(text.replace(FILTER, '$1filter='), withoutBlanks))
}

function withoutBlanks(part: string): string {
  if (part.startsWith('filter=')) return part.trimEnd()
  const [, name = part.trim(), sign = '', value = ''] = CONDITION.exec(part) ?? []
  if (OF_LISTS.includes(name)) throw SUBSCRIPTIONS.ofLists(name)
  return name + sign + (name === 'eventType' ? value.replaceAll(/\s*,\s*/g, ',') : value)
}
