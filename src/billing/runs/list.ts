import { z } from 'zod'
import type { Instant } from '../../base/instant.ts'
import { trimScale } from '../../base/money.ts'
import { isId } from '../../base/ulid.ts'
import type { Queryable, Row } from '../../db/database.ts'
import { boolean, computed, count, instant, json, oneOf, optional, rowOf, scalar, text } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { moneyOf, objectOf } from '../../http/json.ts'
import { RESOURCES } from '../../messages/resource.ts'
import { RUN_BILL_STATES } from '../../resources/customer-bill.ts'
import type { PageOf, Range } from '../../tmf/query/list-query.ts'
import { type Requested, urlOf } from '../../tmf/serving/pages.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import { IN_REVIEW } from '../review/release.ts'
import { RUN_STATES } from './run.ts'

export type ReadRun = ReturnType<typeof readRun>

/** A run as clients read it. */
export interface BillRun extends Omit<ReadRun, 'amount'> {
  readonly amount: readonly { readonly unit: string; readonly value: number }[]
}

/** Selects runs in any of these states and of any of these cycles; one run with `id`. */
export interface RunFilter {
  readonly id?: string
  readonly states?: readonly string[] | undefined
  readonly cycles?: readonly string[] | undefined
}

const PARKED_SHOWN_MAX = 1_000

const BY_ACCOUNT = { billingAccount: z.object({ id: z.string() }) }
const ofRun = sql`"tenant_id" = r."tenant_id" AND "bill_run_id" = r."id"`

const RUN = rowOf(
  'bill_run',
  {
    id: text,
    state: oneOf(RUN_STATES),
    billCycleId: text,
    isDry: boolean,
    billState: oneOf(RUN_BILL_STATES),
    failure: optional(text),
    startedAt: optional(instant),
    finishedAt: optional(instant),
    eligible: computed(count, sql`c."eligible"`),
    billed: computed(count, sql`c."billed"`),
    chunks: computed(count, sql`c."chunks"`),
    finished: computed(count, sql`c."finished"`),
    skipped: computed(
      optional(json(z.array(z.object({ reason: z.string(), count: z.number() })))),
      sql`(SELECT json_agg(json_build_object('reason', s."reason", 'count', s."count") ORDER BY s."reason") FROM (
        SELECT k."key" AS "reason", sum(k."value"::bigint) AS "count"
        FROM "bill_run_chunk" x, jsonb_each_text(x."skipped") k WHERE ${ofRun} GROUP BY 1) s)`
    ),
    amounts: computed(
      optional(json(z.record(z.string(), z.string()))),
      sql`(SELECT json_object_agg(s."unit", s."value"::text ORDER BY s."unit") FROM (
        SELECT k."key" AS "unit", sum(k."value"::numeric) AS "value"
        FROM "bill_run_chunk" x, jsonb_each_text(x."amounts") k WHERE ${ofRun} GROUP BY 1) s)`
    ),
    parked: computed(
      optional(json(z.array(z.object({ ...BY_ACCOUNT, reason: z.string(), reasonCode: z.string().optional() })))),
      sql`(SELECT json_agg(json_strip_nulls(json_build_object('billingAccount',
          json_build_object('id', p."billing_account_id"), 'reason', p."reason", 'reasonCode', p."reason_code")))
        FROM (SELECT * FROM "bill_run_parked" WHERE ${ofRun} AND "retry" IS NULL
          ORDER BY "billing_account_id" LIMIT ${PARKED_SHOWN_MAX}) p)`
    ),
    unknown: computed(
      optional(json(z.array(z.object({ ...BY_ACCOUNT, count: z.number() })))),
      sql`(SELECT json_agg(json_build_object('billingAccount', json_build_object('id', u."key"),
          'count', u."value"::bigint) ORDER BY u."key") FROM jsonb_each_text(r."unknown_account_rates") u)`
    ),
    reviewCount: computed(
      count,
      sql`(SELECT count(*) FROM "bill_review" v
        JOIN "customer_bill" b ON b."tenant_id" = v."tenant_id" AND b."id" = v."bill_id"
        WHERE v."tenant_id" = r."tenant_id" AND v."bill_run_id" = r."id" AND ${IN_REVIEW})`
    ),
    parkedCount: computed(count, sql`(SELECT count(*) FROM "bill_run_parked" WHERE ${ofRun} AND "retry" IS NULL)`)
  },
  'r'
)

