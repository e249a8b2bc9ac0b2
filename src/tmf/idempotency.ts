import { createHash } from 'node:crypto'
import type { Queryable, Transaction } from '../db/database.ts'
import { boolean, integer, rowOf, scalar, text } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { HTTP } from '../messages/http.ts'
import type { View } from './view.ts'

export interface Answer {
  readonly status: number
  readonly location: string
  readonly etag: string
  readonly body: string
}

const KEPT_HOURS = 24
const KEY = /^[\x21-\x7e]{1,255}$/
/** Expired keys removed by each keyed request, so that the table holds little more than one day of traffic. */
const PURGED_PER_REQUEST = 10

/** Checks the header's form; throws `invalidHeader`. */
export function idempotencyKey(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header === 'string' && KEY.test(header)) return header
  throw HTTP.idempotencyKey()
}

/**
 * Runs `work` once per key, in the transaction of the key. Repeating the request returns the first response. Another
 * request under the same key is `unprocessable`; one during the first is a `conflict`.
 */
export async function once(
  tx: Transaction,
  view: View,
  clientKey: string,
  request: readonly string[],
  work: () => Promise<Answer>
): Promise<{ answer: Answer; isReplay: boolean }> {
  const { tenantId } = view
  const key = keyOf(view, clientKey)
  const hash = createHash('sha256').update(JSON.stringify(request)).digest('hex')
  await lock(tx, tenantId, key)
  const earlier = await recall(tx, tenantId, key)
  if (earlier) {
    if (earlier.hash === hash) return { answer: earlier.answer, isReplay: true }
    throw HTTP.keyReused()
  }
  const answer = await work()
  await remember(tx, tenantId, key, hash, answer)
  await purge(tx, tenantId)
  return { answer, isReplay: false }
}

/** Whether an answer is kept under a key, so that `once` will do no work. */
export async function isAnswered(queryable: Queryable, view: View, clientKey: string): Promise<boolean> {
  return (await recall(queryable, view.tenantId, keyOf(view, clientKey))) !== undefined
}

function keyOf({ partnerId }: View, clientKey: string): string {
  // No client's key contains a space.
  return partnerId === undefined ? clientKey : `${partnerId} ${clientKey}`
}

async function lock(tx: Transaction, tenantId: string, key: string): Promise<void> {
  const name = JSON.stringify([tenantId, key])
  const locked = prepared`SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 0))`
  if (scalar(await tx.run(locked), boolean)) return
  throw HTTP.keyInUse().with({ 'Retry-After': '1' })
}

const KEPT = rowOf('idempotency_key', { requestHash: text, status: integer, location: text, etag: text, body: text })

async function recall(
  queryable: Queryable,
  tenantId: string,
  key: string
): Promise<{ hash: string; answer: Answer } | undefined> {
  const { rows } = await queryable.run(prepared`SELECT ${KEPT.columns} FROM "idempotency_key"
      WHERE "tenant_id" = ${tenantId} AND "key" = ${key} AND "created_at" > now() - ${KEPT_HOURS} * interval '1 hour'`)
  const [kept] = rows.map(KEPT.read)
  if (!kept) return undefined
  const { requestHash: hash, ...answer } = kept
  return { hash, answer }
}

async function remember(tx: Transaction, tenantId: string, key: string, hash: string, answer: Answer): Promise<void> {
  const { status, location, etag, body } = answer
  await tx.run(prepared`INSERT INTO "idempotency_key" ("tenant_id", "key", "request_hash", "status", "location", "etag",
        "body")
      VALUES (${tenantId}, ${key}, ${hash}, ${status}, ${location}, ${etag}, ${body})
      ON CONFLICT ("tenant_id", "key") DO UPDATE SET "request_hash" = EXCLUDED."request_hash",
        "status" = EXCLUDED."status", "location" = EXCLUDED."location", "etag" = EXCLUDED."etag",
        "body" = EXCLUDED."body", "created_at" = now()`)
}

async function purge(tx: Transaction, tenantId: string): Promise<void> {
  await tx.run(prepared`DELETE FROM "idempotency_key" WHERE ("tenant_id", "key") IN (
      SELECT "tenant_id", "key" FROM "idempotency_key"
      WHERE "tenant_id" = ${tenantId} AND "created_at" <= now() - ${KEPT_HOURS} * interval '1 hour'
      ORDER BY "created_at" LIMIT ${PURGED_PER_REQUEST} FOR UPDATE SKIP LOCKED)`)
}
