import { type Action, recordChange } from '../audit/record.ts'
import { later } from '../base/instant.ts'
import { present } from '../base/unknown.ts'
import type { Transaction } from '../db/database.ts'
import { identifier, identifiers, sql } from '../db/sql.ts'
import type { Expected } from '../http/conditional.ts'
import { ADMIN } from '../messages/admin.ts'
import type { Document, NewSecret, Resource, Stored } from '../tmf/declaration/resource.ts'
import { find } from '../tmf/read.ts'
import { idOf, readStored } from '../tmf/representation.ts'
import { type Created, create, type WriteContext } from '../tmf/write.ts'
import { apiKey } from './api-key.ts'
import { client } from './client.ts'
import { user } from './user.ts'

export interface Target {
  readonly id: string
  readonly requireExpected: Expected
}

/**
 * Makes a new key with the attributes of another, which works on for at most `overlapSeconds`. Throws `conflict` for an
 * expired key: the new one would inherit the end.
 */
export async function rotateApiKey(
  tx: Transaction,
  context: WriteContext,
  target: Target,
  made: NewSecret,
  overlapSeconds: number
): Promise<Created> {
  const { document } = await lock(tx, context, apiKey, target)
  const now = context.clock()
  const { expiresAt: before } = document
  if (before !== undefined && before <= now) {
    throw ADMIN.keyExpired()
  }
  const { id, ...attributes } = document
  const created = await create(tx, context, apiKey, attributes, made)
  const overlapEnd = later(now, overlapSeconds)
  const expiresAt = before !== undefined && before < overlapEnd ? before : overlapEnd
  await tx.run(
    sql`UPDATE "api_key" SET "version" = "version" + 1, "last_update" = ${now}, "expires_at" = ${expiresAt}
      WHERE "tenant_id" = ${context.view.tenantId} AND "id" = ${target.id}`
  )
  const after = { expiresAt, replacedBy: idOf(created.row) }
  const change = { action: 'rotate' as const, resourceType: apiKey.type, resourceId: target.id }
  await recordChange(tx, context, { ...change, before: { expiresAt: before }, after }, now)
  return created
}

/** Gives a client a new secret; the old one stops at once. Throws `conflict` for a public client. */
export function rotateClientSecret(
  tx: Transaction,
  context: WriteContext,
  target: Target,
  made: NewSecret
): Promise<Created> {
  return renew(tx, context, client, target, 'rotate', made)
}

/** Sets a user's password and returns it unless it was chosen. Revokes all tokens and codes of the old one. */
export async function changePassword(
  tx: Transaction,
  context: WriteContext,
  target: Target,
  made: NewSecret
): Promise<Created> {
  const changed = await renew(tx, context, user, target, 'password', made)
  const now = context.clock()
  const { tenantId } = context.view
  await tx.run(
    sql`UPDATE "oauth_grant" SET "revoked_at" = ${now}
      WHERE "tenant_id" = ${tenantId} AND "user_id" = ${target.id} AND "revoked_at" IS NULL`
  )
  await tx.run(
    sql`UPDATE "oauth_authorization_code" SET "used_at" = ${now}
      WHERE "tenant_id" = ${tenantId} AND "user_id" = ${target.id} AND "used_at" IS NULL`
  )
  return changed
}

/** Replaces the secret of a row and records that. Throws `conflict` for one without a secret. */
export async function renew(
  tx: Transaction,
  context: WriteContext,
  resource: Resource,
  target: Target,
  action: Action,
  made: NewSecret
): Promise<Created> {
  const { document } = await lock(tx, context, resource, target)
  const { secret } = resource
  if (!secret || secret.isFor?.(document) === false) {
    throw ADMIN.noSecret(resource.path)
  }
  const now = context.clock()
  const kept = secret.seal?.({ ...context.view, id: target.id }, made.kept) ?? made.kept
  const { rows } = await tx.run(
    sql`UPDATE ${identifier(resource.table)} SET "version" = "version" + 1, "last_update" = ${now},
        ${identifier(secret.column)} = ${kept}
      WHERE "tenant_id" = ${context.view.tenantId} AND "id" = ${target.id} RETURNING ${identifiers(resource.columns)}`
  )
  await recordChange(tx, context, { action, resourceType: resource.type, resourceId: target.id }, now)
  return { row: present(rows[0], 'the renewed row'), secret: made.shown }
}

/** Reads a row and locks it. Throws `notFound`, and `preconditionFailed` for another version. */
export async function lock<D extends Document>(
  tx: Transaction,
  { view }: WriteContext,
  resource: Resource<D>,
  target: Target
): Promise<Stored<D>> {
  const stored = readStored(resource, await find(tx, resource, view, target.id, 'update'))
  target.requireExpected(stored.version)
  return stored
}
