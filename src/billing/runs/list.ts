import { z } from 'zod'
import { type Instant, instantFromPostgres } from '../../base/instant.ts'
import { trimScale } from '../../base/money.ts'
import { Problem } from '../../base/problem.ts'
import { isId } from '../../base/ulid.ts'
import type { Queryable } from '../../db/database.ts'
import { oneOf } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { moneyOf, objectOf } from '../../http/json.ts'
import type { Asked } from '../../tmf/serving/endpoint.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import { BILL_STATES, type BillRun, RUN_STATES } from './bill-run.ts'

/** A run as it is read: its sums are decimal text, of which no digit is lost. */
export interface ReadRun extends Omit<BillRun, 'amount'> {
  readonly amount: readonly { readonly unit: string; readonly value: string }[]
}

/** Which runs are meant: those in any of these states, and of any of these cycles; one alone with `id`. */
export interface RunFilter {
  readonly id?: string
  readonly states?: readonly string[] | undefined
  readonly cycles?: readonly string[] | undefined
}

/** So many parked accounts are shown with a run. */
const PARKED_SHOWN_MAX = 1_000

/** Runs of a tenant, the newest first. */
export async function readRuns(
  queryable: Queryable,
  tenantId: string,
  now: Instant,
  filter: RunFilter = {},
  { limit = 100, offset = 0 }: { readonly limit?: number; readonly offset?: number } = {}
): Promise<readonly ReadRun[]> {
  const { rows } = await queryable.run(sql`SELECT r."id", r."state", r."bill_cycle_id", r."is_dry", r."bill_state",
      r."failure", r."started_at", r."finished_at", c."eligible", c."billed", c."chunks", c."finished",
      (SELECT json_agg(json_build_object('reason', s."reason", 'count', s."count") ORDER BY s."reason") FROM (
        SELECT k."key" AS "reason", sum(k."value"::bigint) AS "count" FROM "bill_run_chunk" x,
          jsonb_each_text(x."skipped") k
        WHERE x."tenant_id" = r."tenant_id" AND x."bill_run_id" = r."id" GROUP BY 1) s),
      (SELECT json_object_agg(s."unit", s."value"::text ORDER BY s."unit") FROM (
        SELECT k."key" AS "unit", sum(k."value"::numeric) AS "value" FROM "bill_run_chunk" x,
          jsonb_each_text(x."amounts") k
        WHERE x."tenant_id" = r."tenant_id" AND x."bill_run_id" = r."id" GROUP BY 1) s),
      (SELECT json_agg(json_build_object('billingAccount', json_build_object('id', p."billing_account_id"),
          'reason', p."reason")) FROM (SELECT * FROM "bill_run_parked" q WHERE q."tenant_id" = r."tenant_id"
          AND q."bill_run_id" = r."id" ORDER BY q."billing_account_id" LIMIT ${PARKED_SHOWN_MAX}) p),
      (SELECT json_agg(json_build_object('billingAccount', json_build_object('id', u."key"), 'count', u."value"::bigint)
        ORDER BY u."key") FROM jsonb_each_text(r."unknown_account_rates") u),
      (SELECT count(*) FROM "bill_run_parked" q WHERE q."tenant_id" = r."tenant_id" AND q."bill_run_id" = r."id")
    FROM (SELECT * FROM "bill_run" r WHERE ${meantBy(tenantId, filter)}
      ORDER BY r."id" DESC LIMIT ${limit} OFFSET ${offset}) r CROSS JOIN LATERAL (
      SELECT coalesce(sum(x."eligible"), 0) AS "eligible", coalesce(sum(x."billed"), 0) AS "billed",
        count(*) AS "chunks", count(x."finished_at") AS "finished"
      FROM "bill_run_chunk" x WHERE x."tenant_id" = r."tenant_id" AND x."bill_run_id" = r."id") c
    ORDER BY r."id" DESC`)
  return rows.map((row) => represent(row, now))
}

