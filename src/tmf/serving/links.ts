import { percentEncoded } from '../../base/percent-encoding.ts'

/** The header size that proxies and clients read by default; each link repeats the query. */
const LINKS_MAX_LENGTH = 4096

interface PageOfList {
  readonly offset: number
  readonly limit: number
  readonly total: number
  readonly isEstimate?: boolean
  /** The start of the next page, `after=…` or `offset=…`, if there is one. */
  readonly next: string | undefined
}

/**
 * Returns the `Link` header of a page: first, prev, next, last (RFC 8288). `url` is the list's address without a query,
 * `query` the part common to its pages. With a very long query it has only `next`.
 */
export function linkHeader(url: string, query: string, page: PageOfList): string {
  const { offset, limit, total, isEstimate, next } = page
  const link = (relation: string, position: string) =>
    `<${url}?${headerSafe(query === '' ? position : `${query}&${position}`)}>; rel="${relation}"`
  const last = isEstimate || limit === 0 || total === 0 ? undefined : lastOffset(offset, limit, total)
  const before = last !== undefined && offset > last ? last : Math.max(0, offset - limit)
  const forward = next ? [link('next', `${next}&limit=${limit}`)] : []
  const links = [
    link('first', `limit=${limit}`),
    ...(offset > 0 && total > 0 ? [link('prev', `offset=${before}&limit=${limit}`)] : []),
    ...forward,
    ...(last === undefined ? [] : [link('last', `offset=${last}&limit=${limit}`)])
  ]
  const all = links.join(', ')
  return all.length <= LINKS_MAX_LENGTH ? all : forward.join()
}

/**
 * Returns the offset of the last page, counted in pages from this one; from the start if this one lies behind the end.
 */
function lastOffset(offset: number, limit: number, total: number): number {
  const start = offset < total ? offset : 0
  return start + Math.floor((total - 1 - start) / limit) * limit
}

/** Escapes characters that would end the <> of a link or cannot stand in a header. */
function headerSafe(query: string): string {
  return query.replace(/[^\x21\x23-\x3b\x3d\x3f-\x7e]/g, percentEncoded)
}
