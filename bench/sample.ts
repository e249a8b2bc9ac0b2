import { AFTER_FILLED_IDS } from './bills.ts'
import { TENANT, withClient } from './database.ts'
import type { LoadRequest } from './loader.ts'

/** The part of a bill that requests need. */
export interface SampledBill {
  readonly id: string
  readonly account: string
  readonly party: string
  readonly billDate: string
  readonly position: number
}

/** Random bills, the same in every run. */
export interface Sample {
  readonly all: readonly SampledBill[]
  /** All in state `new`. */
  readonly fresh: readonly SampledBill[]
}

const SAMPLED = 40_000
/** Bills of a connection in one round before it repeats. */
const PER_CONNECTION = 400

export function drawSample(url: string, bills: number, tenant: string = TENANT): Promise<Sample> {
  return withClient(url, async (client) => {
    const every = Math.max(1, Math.floor(bills / SAMPLED))
    // By a hash of the id, not by TABLESAMPLE, which goes by the place of a row and changes with each patch.
    const { rows } = await client.query<SampledBill & { state: string }>(
      `SELECT id, state, billing_account_id AS account, related_party -> 0 ->> 'id' AS party,
         to_char(bill_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "billDate", 1000 AS position
       FROM customer_bill WHERE tenant_id = $1 AND id < $2 AND hashtext(id) % $3 = 0 ORDER BY md5(id)`,
      [tenant, AFTER_FILLED_IDS, every]
    )
    return { all: rows, fresh: rows.filter(({ state }) => state === 'new') }
  })
}

/** Spreads bills over connections; each round continues after the last. */
export function spread(
  bills: readonly SampledBill[],
  requests: (bill: SampledBill) => readonly LoadRequest[],
  connections: number,
  round: number
): readonly (readonly LoadRequest[])[] {
  const each = Math.min(PER_CONNECTION, Math.floor(bills.length / connections))
  return Array.from({ length: connections }, (_, connection) => {
    const start = (round * connections + connection) * each
    return Array.from({ length: each }, (_, at) => requests(bills[(start + at) % bills.length] as SampledBill)).flat()
  })
}