/** How many runs of a tenant are meant. */
export async function countRuns(queryable: Queryable, tenantId: string, filter: RunFilter): Promise<number> {
  const { rows } = await queryable.run(sql`SELECT count(*) FROM "bill_run" r WHERE ${meantBy(tenantId, filter)}`)
  return Number(rows[0]?.[0])
}

/** A run as JSON, its sums with their exact digits; with where it is found, if that is known. */
export function writeRun({ id, ...run }: ReadRun, href?: string): string {
  const members = Object.entries({ id, href, ...run }).map(([name, value]) => [name, JSON.stringify(value)])
  const amount = `[${run.amount.map(({ unit, value }) => moneyOf(unit, value)).join()}]`
  return objectOf({ ...Object.fromEntries(members), amount })
}

type Requested = Pick<Asked<unknown, unknown>, 'request' | 'base' | 'view'>

/** Where a run is found. */
export function hrefOf({ request, base }: Requested, { address }: RouteContext, id: string): string {
  return `${address(request, `${base}/billRun`).url}/${id}`
}

/** One run of a tenant. Throws `notFound`. */
export async function oneRun({ database, clock }: RouteContext, tenantId: string, id: string): Promise<ReadRun> {
  const [run] = isId(id) ? await readRuns(database, tenantId, clock(), { id }) : []
  if (run) return run
  throw new Problem('notFound', 'There is no billRun with this id')
}

/** One run as JSON. Throws `notFound`. */
export async function answerRun(asked: Requested, context: RouteContext, id: string): Promise<string> {
  return writeRun(await oneRun(context, asked.view.tenantId, id), hrefOf(asked, context, id))
}

function meantBy(tenantId: string, { id, states, cycles }: RunFilter): Sql {
  return sql`r."tenant_id" = ${tenantId} AND ${id === undefined ? sql`TRUE` : sql`r."id" = ${id}`}
    AND ${states ? sql`r."state" = ANY(${states}::text[])` : sql`TRUE`}
    AND ${cycles ? sql`r."bill_cycle_id" = ANY(${cycles}::text[])` : sql`TRUE`}`
}

const STATE = oneOf(RUN_STATES)
const BILL_STATE = oneOf(BILL_STATES)
const AMOUNTS = z.record(z.string(), z.string())

function represent(row: readonly (string | null)[], now: Instant): ReadRun {
  const [id, state, billCycle, isDry, billState, failure, startedAt, finishedAt, eligibleCount, billed] = row
  const [chunks, finished, skipped, amounts, parked, unknown, parkedCount] = row.slice(10)
  const [from, to] = [startedAt, finishedAt].map((printed) => (printed ? instantFromPostgres(printed) : undefined))
  const sums = AMOUNTS.parse(JSON.parse(amounts ?? '{}'))
  return {
    id: String(id),
    state: STATE.decode(state ?? null),
    billCycle: { id: String(billCycle) },
    dryRun: isDry === 't',
    billState: BILL_STATE.decode(billState ?? null),
    eligible: Number(eligibleCount),
    billed: Number(billed),
    skipped: JSON.parse(skipped ?? '[]'),
    parkedCount: Number(parkedCount),
    parked: JSON.parse(parked ?? '[]'),
    ...(unknown && { unknownAccountRates: JSON.parse(unknown) }),
    amount: Object.entries(sums).map(([unit, value]) => ({ unit, value: trimScale(value) })),
    ...(from && { startedAt: from, ...speed(from, to ?? now, Number(billed), Number(chunks), Number(finished), !to) }),
    ...(to && { finishedAt: to }),
    ...(failure && { failure })
  }
}

function speed(from: Instant, to: Instant, billed: number, chunks: number, finished: number, isOpen: boolean) {
  const ms = Math.max(Date.parse(to) - Date.parse(from), 1)
  const billsPerSecond = Math.round((billed * 1_000) / ms)
  if (!isOpen || finished === 0) return { billsPerSecond }
  const end = Date.parse(from) + (ms * chunks) / finished
  return { billsPerSecond, estimatedEnd: new Date(end).toISOString() }
}
