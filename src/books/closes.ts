import { z } from 'zod'
import type { Queryable } from '../db/database.ts'
import { computed, count, instant, integer, json, optional, rowOf, scalar, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { moneyOf, objectOf } from '../http/json.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { PageOf, Range } from '../tmf/query/list-query.ts'

export const THROUGH = { through: computed(text, sql`c."through"`) } as const

const CLOSE = rowOf(
  'period_close',
  {
    ...THROUGH,
    id: text,
    version: integer,
    createdAt: instant,
    endsAt: instant,
    description: optional(text),
    entries: optional(count),
    totals: optional(json(z.record(z.string(), z.string())))
  },
  'c'
)
export type Close = ReturnType<typeof CLOSE.read>

/** Selects a page of the closed periods of a tenant, the last one first, and counts all. */
export async function listCloses(
  queryable: Queryable,
  tenantId: string,
  { offset, limit }: Range
): Promise<PageOf<Close>> {
  const { rows } = await queryable.run(sql`SELECT ${CLOSE.columns} FROM "period_close" c
    WHERE c."tenant_id" = ${tenantId} ORDER BY c."ends_at" DESC LIMIT ${limit} OFFSET ${offset}`)
  const counted = await queryable.run(sql`SELECT count(*) FROM "period_close" WHERE "tenant_id" = ${tenantId}`)
  return { rows: rows.map(CLOSE.read), total: scalar(counted, count) }
}

/** Reads a closed period of a tenant; throws `notFound`. */
export async function readClose(queryable: Queryable, tenantId: string, id: string): Promise<Close> {
  const { rows } = await queryable.run(sql`SELECT ${CLOSE.columns} FROM "period_close" c
    WHERE c."tenant_id" = ${tenantId} AND c."id" = ${id}`)
  const [found] = rows.map(CLOSE.read)
  if (found) return found
  throw RESOURCES.notFound('closed period')
}

export function writeClose({ id, through, description, entries, totals, createdAt, endsAt }: Close, href: string) {
  const text = (value: string | undefined) => value && JSON.stringify(value)
  const sums = totals && Object.entries(totals).sort(([one], [other]) => (one < other ? -1 : 1))
  const written = sums?.map(([currency, amount]) => {
    const money = moneyOf(currency, amount)
    return objectOf({ currency: JSON.stringify(currency), debit: money, credit: money })
  })
  return objectOf({
    ...{ id: text(id), href: text(href), through: text(through), endsAt: text(endsAt) },
    ...{ description: text(description), entries: entries === undefined ? undefined : String(entries) },
    totals: written && `[${written.join()}]`,
    createdAt: text(createdAt)
  })
}
