import { type SecretKeys, seal, sealedByFirst, unseal } from '../base/secret-keys.ts'
import type { Database, Queryable, Transaction } from './database.ts'
import { identifier, type Sql, sql } from './sql.ts'

/** All columns with sealed secrets: of type text, in tables with the key (tenant_id, id). */
export const SEALED_COLUMNS = [{ table: 'signing_key', column: 'private_jwk' }] as const

export type SealedColumn = (typeof SEALED_COLUMNS)[number]

/** Values sealed in one transaction. */
const BATCH = 100

/** Counts the values that the first key has not sealed: those of older keys, and unsealed ones. */
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

/** Records, in the transaction of the change, the values of a tenant that were sealed again. */
export type Note = (tx: Transaction, tenantId: string, ids: readonly string[], column: SealedColumn) => Promise<void>

/**
 * Seals values with the first key and returns their number. Leaves values that others seal or remove meanwhile. Throws
 * the errors of `unseal`; earlier batches stay done.
 */
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
