import type { Page } from './page.ts'
import { withoutParameters } from './query-text.ts'
import type { Listing } from './read.ts'

/** Proxies and clients read so much of a header by default; the links repeat the query each. */
const LINKS_MAX_LENGTH = 4096

/**
 * The `Link` header of a page: first, prev, next, last (RFC 8288). `url` is the list's address without a query. With a
 * very long query only `next` is offered.
 */
export function linkHeader(url: string, rawQuery: string, page: Page, { total, isEstimate, next }: Listing): string {
  const { offset, limit } = page
  const rest = withoutParameters(rawQuery, ['offset', 'limit', 'after'])
  const link = (relation: string, position: string) =>
    `<${url}?${headerSafe(rest === '' ? position : `${rest}&${position}`)}>; rel="${relation}"`
  const last = isEstimate || limit === 0 || total === 0 ? undefined : lastOffset(offset, limit, total)
  const before = last !== undefined && offset > last ? last : Math.max(0, offset - limit)
  const forward = next ? [link('next', `after=${next}&limit=${limit}`)] : []
  const links = [
    link('first', `limit=${limit}`),
    ...(offset > 0 ? [link('prev', `offset=${before}&limit=${limit}`)] : []),
    ...forward,
    ...(last === undefined ? [] : [link('last', `offset=${last}&limit=${limit}`)])
  ]
  const all = links.join(', ')
  return all.length <= LINKS_MAX_LENGTH ? all : forward.join()
}

/** Where the last page begins, counted in pages from this one; from the start when this one lies behind the end. */
function lastOffset(offset: number, limit: number, total: number): number {
  const start = offset < total ? offset : 0
  return start + Math.floor((total - 1 - start) / limit) * limit
}

/** Escapes what would end the <> of a link or cannot stand in a header. */
function headerSafe(query: string): string {
  return query.replace(/[^\x21\x23-\x3b\x3d\x3f-\x7e]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}
