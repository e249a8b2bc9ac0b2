import { mayCollide, type NumberPlace, readNumberPattern } from '../base/bill-number.ts'
import { Problem } from '../base/problem.ts'
import type { Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { type TenantSettings, TIME_ZONE_RULE } from './tenant-settings.ts'

/** Settings that the database has something to say about. */
export type CheckedSettings = Pick<TenantSettings, 'timeZone' | 'billNumberPattern'>

/**
 * Checks settings by what the database knows: the zone must be one of its own, and a new pattern must give no number
 * that another series of the tenant gave or may give. Throws `invalidField` and `conflict`.
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
  if (rowCount === 0) throw new Problem('invalidField', `$.timeZone ${TIME_ZONE_RULE}`)
}

/** The present pattern is among the others even if it has no series yet: bills may be taking its first numbers now. */
async function requireOwnNumbers(
  tx: Transaction,
  pattern: string,
  tenant: { readonly id: string; readonly billNumberPattern: string }
): Promise<void> {
  const { rows } = await tx.run(sql`SELECT "series" FROM "number_series" WHERE "tenant_id" = ${tenant.id}`)
  const series = rows.map(([name]) => placeOf(String(name)))
  const [place, present] = [readNumberPattern(pattern), readNumberPattern(tenant.billNumberPattern)]
  const other = place && [...series, ...(present ? [present] : [])].find((one) => mayCollide(one, place))
  if (!other) return
  const named = `${other.prefix}{1}${other.suffix}`
  throw new Problem('conflict', `$.billNumberPattern could give a bill a number that ${named} gives to another bill`)
}

/** Of a series as `number_series` has it: `INV-2026-{}`. */
function placeOf(series: string): NumberPlace {
  const [prefix = '', suffix = ''] = series.split('{}')
  return { prefix, suffix }
}
