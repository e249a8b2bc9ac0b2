import { type SecretKeys, seal, sealedByFirst, unseal } from '../base/secret-keys.ts'
import type { Database, Queryable, Transaction } from './database.ts'
import { identifier, type Sql, sql } from './sql.ts'

/** The columns that hold secrets, of text, in tables with the key (tenant_id, id): all that is sealed. */
export const SEALED_COLUMNS = [{ table: 'signing_key', column: 'private_jwk' }] as const

export type SealedColumn = (typeof SEALED_COLUMNS)[number]

/** So many values are sealed anew in one transaction. */
const BATCH = 100

/** How many values the first key has not sealed: those of older keys, and those never sealed. */
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

/** Notes, in the transaction of the change, which values of a tenant were sealed anew. */
export type Note = (tx: Transaction, tenantId: string, ids: readonly string[], column: SealedColumn) => Promise<void>

/**
 * Seals with the first key what it has not sealed, and answers how many values those were. What others seal or remove
 * meanwhile stays as they leave it. Throws what `unseal` throws, and then the batches before stay done.
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
