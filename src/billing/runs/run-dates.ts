import { z } from 'zod'
import type { Instant } from '../../base/instant.ts'
import type { Queryable } from '../../db/database.ts'
import { billCycle } from '../../resources/bill-cycle.ts'
import { billCycleSpecification } from '../../resources/bill-cycle-specification.ts'
import { find } from '../../tmf/read.ts'
import { readStored } from '../../tmf/representation.ts'
import { type CycleSpecification, cycleDates, effectiveDates } from '../cycles/calendar.ts'
import { timeZoneOf } from '../cycles/cycle.ts'

export const RUN_DATES = z.object({
  start: z.string(),
  end: z.string(),
  billingDate: z.string(),
  chargeDate: z.string(),
  creditDate: z.string(),
  mailingDate: z.string(),
  paymentDueDate: z.string().optional(),
  specificationId: z.string(),
  nextBillDate: z.string().optional()
})

export type RunDates = z.output<typeof RUN_DATES>

/**
 * Returns the dates for the bills of a run. Throws `unprocessable` if the cycle determines no dates, or inverted ones.
 */
export async function runDates(queryable: Queryable, tenantId: string, billCycleId: string): Promise<RunDates> {
  const cycle = readStored(billCycle, await find(queryable, billCycle, { tenantId }, billCycleId)).document
  const { BillCycleSpecification: ref } = cycle
  if (!ref) throw new Error('a cycle without a specification is never run')
  const found = await find(queryable, billCycleSpecification, { tenantId }, ref.id)
  const specification = readStored(billCycleSpecification, found).document
  const timeZone = await timeZoneOf(queryable, tenantId)
  const dates = effectiveDates(cycle, specification, timeZone)
  return { ...dates, specificationId: ref.id, ...nextBillDate(specification, dates.end, timeZone) }
}

/** Informative only: a specification that no longer determines dates has no next bill. */
function nextBillDate(specification: CycleSpecification, end: Instant, timeZone: string): Partial<RunDates> {
  try {
    return { nextBillDate: cycleDates(specification, { from: end }, timeZone).billingDate }
  } catch {
    return {}
  }
}
