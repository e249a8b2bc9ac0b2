import type { Document } from '../src/tmf/declaration/resource.ts'
import { DAY, dayName, HOUR, instant, midnight, monthName, type Period } from './calendar.ts'
import type { CycleKey } from './customers.ts'
import type { Draft } from './draft.ts'
import { idSequence } from './random.ts'

/** The recurrence of bills. Offsets are days from the billing date, the day after the billed period. */
interface Rhythm {
  readonly key: CycleKey
  readonly tenantId: string
  readonly name: string
  readonly description: string
  readonly billingPeriod: string
  readonly frequency: string
  readonly mailingOffset: number
  readonly dueOffset: number
  /** The number of cycles, and the start of each. */
  readonly count: number
  readonly start: (index: number) => number
  readonly label: (period: Period) => string
}

export interface Cycle {
  readonly id: string
  readonly key: CycleKey
  readonly name: string
  readonly period: Period
  readonly billingDate: number
  readonly nextBillDate: number
  readonly dueDate: number
}

export interface Cycles {
  readonly specifications: readonly Draft[]
  readonly drafts: readonly Draft[]
  readonly cycles: readonly Cycle[]
  /** Returns the specification of a cycle's accounts. */
  readonly specificationOf: (cycle: CycleKey) => string
}

const YEAR = 2025
const NOVEMBER = 10
const SPECIFIED_AT = midnight(YEAR, 9)
const WEEKS_FROM = midnight(2026, 7, 31)

const RHYTHMS: readonly Rhythm[] = [
  {
    key: 'first',
    tenantId: 'demo',
    name: 'Monthly, 1st',
    description: 'Bills on the first of each month for the month before',
    billingPeriod: 'month',
    frequency: 'monthly',
    mailingOffset: 2,
    dueOffset: 14,
    count: 12,
    start: (index) => midnight(YEAR, NOVEMBER + index),
    label: ({ start }) => monthName(start)
  },
  {
    key: 'fifteenth',
    tenantId: 'demo',
    name: 'Monthly, 15th',
    description: 'Bills on the 15th of each month for the month up to the 14th',
    billingPeriod: 'month',
    frequency: 'monthly',
    mailingOffset: 2,
    dueOffset: 14,
    count: 12,
    start: (index) => midnight(YEAR, NOVEMBER - 1 + index, 15),
    label: ({ start, end }) => `${dayName(start)} to ${dayName(end - DAY)}`
  },
  {
    key: 'quarter',
    tenantId: 'demo',
    name: 'Quarterly, enterprise',
    description: 'Bills on the first of February, May, August and November for the three months before',
    billingPeriod: 'quarter',
    frequency: 'quarterly',
    mailingOffset: 3,
    dueOffset: 30,
    count: 4,
    start: (index) => midnight(YEAR, NOVEMBER + 3 * index),
    label: ({ start, end }) => `${monthName(start)} to ${monthName(end - DAY)}`
  },
  {
    key: 'week',
    tenantId: 'demo2',
    name: 'Weekly, IoT',
    description: 'Bills on each Monday for the week before',
    billingPeriod: 'week',
    frequency: 'weekly',
    mailingOffset: 0,
    dueOffset: 7,
    count: 8,
    start: (index) => WEEKS_FROM + 7 * index * DAY,
    label: ({ start }) => `week of ${dayName(start)}`
  }
]

/** Returns specifications and cycles of a tenant, each in the order of creation. */
export function cyclesOf(tenantId: string): Cycles {
  const rhythms = RHYTHMS.filter((rhythm) => rhythm.tenantId === tenantId)
  const specificationId = idSequence(`${tenantId} specification`)
  const cycleId = idSequence(`${tenantId} cycle`)
  const specifications = rhythms.map((rhythm) => specification(rhythm, specificationId(SPECIFIED_AT)))
  const opened = rhythms
    .flatMap((rhythm, at) => {
      const specificationRef = { id: specifications[at]?.id, name: rhythm.name, description: rhythm.description }
      return Array.from({ length: rhythm.count }, (_, index) => ({ rhythm, specificationRef, index }))
    })
    .sort((a, b) => a.rhythm.start(a.index) - b.rhythm.start(b.index))
    .map(({ rhythm, specificationRef, index }) => {
      const cycle = cycleOf(rhythm, index, cycleId(openedAt(rhythm, index)))
      const document = cycleDocument(rhythm, cycle, specificationRef)
      return { cycle, draft: { id: cycle.id, createdAt: openedAt(rhythm, index), document } }
    })
  return {
    specifications,
    drafts: opened.map(({ draft }) => draft),
    cycles: opened.map(({ cycle }) => cycle),
    specificationOf: (key) => String(specifications[rhythms.findIndex((rhythm) => rhythm.key === key)]?.id)
  }
}

function specification(rhythm: Rhythm, id: string): Draft {
  const document = {
    name: rhythm.name,
    description: rhythm.description,
    billingPeriod: rhythm.billingPeriod,
    frequency: rhythm.frequency,
    chargeDateOffset: 0,
    creditDateOffset: 0,
    mailingDateOffset: rhythm.mailingOffset,
    paymentDueDateOffset: rhythm.dueOffset,
    validFor: { startDateTime: instant(rhythm.start(0)) }
  }
  return { id, createdAt: SPECIFIED_AT, document }
}

/** A cycle is opened on the morning of its first day. */
function openedAt(rhythm: Rhythm, index: number): number {
  return rhythm.start(index) + HOUR
}

function cycleOf(rhythm: Rhythm, index: number, id: string): Cycle {
  const period = { start: rhythm.start(index), end: rhythm.start(index + 1) }
  return {
    id,
    key: rhythm.key,
    name: `${rhythm.name}: ${rhythm.label(period)}`,
    period,
    billingDate: period.end,
    nextBillDate: rhythm.start(index + 2),
    dueDate: period.end + rhythm.dueOffset * DAY
  }
}

function cycleDocument(
  rhythm: Rhythm,
  { name, period, billingDate, dueDate }: Cycle,
  specificationRef: unknown
): Document {
  return {
    name,
    description: rhythm.description,
    billingPeriod: rhythm.label(period),
    billingDate: instant(billingDate),
    chargeDate: instant(billingDate),
    creditDate: instant(billingDate),
    mailingDate: instant(billingDate + rhythm.mailingOffset * DAY),
    paymentDueDate: instant(dueDate),
    BillCycleSpecification: specificationRef,
    validFor: { startDateTime: instant(period.start), endDateTime: instant(period.end) }
  }
}
