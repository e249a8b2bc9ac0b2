import { z } from 'zod'
import { canonicalDecimal } from '../base/money.ts'
import { isId } from '../base/ulid.ts'
import { HOLDS } from '../billing/review/judge.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { FIELDS } from '../messages/field.ts'
import { QUERIES } from '../messages/query.ts'
import { weighed } from '../tmf/cost.ts'
import { decodeCursor, encodeCursor } from '../tmf/query/cursor.ts'
import { DEFAULT_LIMIT, LIMIT_MAX } from '../tmf/query/list-query.ts'
import { type Answer, type Asked, queryOf } from '../tmf/serving/endpoint.ts'
import { writeList } from '../tmf/serving/list-text.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { countHeld, type HeldBill, type Place, type Roots, readHeld, STATUSES, writeHeld } from './list.ts'

const SORT = '-score'
const LIMIT_FAULT = FIELDS.wholeNumber(0, Number.MAX_SAFE_INTEGER)

function someOf<const V extends string>(values: readonly V[], description: string) {
  const fault = FIELDS.someOf(values)
  return z
    .string({ error: fault })
    .transform((text) => text.split(','))
    .refine(
      (names): names is V[] => new Set(names).size === names.length && names.every((name) => isOf(values, name)),
      {
        error: fault
      }
    )
    .meta({ description: `${description}, with commas between them: ${values.join(', ')}` })
}

function isOf(values: readonly string[], name: string): boolean {
  return values.includes(name)
}

const REVIEW = z.strictObject({
  reason: someOf(HOLDS, 'Bills held for any of these reasons').optional(),
  status: someOf(STATUSES, 'Bills in any of these states of their review').default(['inReview']),
  limit: z
    .string()
    .regex(/^\d{1,15}$/, { error: LIMIT_FAULT })
    .transform((text) => Math.min(Number(text), LIMIT_MAX))
    .optional()
    .meta({ description: `The most bills of a page; at most ${LIMIT_MAX}, ${DEFAULT_LIMIT} by default` }),
  after: z.string().optional().meta({ description: 'The place behind the page before, from its link `next`' })
})

export const reviewQuery = queryOf(REVIEW)

type AskedReview = Asked<z.output<typeof REVIEW>, unknown>

/** Returns a page of the review of a run, which is there, with its counts and the link to the next page. */
export async function reviewPage(
  { request, query, view }: AskedReview,
  { database }: RouteContext,
  runId: string,
  roots: Roots
): Promise<Answer> {
  const { reason: reasons, status: statuses, limit = DEFAULT_LIMIT } = query
  const cursor = decodeCursor(query.after)
  const after = cursor && placeOf(cursor)
  const filter = { tenantId: view.tenantId, runId, reasons, statuses }
  const queryable = weighed(slotOf(request), database)
  const found = await readHeld(queryable, filter, { after, limit: limit + 1 })
  const total = cursor?.total ?? (await countHeld(queryable, filter))
  const rows = found.slice(0, limit)
  const position = (cursor?.position ?? 0) + rows.length
  const last = found.length > limit ? rows.at(-1) : undefined
  const isPaged = query.limit !== undefined || cursor !== undefined
  const url = `${roots.billing}/billRun/${runId}/review`
  return {
    status: isPaged && rows.length < total ? 206 : 200,
    headers: {
      'X-Total-Count': total,
      'X-Result-Count': rows.length,
      ...(last && { Link: `<${url}?${nextQuery(query, limit, cursorOf(last, position, total))}>; rel="next"` })
    },
    json: await writeList(rows, (row) => writeHeld(row, runId, roots))
  }
}

function cursorOf({ score, billId }: HeldBill, position: number, total: number): string {
  return encodeCursor({ sort: SORT, position, values: [score], id: billId, total })
}

/** A cursor is untrusted: throws `invalidQuery` for one of another list. */
function placeOf({ sort, values, id }: NonNullable<ReturnType<typeof decodeCursor>>): Place {
  const score = canonicalDecimal(values[0] ?? '')
  if (sort !== SORT || score === undefined || !isId(id)) throw QUERIES.notACursor()
  return { score, billId: id }
}

function nextQuery({ reason, status }: AskedReview['query'], limit: number, after: string): string {
  const parts = { ...(reason && { reason: reason.join() }), status: status.join(), limit: String(limit), after }
  return Object.entries(parts)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}
