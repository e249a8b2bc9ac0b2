import type { Page } from './page.ts'
import { withoutParameters } from './query-text.ts'
import type { Listing } from './read.ts'

/** The `Link` header of a page: first, prev, next, last (RFC 8288). `url` is the list's address without a query. */
export function linkHeader(url: string, rawQuery: string, page: Page, { total, isEstimate, next }: Listing): string {
  const { offset, limit } = page
  const rest = withoutParameters(rawQuery, ['offset', 'limit', 'after'])
  const link = (relation: string, position: string) =>
    `<${url}?${headerSafe(rest === '' ? position : `${rest}&${position}`)}>; rel="${relation}"`
  const links = [link('first', `limit=${limit}`)]
  if (offset > 0) links.push(link('prev', `offset=${Math.max(0, offset - limit)}&limit=${limit}`))
  if (next) links.push(link('next', `after=${next}&limit=${limit}`))
  if (!isEstimate && limit > 0 && total > 0) {
    const start = offset < total ? offset : 0
    const last = start + Math.floor((total - 1 - start) / limit) * limit
    links.push(link('last', `offset=${last}&limit=${limit}`))
  }
  return links.join(', ')
}

/** Escapes what would end the <> of a link or cannot stand in a header. */
function headerSafe(query: string): string {
  return query.replace(/[^\x21\x23-\x3b\x3d\x3f-\x7e]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}
