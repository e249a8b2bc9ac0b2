import { type Instant, later } from '../../base/instant.ts'
import type { Database } from '../../db/database.ts'
import { instant, optional, scalar } from '../../db/row.ts'
import { prepared } from '../../db/sql.ts'
import { CUSTOMERS } from '../../messages/customer.ts'
import { hashSecret } from '../keys/secret.ts'
import { network } from '../sign-in/attempts.ts'
import type { CustomerContext } from './context.ts'
import type { Realm } from './realm.ts'

const BUDGETS = {
  address: { limit: 'network', withinS: 600 },
  account: { limit: 'address', withinS: 3_600 },
  visitor: { limit: 'address', withinS: 3_600 },
  partner: { limit: 'partner', withinS: 600 }
} as const

type Budget = keyof typeof BUDGETS
const NAMES: readonly Budget[] = ['address', 'account', 'visitor', 'partner']

type Throttling = Pick<CustomerContext, 'database' | 'clock' | 'limits'>

/**
 * Takes one of the budgets of a network, an account or address of mail that a partner names, an address that anybody
 * types at the portal, and a partner. They are counted in the
 * database, for all processes together, outside of any transaction, so that no rollback gives one back. Throws
 * `tooManyRequests`.
 */
export async function spend(
  { database, clock, limits }: Throttling,
  { tenantId, partnerId = '' }: Realm,
  spent: { readonly [Name in Budget]?: string }
): Promise<void> {
  const now = clock()
  for (const name of NAMES) {
    const of = spent[name]
    if (of === undefined) continue
    const key = hashSecret(JSON.stringify([name, partnerId, name === 'address' ? network(of) : of]))
    const { limit, withinS } = BUDGETS[name]
    const waitS = await take(database, tenantId, key, { count: limits[limit], withinS }, now)
    if (waitS > 0) throw CUSTOMERS.tooMany(name).with({ 'Retry-After': String(waitS) })
  }
}

/** Takes a share of a budget, or returns the seconds until there is one. */
async function take(
  database: Database,
  tenantId: string,
  key: string,
  { count, withinS }: { readonly count: number; readonly withinS: number },
  now: Instant
): Promise<number> {
  const shareS = withinS / count
  const taken = await database.run(prepared`INSERT INTO "throttle" AS "known" ("tenant_id", "key", "whole_at")
      VALUES (${tenantId}, ${key}, ${later(now, shareS)})
      ON CONFLICT ("tenant_id", "key") DO UPDATE
        SET "whole_at" = greatest("known"."whole_at", ${now}::timestamptz) + make_interval(secs => ${shareS})
        WHERE "known"."whole_at" <= ${later(now, withinS - shareS)}::timestamptz
      RETURNING "whole_at"`)
  if (taken.rowCount > 0) return 0
  const whole = await database.run(prepared`SELECT "whole_at" FROM "throttle"
      WHERE "tenant_id" = ${tenantId} AND "key" = ${key}`)
  const wholeAt = scalar(whole, optional(instant)) ?? now
  const waitS = (Date.parse(wholeAt) - Date.parse(now)) / 1_000 + shareS - withinS
  return Math.max(Math.ceil(waitS), 1)
}
