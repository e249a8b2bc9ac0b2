import { randomBytes } from 'node:crypto'
import { type Instant, later } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, rowOf, text } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import { CUSTOMERS } from '../../messages/customer.ts'
import { hashSecret } from '../keys/secret.ts'
import { network } from '../sign-in/attempts.ts'
import { encodePassword, hashPassword, verifyPassword } from '../sign-in/password.ts'
import { countGuess, requireTurn } from './attempts.ts'
import type { CustomerContext, Origin } from './context.ts'
import type { Realm } from './realm.ts'

/** 32 characters that no reader takes for another. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const LENGTH = 8
const TRIES_MAX = 5
const LIFETIME_S = { confirm: 86_400, reset: 3_600 } as const

export type Purpose = keyof typeof LIFETIME_S

export interface Code {
  readonly code: string
  readonly hash: string
}

/** Makes a code of 40 random bits for who asks from an address. Slow: call it before the transaction. */
export async function makeCode(address: string): Promise<Code> {
  const code = [...randomBytes(LENGTH)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')
  return { code, hash: await hashPassword(encodePassword(code), network(address)) }
}

/** Keeps the hash of a code in place of an earlier one. */
export async function keepCode(
  tx: Transaction,
  { tenantId, signInId, purpose, hash }: KeptCode,
  now: Instant
): Promise<void> {
  await tx.run(prepared`INSERT INTO "customer_code" ("tenant_id", "sign_in_id", "purpose", "code_hash", "tries",
        "created_at", "expires_at")
      VALUES (${tenantId}, ${signInId}, ${purpose}, ${hash}, 0, ${now}, ${later(now, LIFETIME_S[purpose])})
      ON CONFLICT ("tenant_id", "sign_in_id", "purpose") DO UPDATE SET "code_hash" = EXCLUDED."code_hash", "tries" = 0,
        "created_at" = EXCLUDED."created_at", "expires_at" = EXCLUDED."expires_at"`)
}

export interface KeptCode {
  readonly tenantId: string
  readonly signInId: string
  readonly purpose: Purpose
  readonly hash: string
}

export interface SentCode {
  readonly realm: Realm
  /** In the form of normalEmail; undefined matches nobody. */
  readonly email: string | undefined
  readonly purpose: Purpose
  readonly code: string
}

const TRIED = rowOf('customer_code', { signInId: text, codeHash: text, email: computed(text, sql`s."email"`) }, 'c')

/**
 * Checks a code, with the same work for an unknown address; `useCode` then uses it. Counts the try first, so that
 * guesses at the same time are no more than those one after the other. Throws `badRequest` for a wrong one and
 * `tooManyRequests` for too many.
 */
export async function checkCode(context: CustomerContext, sent: SentCode, { address }: Origin): Promise<KeptCode> {
  const { realm, email = '', purpose, code } = sent
  const guess = { realm, email, address }
  await requireTurn(context, guess)
  const now = context.clock()
  // Something is written for an unknown address, too: the time of a commit would tell them apart.
  const tried = await context.database.run(prepared`WITH "asked" AS (
      INSERT INTO "throttle" ("tenant_id", "key", "whole_at")
      VALUES (${realm.tenantId}, ${hashSecret(JSON.stringify(['code', realm.partnerId ?? '', email]))}, ${now})
      ON CONFLICT ("tenant_id", "key") DO UPDATE SET "whole_at" = EXCLUDED."whole_at")
    UPDATE "customer_code" c SET "tries" = c."tries" + 1
      FROM "customer_sign_in" s
      WHERE s."tenant_id" = ${realm.tenantId} AND s."partner_id" IS NOT DISTINCT FROM ${realm.partnerId}
        AND s."email" = ${email} AND c."tenant_id" = s."tenant_id" AND c."sign_in_id" = s."id"
        AND c."purpose" = ${purpose} AND c."tries" < ${TRIES_MAX}::int AND c."expires_at" > ${now}
      RETURNING ${TRIED.columns}`)
  const [found] = tried.rows.map(TRIED.read)
  const turn = () => requireTurn(context, guess)
  const encoded = encodePassword(asMade(code))
  const isRight = await verifyPassword(encoded, found?.codeHash, turn, undefined, network(address))
  if (found && isRight) {
    return { tenantId: realm.tenantId, signInId: found.signInId, purpose, hash: found.codeHash }
  }
  await countGuess(context, guess)
  throw wrongCode()
}

/** Uses a code up; of two at once one succeeds. Throws `badRequest` for a code that was used or replaced meanwhile. */
export async function useCode(tx: Transaction, { tenantId, signInId, purpose, hash }: KeptCode): Promise<void> {
  const { rowCount } = await tx.run(prepared`DELETE FROM "customer_code" WHERE "tenant_id" = ${tenantId}
      AND "sign_in_id" = ${signInId} AND "purpose" = ${purpose} AND "code_hash" = ${hash}`)
  if (rowCount === 0) throw wrongCode()
}

function wrongCode() {
  return CUSTOMERS.wrongCode(TRIES_MAX)
}

/** People write codes in small letters, with blanks and dashes. */
function asMade(code: string): string {
  return code.toUpperCase().replaceAll(/[\s-]/g, '')
}
