import type { Queryable } from '../../db/database.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import { weighed } from '../cost.ts'
import type { ListQuery, PageOf, Range } from '../query/list-query.ts'
import type { Answer, Asked } from './endpoint.ts'
import { linkHeader } from './links.ts'
import { writeList } from './list-text.ts'
import type { RouteContext } from './routes.ts'

export type Requested = Pick<Asked<unknown, unknown>, 'request' | 'base' | 'view'>

/** Returns the address of a path below the base, as the client sees it. */
export function urlOf(
  { request, base }: Pick<Requested, 'request' | 'base'>,
  { address }: Pick<RouteContext, 'address'>,
  path: string
): string {
  return address(request, `${base}/${path}`).url
}

/**
 * Reads a page of what is no resource from a path, with its counts and links. `read` selects the page and counts all;
 * the planner weighs its statements.
 */
export async function answerPage<T>(
  asked: Asked<ListQuery<string>, unknown>,
  context: RouteContext,
  path: string,
  read: (queryable: Queryable, range: Range) => Promise<PageOf<T>>,
  write: (row: T, url: string) => string
): Promise<Answer> {
  const { offset, limit, isPaged, link } = asked.query
  const { rows, total } = await read(weighed(slotOf(asked.request), context.database), { offset, limit })
  const url = urlOf(asked, context, path)
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
    json: await writeList(rows, (row) => write(row, url))
  }
}
