import { recordChange } from '../audit/record.ts'
import { dayOf, dayText } from '../base/time-zone.ts'
import type { Database, Transaction } from '../db/database.ts'
import { LOCKS } from '../db/locks.ts'
import { instant, rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { sumsOf } from '../ledger/closed-periods.ts'
import { BOOKS } from '../messages/books.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../tmf/event.ts'
import { readClose, THROUGH, writeClose } from './closes.ts'
import { startOf } from './days.ts'
import { readBookkeeping } from './settings.ts'

export const CLOSE_EVENTS = { created: 'PeriodCloseCreateEvent' } as const

export interface WantedClose {
  /** The last day to close, in days since 1970. */
  readonly through: number
  readonly description?: string | undefined
}

/** A close, or the earlier one of the same day. */
export interface Closed {
  readonly id: string
  readonly isNew: boolean
}

/**
 * Closes the books through the end of a day of the tenant's zone, for ever, and counts what is in the period. Waits for
 * the postings under way. The same day again returns the earlier close, and counts if that was not done. Throws
 * `invalidField` for today or later, and `conflict` for a day in a closed period.
 */
export async function closePeriod(
  database: Database,
  context: ChangeContext,
  { through, description }: WantedClose
): Promise<Closed> {
  const { tenantId } = context.author
  const closed = await database.transaction(async (tx): Promise<Closed> => {
    const { timeZone } = await readBookkeeping(tx, tenantId)
    // Those that post take the lock shared, and see this close afterwards.
    await tx.run(sql`SELECT pg_advisory_xact_lock(${LOCKS.postings}, hashtext(${tenantId}))`)
    const now = context.clock()
    if (through >= dayOf(Date.parse(now), timeZone)) throw BOOKS.notOver(dayText(through))
    const day = dayText(through)
    const last = await lastClose(tx, tenantId)
    if (last?.through === day) return { id: last.id, isNew: false }
    const endsAt = startOf(through + 1, timeZone)
    if (last && Date.parse(last.endsAt) >= Date.parse(endsAt)) throw BOOKS.closedAlready(last.through, day)
    const id = context.newId()
    await tx.run(sql`INSERT INTO "period_close" ("tenant_id", "id", "version", "created_at", "through", "ends_at",
        "description")
      VALUES (${tenantId}, ${id}, 0, ${now}, ${day}::date, ${endsAt}, ${description})`)
    const after = { through: day, description }
    await recordChange(tx, context, { action: 'close', resourceType: 'PeriodClose', resourceId: id, after }, now)
    return { id, isNew: true }
  })
  await database.transaction((tx) => countClose(tx, context, closed.id))
  return closed
}

const LAST = rowOf('period_close', { id: text, endsAt: instant, ...THROUGH }, 'c')

async function lastClose(tx: Transaction, tenantId: string) {
  const { rows } = await tx.run(sql`SELECT ${LAST.columns} FROM "period_close" c
    WHERE c."tenant_id" = ${tenantId} ORDER BY c."ends_at" DESC LIMIT 1`)
  return rows.map(LAST.read)[0]
}

/** Counts and sums the entries of a closed period, once, and tells of it. Nothing can be added to them any more. */
async function countClose(tx: Transaction, context: ChangeContext, id: string): Promise<void> {
  const { tenantId } = context.author
  await tx.takeTime()
  const { rowCount } = await tx.run(sql`UPDATE "period_close" c SET "version" = c."version" + 1,
      "entries" = x."entries", "totals" = x."totals"
    FROM "period_close" p CROSS JOIN LATERAL ${sumsOf()} x
    WHERE p."tenant_id" = ${tenantId} AND p."id" = ${id} AND c."tenant_id" = p."tenant_id" AND c."id" = p."id"
      AND c."entries" IS NULL`)
  if (rowCount === 0) return
  const source = { type: CLOSE_EVENTS.created, path: 'periodClose', table: 'period_close', owner: 'tenant' } as const
  const document = writeClose(await readClose(tx, tenantId, id), `${OWN_BILLING}/periodClose/${id}`)
  await recordDocuments(tx, context, source, [{ id, document }], context.clock())
}
