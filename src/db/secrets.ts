import { SEALED_PREFIX, type SecretKeys, seal, sealedByFirst, unseal } from '../base/secret-keys.ts'
import type { Database, Queryable, Transaction } from './database.ts'
import { computed, computedRow, count, text } from './row.ts'
import { identifier, type Sql, sql } from './sql.ts'

/** All columns with sealed secrets: of type text, in tables with the key (tenant_id, id). */
export const SEALED_COLUMNS = [
  { table: 'signing_key', column: 'private_jwk' },
  { table: 'event_listener', column: 'secret' },
  { table: 'event_listener', column: 'previous_secret' },
  { table: 'event_listener', column: 'headers' },
  { table: 'captcha', column: 'secret' },
  { table: 'mail', column: 'content' }
] as const

export type SealedColumn = (typeof SEALED_COLUMNS)[number]

const BATCH = 100

type Log = (facts: object, message: string) => void

/** Logs how many values the first key has not sealed, and how many no key opens. */
export async function warnOfStaleSecrets(
  database: Queryable,
  keys: SecretKeys,
  logger: { readonly warn: Log; readonly error: Log }
): Promise<void> {
  for (const each of SEALED_COLUMNS) {
    const counted = computedRow({
      stale: computed(count, sql`count(*) FILTER (WHERE NOT ${isLost(each, keys)})`),
      lost: computed(count, sql`count(*) FILTER (WHERE ${isLost(each, keys)})`)
    })
    const { stale, lost } = counted.one(
      await database.run(sql`SELECT ${counted.columns} FROM ${identifier(each.table)} WHERE ${isStale(each, keys)}`)
    )
    if (lost > 0) logger.error({ ...each, lost }, 'secrets are sealed with a key that is not among SECRET_KEYS')
    if (stale > 0) {
      logger.warn({ ...each, stale }, 'secrets are not sealed with the first of SECRET_KEYS; run secrets rotate')
    }
  }
}

/** Records, in the transaction of the change, the values of a tenant that were sealed again. */
export type Note = (tx: Transaction, tenantId: string, ids: readonly string[], column: SealedColumn) => Promise<void>

/**
 * Seals values with the first key and returns their number. Leaves values that others seal or remove meanwhile. Throws
 * the errors of `unseal`; earlier batches stay done.
 */
export async function rotateSecrets(database: Database, keys: SecretKeys, note: Note): Promise<number> {
  let rotated = 0
  for (const each of SEALED_COLUMNS) {
    for (let done = BATCH; done === BATCH; rotated += done) done = await rotateBatch(database, keys, each, note)
  }
  return rotated
}

async function rotateBatch(database: Database, keys: SecretKeys, each: SealedColumn, note: Note): Promise<number> {
  const [table, column] = [identifier(each.table), identifier(each.column)]
  const stale = computedRow({ tenantId: text, id: text, stored: computed(text, column) })
  return database.transaction(async (tx) => {
    const { rows } = await tx.run(sql`SELECT ${stale.columns} FROM ${table}
      WHERE ${isStale(each, keys)} ORDER BY "tenant_id", "id" LIMIT ${BATCH} FOR UPDATE`)
    const found = rows.map(stale.read)
    for (const { tenantId, id, stored } of found) {
      const place = { ...each, tenantId, id }
      const sealed = seal(keys, place, unseal(keys, place, stored))
      await tx.run(sql`UPDATE ${table} SET ${column} = ${sealed} WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
    }
    for (const [tenantId, ofTenant] of Map.groupBy(found, (one) => one.tenantId)) {
      await note(
        tx,
        tenantId,
        ofTenant.map(({ id }) => id),
        each
      )
    }
    return rows.length
  })
}

function isLost({ column }: SealedColumn, keys: SecretKeys): Sql {
  return sql`(starts_with(${identifier(column)}, ${SEALED_PREFIX})
    AND split_part(${identifier(column)}, '.', 2) <> ALL(${[...keys.all.keys()]}::text[]))`
}

function isStale({ column }: SealedColumn, keys: SecretKeys): Sql {
  return sql`NOT starts_with(${identifier(column)}, ${sealedByFirst(keys)})`
}
