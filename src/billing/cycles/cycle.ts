import type { Queryable, Row, Transaction } from '../../db/database.ts'
import { optional, rowOf, text } from '../../db/row.ts'
import { identifiers, prepared, sql } from '../../db/sql.ts'
import { CYCLES } from '../../messages/cycle.ts'
import { Problem } from '../../messages/problem.ts'
import { billCycle } from '../../resources/bill-cycle.ts'
import { billCycleSpecification } from '../../resources/bill-cycle-specification.ts'
import { served } from '../../tmf/declaration/define.ts'
import type { Document, Owner, Resource, Stored } from '../../tmf/declaration/resource.ts'
import { find } from '../../tmf/read.ts'
import { readStored } from '../../tmf/representation.ts'
import { within } from '../../tmf/view.ts'
import { create, type WriteContext } from '../../tmf/write.ts'
import {
  type CycleDates,
  type CycleSpecification,
  cycleDates,
  effectiveDates,
  isDerivable,
  type PostedDates
} from './calendar.ts'
import { periodLabel } from './period-label.ts'

/** `isNew` is false if another call opened it at the same time. */
export interface OpenedCycle {
  readonly cycle: Stored<Cycle>
  readonly isNew: boolean
}

type Specification = CycleSpecification & { readonly name: string }
type Cycle = typeof billCycle extends Resource<infer D> ? D : never

/** The served resource of cycles: fills in missing dates from the specification. */
export const datedBillCycle = served(billCycle, { completeFromDatabase: withDates })

/**
 * Opens the cycle after the latest one of a specification, or the present one if there is none. Of concurrent calls one
 * opens it; the others return the same cycle. Throws `notFound` without the specification, and `unprocessable` if it
 * determines no dates or no longer holds.
 */
export async function openNextCycle(
  tx: Transaction,
  context: WriteContext,
  specificationId: string
): Promise<OpenedCycle> {
  const { tenantId } = context.view
  const before = await latestCycle(tx, tenantId, specificationId)
  const specification = await lockSpecification(tx, context, specificationId)
  const latest = await latestCycle(tx, tenantId, specificationId)
  if (latest && latest.id !== before?.id) return { cycle: latest, isNew: false }
  const timeZone = await timeZoneOf(tx, tenantId)
  const dates = nextDates(specification.document, latest, context.clock(), timeZone)
  const view = { ...context.view, partnerId: specification.partnerId }
  const ref = { id: specificationId, name: specification.document.name }
  const document = cycleDocument(ref, dates, periodLabel(dates, timeZone))
  const { row } = await create(tx, { ...context, view }, datedBillCycle, document)
  return { cycle: readStored(billCycle, row), isNew: true }
}

const ZONE = rowOf('tenant', { timeZone: text })

export async function timeZoneOf(queryable: Queryable, tenantId: string): Promise<string> {
  const zone = prepared`SELECT ${ZONE.columns} FROM "tenant" WHERE "id" = ${tenantId}`
  return ZONE.one(await queryable.run(zone)).timeZone
}

/** A patched cycle keeps its dates as they are: remove dates to have the run derive them. */
async function withDates(tx: Transaction, owner: Owner, document: Document, before?: Stored): Promise<Document> {
  const posted: PostedDates & { readonly BillCycleSpecification?: { readonly id: string } } = document
  const { validFor, BillCycleSpecification: ref } = posted
  const specification = ref && !before ? await findSpecification(tx, owner, ref.id) : undefined
  if (!specification || !isDerivable(posted, specification)) return document
  const { start, end, ...dates } = effectiveDates(posted, specification, await timeZoneOf(tx, owner.tenantId))
  return { ...document, ...dates, validFor: { startDateTime: start, endDateTime: end, ...validFor } }
}

/** A missing specification is left to the check of references. */
async function findSpecification(tx: Transaction, owner: Owner, id: string): Promise<Specification | undefined> {
  const row = await find(tx, billCycleSpecification, owner, id).catch((error: unknown) => {
    if (error instanceof Problem && error.kind === 'notFound') return undefined
    throw error
  })
  return row && readSpecification(row)
}

function readSpecification(row: Row): Specification {
  return readStored(billCycleSpecification, row).document
}

const OWNER = rowOf('bill_cycle_specification', { partnerId: optional(text) })

/** Locks the specification until the cycle exists. Returns its owner, who also owns the cycle. */
async function lockSpecification(
  tx: Transaction,
  { view }: WriteContext,
  id: string
): Promise<{ readonly document: Specification; readonly partnerId: string | undefined }> {
  const row = await find(tx, billCycleSpecification, view, id, 'update')
  const owner = sql`SELECT ${OWNER.columns} FROM "bill_cycle_specification"
    WHERE ${within(billCycleSpecification, view)} AND "id" = ${id}`
  return { document: readSpecification(row), ...OWNER.one(await tx.run(owner)) }
}

async function latestCycle(
  queryable: Queryable,
  tenantId: string,
  specificationId: string
): Promise<Stored<Cycle> | undefined> {
  const { rows } = await queryable.run(sql`SELECT ${identifiers(billCycle.columns)} FROM "bill_cycle"
    WHERE "tenant_id" = ${tenantId} AND "bill_cycle_specification_id" = ${specificationId}
      AND "valid_for" ? 'startDateTime'
    ORDER BY ("valid_for"->>'startDateTime') COLLATE "C" DESC, "id" DESC LIMIT 1`)
  return rows[0] && readStored(billCycle, rows[0])
}

function nextDates(
  specification: Specification,
  latest: Stored<Cycle> | undefined,
  now: string,
  timeZone: string
): CycleDates {
  const which = latest ? { from: effectiveDates(latest.document, specification, timeZone).end } : { at: now }
  const dates = cycleDates(specification, which, timeZone)
  const until = specification.validFor?.endDateTime
  if (until === undefined || dates.start < until) return dates
  throw CYCLES.specificationEnds(until, dates.start)
}

function cycleDocument(
  specification: { readonly id: string; readonly name: string },
  { start, end, ...dates }: CycleDates,
  label: string
): Document {
  return {
    name: `${specification.name}: ${label}`,
    billingPeriod: label,
    ...dates,
    BillCycleSpecification: specification,
    validFor: { startDateTime: start, endDateTime: end }
  }
}
