import type { FastifyRequest } from 'fastify'
import type { Database } from '../../db/database.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import { isExpensive } from '../cost.ts'
import type { Page } from '../page.ts'
import type { Query } from '../query/query.ts'
import { list, type Parts } from '../read.ts'
import { linkHeader } from './links.ts'

export interface ListAnswer<T> {
  readonly status: 200 | 206
  readonly headers: Readonly<Record<string, string | number>>
  /** The rows, as the caller has used them. */
  readonly made: T
}

interface Asked {
  readonly request: FastifyRequest
  readonly database: Database
  readonly query: Query
  readonly page: Page
  /** The list's address without a query. */
  readonly url: string
}

export async function answerList<T>(
  { request, database, query, page, url }: Asked,
  use: (parts: Parts) => Promise<T>
): Promise<ListAnswer<T>> {
  const wantsExactCount = /\bcount=exact\b/.test(String(request.headers.prefer ?? ''))
  if (await isExpensive(database, page, wantsExactCount)) await slotOf(request).become('expensive')
  const listing = await list(database, page, wantsExactCount, use)
  const isPart = listing.total > 0 && (listing.next !== undefined || page.offset > 0 || page.limit === 0)
  const asked = query.offset !== undefined || query.limit !== undefined || query.after !== undefined
  const next = listing.next && `after=${listing.next}`
  const links = linkHeader(url, query.link, { ...page, ...listing, next })
  return {
    status: asked && isPart ? 206 : 200,
    headers: {
      'X-Total-Count': listing.total,
      'X-Result-Count': listing.count,
      ...(listing.isEstimate && { 'X-Total-Count-Accuracy': 'estimated' }),
      ...((asked || isPart) && links !== '' && { Link: links })
    },
    made: listing.made
  }
}
