import { type Author, recordChange } from '../../src/audit/record.ts'
import { newId } from '../../src/base/ulid.ts'
import type { Database } from '../../src/db/database.ts'
import { sql } from '../../src/db/sql.ts'
import { type PlainDatabase, TENANT } from '../support/database.ts'

export const NOW = '2026-11-21T10:00:00.120Z'

export function authorOf(tenantId: string): Author {
  return {
    tenantId,
    actor: { type: 'user' as const, id: 'U1', name: 'admin' },
    onBehalfOf: 'PARTNER-1',
    address: '192.0.2.1',
    requestId: 'R1'
  }
}

/** Records changes, each in its own transaction, and returns their ids. */
export async function recordMany(database: Database, count: number, tenantId = TENANT): Promise<string[]> {
  const ids: string[] = []
  for (let n = 1; n <= count; n++) {
    const id = newId()
    const change = {
      action: 'patch' as const,
      resourceType: 'CustomerBill',
      resourceId: `B${n}`,
      before: { n: n - 1 },
      after: { n }
    }
    await database.transaction((tx) => recordChange(tx, { author: authorOf(tenantId), newId: () => id }, change, NOW))
    ids.push(id)
  }
  return ids
}

/** Returns ids by position, for a chain without gaps. */
export async function chainOf(database: PlainDatabase, tenantId = TENANT): Promise<{ position: number; id: string }[]> {
  const { rows } = await database.run(
    sql`SELECT "position", "id" FROM "audit" WHERE "tenant_id" = ${tenantId} AND "position" IS NOT NULL ORDER BY 1, 2`
  )
  return rows.map(([position, id]) => ({ position: Number(position), id: String(id) }))
}

/** Empties the audit as the owner of the table, with its triggers off. */
export async function emptyAudit(database: Database): Promise<void> {
  await withoutTriggers(database, () => database.run(sql`DELETE FROM "audit"`))
}

/** Acts with all rights on the table. */
export async function withoutTriggers(database: Database, work: () => Promise<unknown>): Promise<void> {
  await database.run(sql`ALTER TABLE "audit" DISABLE TRIGGER ALL`)
  try {
    await work()
  } finally {
    await database.run(sql`ALTER TABLE "audit" ENABLE TRIGGER ALL`)
  }
}
