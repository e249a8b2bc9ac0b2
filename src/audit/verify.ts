import type { Database } from '../db/database.ts'
import { count, scalar, scalars, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { genesis, hashOf } from './chain.ts'
import { type AuditRow, type BatchLimits, readRows } from './rows.ts'

export interface Head {
  readonly tenantId: string
  readonly position: number
  readonly hash: string
}

export interface Verification {
  readonly tenantId: string
  /** Rows from the first on that are as they were sealed. */
  readonly sealed: number
  readonly unsealed: number
  readonly head: Head | undefined
  readonly broken: Break | undefined
}

export interface Break {
  readonly position: number
  readonly id: string | undefined
  readonly why: string
}

export interface VerifyOptions extends BatchLimits {
  /** Heads kept elsewhere: the rows at these positions must still have these hashes. */
  readonly expected?: readonly Head[]
}

/**
 * Recomputes every hash of every tenant's chain, in batches, including rows sealed meanwhile. Only an expected head
 * reveals that the newest rows were removed, or that all was sealed again.
 */
export async function verifyAudit(database: Database, options: VerifyOptions = {}): Promise<readonly Verification[]> {
  const { expected = [] } = options
  const living = scalars(await database.run(sql`SELECT "id" FROM "tenant" ORDER BY "id"`), text)
  // Includes tenants of kept heads: their chains may be gone.
  const tenants = new Set([...living, ...expected.map(({ tenantId }) => tenantId)])
  const verifications: Verification[] = []
  for (const tenantId of tenants) {
    const kept = expected.filter((head) => head.tenantId === tenantId)
    verifications.push(await verifyAuditOf(database, tenantId, kept, options))
  }
  return verifications
}

/** Recomputes every hash of one tenant's chain, in batches. */
export async function verifyAuditOf(
  database: Database,
  tenantId: string,
  expected: readonly Head[] = [],
  limits: BatchLimits = {}
): Promise<Verification> {
  let head: Head = { tenantId, position: 0, hash: genesis(tenantId) }
  let broken: Break | undefined
  for (let rows = await readSealed(database, tenantId, undefined, limits); rows.length > 0 && !broken; ) {
    for (const row of rows) {
      broken = breakOf(row, head, expected)
      if (broken) break
      head = { tenantId, position: Number(row.position), hash: row.hash ?? '' }
    }
    rows = await readSealed(database, tenantId, rows.at(-1), limits)
  }
  return {
    tenantId,
    sealed: head.position,
    unsealed: await countUnsealed(database, tenantId),
    head: head.position > 0 ? head : undefined,
    broken: broken ?? missingEnd(head, expected)
  }
}

function breakOf({ id, position, hash, columns }: AuditRow, previous: Head, expected: readonly Head[]) {
  const found = Number(position)
  const next = previous.position + 1
  const broken = (why: string): Break => ({ position: found, id, why })
  if (found > next) return broken(`position ${next} is missing`)
  if (found < next) return broken(`its position follows position ${previous.position}, where ${next} belongs`)
  if (hash === null) return broken('sealed without hash')
  if (hash !== hashOf(found, previous.hash, columns)) return broken('its content does not match its hash')
  if (expected.some((head) => head.position === found && head.hash !== hash)) {
    return broken('its hash is not the expected one: it or a row before it was changed and sealed anew')
  }
  return undefined
}

function missingEnd(head: Head, expected: readonly Head[]): Break | undefined {
  const furthest = Math.max(0, ...expected.map(({ position }) => position))
  if (furthest <= head.position) return undefined
  return { position: head.position + 1, id: undefined, why: `position ${head.position + 1} is missing` }
}

/** Orders by id, too: without the unique index, which may be gone, two rows could have one position. */
function readSealed(database: Database, tenantId: string, after: AuditRow | undefined, limits: BatchLimits) {
  const where = after ? sql`("position", "id") > (${after.position}, ${after.id})` : sql`"position" IS NOT NULL`
  return readRows(database, tenantId, { where, order: sql`"position", "id"` }, limits)
}

async function countUnsealed(database: Database, tenantId: string): Promise<number> {
  const unsealed = sql`SELECT count(*) FROM "audit" WHERE "tenant_id" = ${tenantId} AND "position" IS NULL`
  return scalar(await database.run(unsealed), count)
}
