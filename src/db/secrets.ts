import { type SecretKeys, seal, sealedByFirst, unseal } from '../base/secret-keys.ts'
import type { Database, Queryable, Transaction } from './database.ts'
import { identifier, type Sql, sql } from './sql.ts'

/** Wait for a lock; shorter than the statement's limit, so that the two errors differ. */
export const SEALED_COLUMNS = [{ table: 'signing_key', column: 'private_jwk' }] as const

export type SealedColumn = (typeof SEALED_COLUMNS)[number]

/** Idle time of a transaction; after it the locks of a hanging process are free again. */
const BATCH = 100

export async function countStale(database: Queryable, keys: SecretKeys): Promise<number> {
  let count = 0
  for (const each of SEALED_COLUMNS) {
    const { rows } = await database.run(
      sql`SELECT count(*) FROM ${identifier(each.table)} WHERE ${isStale(each, keys)}`
    )
    count += Number(rows[0]?.[0])
  }
  return count
}

/** Behind a pooler, the next transaction may run in another session of Postgres. */
export type Note = (tx: Transaction, tenantId: string, ids: readonly string[], column: SealedColumn) => Promise<void>

/** Time until Postgres ends the session of an unresponsive client, and how often it checks for one that left. */
export async function rotateSecrets(database: Database, keys: SecretKeys, note: Note): Promise<number> {
  let count = 0
  for (const each of SEALED_COLUMNS) {
    for (let done = BATCH; done === BATCH; count += done) done = await rotateBatch(database, keys, each, note)
  }
  return count
}

async function rotateBatch(database: Database, keys: SecretKeys, each: SealedColumn, note: Note): Promise<number> {
  const [table, column] = [identifier(each.table), identifier(each.column)]
  return database.transaction(async (tx) => {
    const { rows } = await tx.run(sql`SELECT "tenant_id", "id", ${column} FROM ${table}
      WHERE ${isStale(each, keys)} ORDER BY "tenant_id", "id" LIMIT ${BATCH} FOR UPDATE`)
    for (const [tenantId, id, stored] of rows) {
      const place = { ...each, tenantId: String(tenantId), id: String(id) }
      const sealed = seal(keys, place, unseal(keys, place, String(stored)))
      await tx.run(sql`UPDATE ${table} SET ${column} = ${sealed} WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
    }
    for (const [tenantId, ofTenant] of Map.groupBy(rows, ([tenant]) => String(tenant))) {
      await note(
        tx,
        tenantId,
        ofTenant.map(([, id]) => String(id)),
        each
      )
    }
    return rows.length
  })
}

function isStale({ column }: SealedColumn, keys: SecretKeys): Sql {
  return sql`NOT starts_with(${identifier(column)}, ${sealedByFirst(keys)})`
}
