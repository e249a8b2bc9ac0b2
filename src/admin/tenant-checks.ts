import { mayBeOne, mayCollide, type NumberPlace, readNumberPattern } from '../base/bill-number.ts'
import type { Transaction } from '../db/database.ts'
import { scalars, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { ADMIN } from '../messages/admin.ts'
import { readFault } from '../messages/message.ts'
import { type TenantSettings, TIME_ZONE_RULE } from './tenant-settings.ts'

const PATTERNS = ['billNumberPattern', 'creditNoteNumberPattern'] as const

export type CheckedSettings = Pick<TenantSettings, 'timeZone' | (typeof PATTERNS)[number]>

/** The patterns of a tenant's numbers as they are. */
type Patterns = Readonly<Record<(typeof PATTERNS)[number], string>>

/**
 * Checks that the database knows the time zone, and that a new pattern never gives a number of another series of the
 * tenant. Throws `invalidField` and `conflict`.
 */
export async function checkSettings(
  tx: Transaction,
  { timeZone, ...settings }: CheckedSettings,
  tenant?: Patterns & { readonly id: string }
): Promise<void> {
  if (timeZone !== undefined) await requireTimeZone(tx, timeZone)
  for (const name of PATTERNS) {
    const pattern = settings[name]
    if (pattern !== undefined && tenant) await requireOwnNumbers(tx, name, pattern, tenant)
  }
}

/** Throws `conflict` for patterns by which bills and credit notes would share a series, or a number. */
export function requireTwoSeries({ billNumberPattern, creditNoteNumberPattern }: Patterns): void {
  const [bills, notes] = [billNumberPattern, creditNoteNumberPattern].map(readNumberPattern)
  if (bills && notes && (mayBeOne(bills, notes) || mayCollide(bills, notes))) throw ADMIN.oneSeries(billNumberPattern)
}

async function requireTimeZone(tx: Transaction, timeZone: string): Promise<void> {
  const { rowCount } = await tx.run(sql`SELECT FROM pg_timezone_names WHERE "name" = ${timeZone}`)
  if (rowCount === 0) throw ADMIN.timeZone(readFault(TIME_ZONE_RULE).text)
}

/** Includes the present patterns even without a series: bills may be taking their first numbers now. */
async function requireOwnNumbers(
  tx: Transaction,
  name: (typeof PATTERNS)[number],
  pattern: string,
  tenant: Patterns & { readonly id: string }
): Promise<void> {
  const found = await tx.run(sql`SELECT "series" FROM "number_series" WHERE "tenant_id" = ${tenant.id}`)
  const series = scalars(found, text).map(placeOf)
  const present = PATTERNS.flatMap((one) => readNumberPattern(tenant[one]) ?? [])
  const place = readNumberPattern(pattern)
  const other = place && [...series, ...present].find((one) => mayCollide(one, place))
  if (!other) return
  throw ADMIN.numberPatternCollides(`$.${name}`, `${other.prefix}{1}${other.suffix}`)
}

/** Reads a series as in `number_series`: `INV-2026-{}`. */
function placeOf(series: string): NumberPlace {
  const [prefix = '', suffix = ''] = series.split('{}')
  return { prefix, suffix }
}
