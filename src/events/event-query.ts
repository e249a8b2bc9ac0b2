import { SUBSCRIPTIONS } from '../messages/subscription.ts'
import { parseWithoutPages, type Query } from '../tmf/query/query.ts'
import { rewriteParts } from '../tmf/query/query-text.ts'

const FILTER = /(^|[&;])\s*filter\s*=\s*/g
const CONDITION = /^\s*([^=<>!*~%]*?)\s*([<>]=?|!=|\*=|=[=~]?)\s*(.*?)\s*$/s

/**
 * Reads the query of a subscription: that of lists, with blanks allowed around its signs, and without pages. Throws
 * what `parseQuery` does, and `invalidField` for a parameter of pages.
 */
export function parseEventQuery(text: string): Pick<Query, 'where' | 'fields'> {
  return parseWithoutPages(rewriteParts(text.replace(FILTER, '$1filter='), withoutBlanks), SUBSCRIPTIONS.ofLists)
}

function withoutBlanks(part: string): string {
  if (part.startsWith('filter=')) return part.trimEnd()
  const [, name = part.trim(), sign = '', value = ''] = CONDITION.exec(part) ?? []
  return name + sign + (name === 'eventType' ? value.replaceAll(/\s*,\s*/g, ',') : value)
}
