import { mayCollide, type NumberPlace, readNumberPattern } from '../base/bill-number.ts'
import type { Transaction } from '../db/database.ts'
import { scalars, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { ADMIN } from '../messages/admin.ts'
import { readFault } from '../messages/message.ts'
import { type TenantSettings, TIME_ZONE_RULE } from './tenant-settings.ts'

export type CheckedSettings = Pick<TenantSettings, 'timeZone' | 'billNumberPattern'>

/**
 * Checks that the database knows the time zone, and that a new pattern never gives a number of another series of the
 * tenant. Throws `invalidField` and `conflict`.
 */
export async function checkSettings(
  tx: Transaction,
  { timeZone, billNumberPattern }: CheckedSettings,
  tenant?: { readonly id: string; readonly billNumberPattern: string }
): Promise<void> {
  if (timeZone !== undefined) await requireTimeZone(tx, timeZone)
  if (billNumberPattern !== undefined && tenant) await requireOwnNumbers(tx, billNumberPattern, tenant)
}

async function requireTimeZone(tx: Transaction, timeZone: string): Promise<void> {
  const { rowCount } = await tx.run(sql`SELECT FROM pg_timezone_names WHERE "name" = ${timeZone}`)
  if (rowCount === 0) throw ADMIN.timeZone(readFault(TIME_ZONE_RULE).text)
}

/** Includes the present pattern even without a series: bills may be taking its first numbers now. */
async function requireOwnNumbers(
  tx: Transaction,
  pattern: string,
  tenant: { readonly id: string; readonly billNumberPattern: string }
): Promise<void> {
  const found = await tx.run(sql`SELECT "series" FROM "number_series" WHERE "tenant_id" = ${tenant.id}`)
  const series = scalars(found, text).map(placeOf)
  const [place, present] = [readNumberPattern(pattern), readNumberPattern(tenant.billNumberPattern)]
  const other = place && [...series, ...(present ? [present] : [])].find((one) => mayCollide(one, place))
  if (!other) return
  const named = `${other.prefix}{1}${other.suffix}`
  throw ADMIN.numberPatternCollides(named)
}

/** Reads a series as in `number_series`: `INV-2026-{}`. */
function placeOf(series: string): NumberPlace {
  const [prefix = '', suffix = ''] = series.split('{}')
  return { prefix, suffix }
}
