import type { Database, Transaction } from '../db/database.ts'
import { LOCKS } from '../db/locks.ts'
import { boolean, computed, count, optional, rowOf, scalar, scalars, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { genesis, hashOf } from './chain.ts'
import { type BatchLimits, readRows } from './rows.ts'

export interface SealOptions extends BatchLimits {
  readonly signal?: AbortSignal
}

/**
 * Seals committed rows of the audit with a position (1, 2, 3 … in each tenant) and a hash, and returns their number.
 * Processes may seal at the same time; each skips tenants that another one is sealing. Writers never wait. A row
 * committed later comes later in the chain, whatever its id. Throws the first error after the other tenants have had
 * their turn.
 */
export async function sealAudit(database: Database, options: SealOptions = {}): Promise<number> {
  const failures = new Map<string, unknown>()
  let sealed = 0
  // Each tenant gets one batch in turn, so that a busy one does not keep the others waiting.
  for (let progress = true; progress; ) {
    progress = false
    for (const tenantId of await tenantsToSeal(database)) {
      if (options.signal?.aborted || failures.has(tenantId)) continue
      const rows = await database
        .transaction((tx) => sealBatch(tx, tenantId, options))
        .catch((error: unknown) => {
          failures.set(tenantId, error)
          return 0
        })
      sealed += rows
      progress ||= rows > 0
    }
  }
  for (const failure of failures.values()) throw failure
  return sealed
}

/** Looks into the index of unsealed rows once per tenant, not once per row. */
async function tenantsToSeal(database: Database): Promise<readonly string[]> {
  const waiting = await database.run(sql`
    SELECT "tenant"."id" FROM "tenant" CROSS JOIN LATERAL (
      SELECT 1 FROM "audit" WHERE "tenant_id" = "tenant"."id" AND "position" IS NULL LIMIT 1
    ) AS "unsealed" ORDER BY 1`)
  return scalars(waiting, text)
}

async function sealBatch(tx: Transaction, tenantId: string, limits: BatchLimits): Promise<number> {
  if (!(await lockChain(tx, tenantId))) return 0
  const head = await readHead(tx, tenantId)
  const rows = await readRows(tx, tenantId, { where: sql`"position" IS NULL`, order: sql`"id"` }, limits)
  let { position, hash } = head
  const seals = rows.map(({ id, columns }) => {
    position += 1
    hash = hashOf(position, hash, columns)
    return { id, position, hash }
  })
  const { rowCount } = await tx.run(sql`
    UPDATE "audit" SET "position" = "seal"."position", "hash" = "seal"."hash"
    FROM unnest(${seals.map((seal) => seal.id)}::text[], ${seals.map((seal) => seal.position)}::bigint[],
      ${seals.map((seal) => seal.hash)}::text[]) AS "seal" ("id", "position", "hash")
    WHERE "audit"."tenant_id" = ${tenantId} AND "audit"."id" = "seal"."id" AND "audit"."position" IS NULL`)
  if (rowCount !== rows.length) throw new Error(`only ${rowCount} of ${rows.length} rows of the audit could be sealed`)
  return rowCount
}

/** Held until the transaction ends. Tenants with the same lock number merely take turns. */
async function lockChain(tx: Transaction, tenantId: string): Promise<boolean> {
  const locked = await tx.run(sql`SELECT pg_try_advisory_xact_lock(${LOCKS.auditSeal}, hashtext(${tenantId}))`)
  return scalar(locked, boolean)
}

const HEAD = rowOf('audit', { position: computed(count, sql`"position"`), hash: optional(text) })

/** A separate statement after the lock, so that it sees the previous holder's commit. */
async function readHead(tx: Transaction, tenantId: string): Promise<{ position: number; hash: string }> {
  const { rows } = await tx.run(sql`
    SELECT ${HEAD.columns} FROM "audit" WHERE "tenant_id" = ${tenantId} AND "position" IS NOT NULL
    ORDER BY "position" DESC LIMIT 1`)
  const [head] = rows.map(HEAD.read)
  // A head without a hash was tampered with; verification finds it, and sealing goes on.
  return head ? { ...head, hash: head.hash ?? '' } : { position: 0, hash: genesis(tenantId) }
}
