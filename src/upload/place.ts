import type { Instant } from '../base/instant.ts'
import { dayOf, startOfDay } from '../base/time-zone.ts'
import { UNKNOWN_ACCOUNTS } from '../base/unknown-accounts.ts'
import { ownNumbers } from '../billing/issuing/number-series.ts'
import type { Queryable } from '../db/database.ts'
import { oneOf, rowOf, text } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import type { Day } from './columns.ts'

/** Where rows are read: the tenant's currency and calendar. */
export interface Place {
  /** Of rows that say none, for accounts of other systems. */
  readonly currency: string
  /** Of new accounts. */
  readonly language: string
  readonly unknownAccounts: (typeof UNKNOWN_ACCOUNTS)[number]
  readonly today: Day
  /** Returns the midnight that begins a day. */
  readonly at: (day: Day) => Instant
  /** Returns the pattern by which this service may give the number to a bill of its own. */
  readonly ownNumber: (billNo: string) => string | undefined
}

const TENANT = rowOf('tenant', {
  currency: text,
  language: text,
  timeZone: text,
  unknownAccounts: oneOf(UNKNOWN_ACCOUNTS)
})

export async function placeOf(queryable: Queryable, tenantId: string, now: Instant): Promise<Place> {
  const found = await queryable.run(prepared`SELECT ${TENANT.columns} FROM "tenant" WHERE "id" = ${tenantId}`)
  const { timeZone, ...settings } = TENANT.one(found)
  const ownNumber = await ownNumbers(queryable, tenantId)
  return { ...settings, today: dayOf(Date.parse(now), timeZone), at: midnights(timeZone), ownNumber }
}

/** Remembers midnights, which are slow to find: the rows of an upload share their days. */
function midnights(timeZone: string): Place['at'] {
  const known = new Map<Day, Instant>()
  return (day) => {
    const found = known.get(day) ?? new Date(startOfDay(day, timeZone)).toISOString()
    known.set(day, found)
    return found
  }
}
