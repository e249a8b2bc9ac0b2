import type { Transaction } from '../db/database.ts'
import { integer, rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { FIELDS } from '../messages/field.ts'
import { rowFault } from './file/row.ts'
import type { Identity, Result, Stored } from './kind.ts'
import type { UploadOptions } from './options.ts'
import { isMade, type KeptResult, madeBy } from './results.ts'

interface Dry {
  readonly tenantId: string
  readonly id: string
  readonly options: UploadOptions
}

/**
 * Returns the results of a part of a dry upload as if the parts before it were stored. Keeps the keys of the rows that
 * would have been.
 */
export async function settleDry(
  tx: Transaction,
  upload: Dry,
  identities: ReadonlyMap<number, Identity>,
  { results, amounts }: Stored
): Promise<{ readonly results: readonly KeptResult[]; readonly amounts: Stored['amounts'] }> {
  const before = await keysOf(tx, upload, [...identities.values()])
  const known = new Map(before)
  const isReplaced = upload.options.onConflict === 'replace' && upload.options.state === 'new'
  const made = madeBy(results)
  const settled = results.map((result): KeptResult => {
    const identity = identities.get(result.line)
    if (!identity) return withoutNewId(result, made)
    const { key, contentHash } = identity
    const met = before.has(key) ? known.get(key) : undefined
    const kept = met ? meet(result, identity, met, isReplaced) : withoutNewId(result, made)
    if (isMade(kept) || kept.status === 'replaced') {
      known.set(key, { key, contentHash, line: known.get(key)?.line ?? result.line })
    }
    return kept
  })
  await keepKeys(
    tx,
    upload,
    [...known.values()].filter((one) => before.get(one.key) !== one)
  )
  const created = new Set(settled.flatMap(({ line, status }) => (status === 'created' ? [line] : [])))
  return { results: settled, amounts: new Map([...amounts].filter(([line]) => created.has(line))) }
}

const KEY = rowOf('upload_key', { key: text, contentHash: text, line: integer })
type Key = ReturnType<typeof KEY.read>

/** Returns the result of a row whose key an earlier part has. */
function meet({ line }: Result, { contentHash }: Identity, met: Key, isReplaced: boolean): KeptResult {
  if (met.contentHash === contentHash) return { line, status: 'duplicate' }
  if (isReplaced) return { line, status: 'replaced' }
  return { line, status: 'conflict', errors: [rowFault(FIELDS.otherContentOfRow(met.line))] }
}

/** Leaves the id of what is not there, also in rows that would meet it. */
function withoutNewId({ id, ...result }: KeptResult, made: ReadonlySet<string>): KeptResult {
  return id === undefined || made.has(id) ? result : { ...result, id }
}

async function keysOf(tx: Transaction, { tenantId, id }: Dry, identities: readonly Identity[]) {
  const { rows } = await tx.run(sql`SELECT ${KEY.columns} FROM "upload_key" WHERE "tenant_id" = ${tenantId}
    AND "upload_id" = ${id} AND "key" = ANY(${identities.map(({ key }) => key)}::text[])`)
  return new Map(rows.map(KEY.read).map((one) => [one.key, one]))
}

async function keepKeys(tx: Transaction, { tenantId, id }: Dry, keys: readonly Key[]): Promise<void> {
  if (keys.length === 0) return
  await tx.run(sql`INSERT INTO "upload_key" ("tenant_id", "upload_id", "key", "content_hash", "line")
    SELECT ${tenantId}, ${id}, * FROM unnest(${keys.map(({ key }) => key)}::text[],
      ${keys.map(({ contentHash }) => contentHash)}::text[], ${keys.map(({ line }) => line)}::int[])
    ON CONFLICT ("tenant_id", "upload_id", "key") DO UPDATE SET "content_hash" = EXCLUDED."content_hash"`)
}