export async function readRuns(
  queryable: Queryable,
  tenantId: string,
  now: Instant,
  filter: RunFilter = {}
): Promise<readonly ReadRun[]> {
  const rows = await selectRuns(queryable, tenantId, filter, { limit: 100, offset: 0 })
  return rows.map((row) => readRun(row, now))
}

/** Selects a page of the runs of a tenant, the newest first, and counts all; `readRun` reads a row. */
export async function listRuns(
  queryable: Queryable,
  tenantId: string,
  filter: RunFilter,
  range: Range
): Promise<PageOf<Row>> {
  const rows = await selectRuns(queryable, tenantId, filter, range)
  const counted = await queryable.run(sql`SELECT count(*) FROM "bill_run" r WHERE ${meantBy(tenantId, filter)}`)
  return { rows, total: scalar(counted, count) }
}

async function selectRuns(
  queryable: Queryable,
  tenantId: string,
  filter: RunFilter,
  { limit, offset }: Range
): Promise<readonly Row[]> {
  const { rows } = await queryable.run(sql`SELECT ${RUN.columns}
    FROM (SELECT * FROM "bill_run" r WHERE ${meantBy(tenantId, filter)}
      ORDER BY r."id" DESC LIMIT ${limit} OFFSET ${offset}) r CROSS JOIN LATERAL (
      SELECT coalesce(sum(x."eligible"), 0) AS "eligible", coalesce(sum(x."billed"), 0) AS "billed",
        count(*) AS "chunks", count(x."finished_at") AS "finished"
      FROM "bill_run_chunk" x WHERE x."tenant_id" = r."tenant_id" AND x."bill_run_id" = r."id") c
    ORDER BY r."id" DESC`)
  return rows
}

export function writeRun({ id, ...run }: ReadRun, href?: string): string {
  const members = Object.entries({ id, href, ...run }).map(([name, value]) => [name, JSON.stringify(value)])
  const amount = `[${run.amount.map(({ unit, value }) => moneyOf(unit, value)).join()}]`
  return objectOf({ ...Object.fromEntries(members), amount })
}

/** Reads one run of a tenant. Throws `notFound`. */
export async function oneRun(
  { database, clock }: Pick<RouteContext, 'database' | 'clock'>,
  tenantId: string,
  id: string
): Promise<ReadRun> {
  const [run] = isId(id) ? await readRuns(database, tenantId, clock(), { id }) : []
  if (run) return run
  throw RESOURCES.notFound('billRun')
}

/** Writes one run as JSON. Throws `notFound`. */
export async function answerRun(asked: Requested, context: RouteContext, id: string): Promise<string> {
  return writeRun(await oneRun(context, asked.view.tenantId, id), urlOf(asked, context, `billRun/${id}`))
}

function meantBy(tenantId: string, { id, states, cycles }: RunFilter): Sql {
  return sql`r."tenant_id" = ${tenantId} AND ${id === undefined ? sql`TRUE` : sql`r."id" = ${id}`}
    AND ${states ? sql`r."state" = ANY(${states}::text[])` : sql`TRUE`}
    AND ${cycles ? sql`r."bill_cycle_id" = ANY(${cycles}::text[])` : sql`TRUE`}`
}

export function readRun(row: Row, now: Instant) {
  const run = RUN.read(row)
  const { id, state, billState, failure, startedAt: from, finishedAt: to, eligible, billed, chunks, finished } = run
  const { skipped = [], reviewCount, parkedCount, parked = [], unknown, amounts = {} } = run
  return {
    ...{ id, state, billCycle: { id: run.billCycleId }, dryRun: run.isDry, billState },
    ...{ eligible, billed, reviewCount, skipped, parkedCount, parked },
    ...(unknown && { unknownAccountRates: unknown }),
    amount: Object.entries(amounts).map(([unit, value]) => ({ unit, value: trimScale(value) })),
    ...(from !== undefined && { startedAt: from, ...speed(from, to ?? now, billed, chunks, finished, !to) }),
    ...(to !== undefined && { finishedAt: to }),
    ...(failure !== undefined && { failure })
  }
}

interface Speed {
  readonly billsPerSecond: number
  readonly estimatedEnd?: Instant
}

function speed(from: Instant, to: Instant, billed: number, chunks: number, finished: number, isOpen: boolean): Speed {
  const ms = Math.max(Date.parse(to) - Date.parse(from), 1)
  const billsPerSecond = Math.round((billed * 1_000) / ms)
  if (!isOpen || finished === 0) return { billsPerSecond }
  const end = Date.parse(from) + (ms * chunks) / finished
  return { billsPerSecond, estimatedEnd: new Date(end).toISOString() }
}
