import type { Database, Queryable } from '../../db/database.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import { weighed } from '../cost.ts'
import type { ListQuery, PageOf, Range } from '../query/list-query.ts'
import type { Answer, Asked } from './endpoint.ts'
import { linkHeader } from './links.ts'
import { writeList } from './list-text.ts'

/**
 * Reads a page of what is no resource, with its counts and links. `read` selects the page and counts all; the planner
 * weighs its statements.
 */
export async function answerPage<T>(
  { request, query }: Pick<Asked<ListQuery<string>, unknown>, 'request' | 'query'>,
  database: Database,
  url: string,
  read: (queryable: Queryable, range: Range) => Promise<PageOf<T>>,
  write: (row: T) => string
): Promise<Answer> {
  const { offset, limit, isPaged, link } = query
  const { rows, total } = await read(weighed(slotOf(request), database), { offset, limit })
  const count = rows.length
  const next = count > 0 && offset + count < total ? `offset=${offset + count}` : undefined
  const isLinked = isPaged || next !== undefined
  return {
    status: isPaged && count < total ? 206 : 200,
    headers: {
      'X-Total-Count': total,
      'X-Result-Count': count,
      ...(isLinked && { Link: linkHeader(url, link, { offset, limit, total, next }) })
    },
    json: await writeList(rows, write)
  }
}
