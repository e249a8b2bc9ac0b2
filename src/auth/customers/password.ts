import { recordChange } from '../../audit/record.ts'
import { LANGUAGES } from '../../base/language.ts'
import type { Queryable, Transaction } from '../../db/database.ts'
import { computed, instant, oneOf, optional, rowOf, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { queueMail } from '../../mail/queue.ts'
import { CUSTOMERS } from '../../messages/customer.ts'
import { network } from '../sign-in/attempts.ts'
import { encodePassword, hashPassword } from '../sign-in/password.ts'
import { checkPassword } from '../sign-in/sign-in.ts'
import { attemptKeys, type Guess } from './attempts.ts'
import { checkCode, type Purpose, useCode } from './code.ts'
import { type CustomerContext, customerAuthor, type Origin } from './context.ts'
import { normalEmail } from './email.ts'
import type { Realm } from './realm.ts'
import { type CustomerSession, endSessions, openForPassword } from './session.ts'

export const PASSWORD_MIN_LENGTH = 10
export const PASSWORD_MAX_LENGTH = 256

const SIGN_IN = rowOf(
  'customer_sign_in',
  {
    id: text,
    tenantId: text,
    partnerId: optional(text),
    email: text,
    language: oneOf(LANGUAGES),
    passwordHash: optional(text),
    confirmedAt: optional(instant),
    name: computed(text, sql`c."name"`)
  },
  's'
)

export type SignIn = ReturnType<typeof SIGN_IN.read>

export async function findSignIn(queryable: Queryable, { tenantId, partnerId }: Realm, email: string) {
  return selectSignIn(
    queryable,
    tenantId,
    sql`s."partner_id" IS NOT DISTINCT FROM ${partnerId} AND s."email" = ${email}`
  )
}

async function selectSignIn(queryable: Queryable, tenantId: string, which: Sql): Promise<SignIn | undefined> {
  const { rows } = await queryable.run(prepared`SELECT ${SIGN_IN.columns} FROM "customer_sign_in" s
      JOIN "customer" c ON c."tenant_id" = s."tenant_id" AND c."id" = s."customer_id"
      WHERE s."tenant_id" = ${tenantId} AND ${which}`)
  return rows.map(SIGN_IN.read)[0]
}

export interface PasswordSignIn {
  readonly realm: Realm
  readonly email: string
  readonly password: string
}

/**
 * Signs a customer in and returns the cookie's value; undefined for a wrong password and, after the same time, for an
 * unknown address. Throws `tooManyRequests` as for users, and `forbidden` for an address that is not confirmed.
 */
export async function signInByPassword(
  context: CustomerContext,
  { realm, email: sent, password }: PasswordSignIn,
  { address }: Origin
): Promise<string | undefined> {
  const email = normalEmail(sent) ?? ''
  const signIn = await findSignIn(context.database, realm, email)
  const hash = signIn?.passwordHash
  const isIn = await isPassword(context, { realm, email, address }, password, hash)
  if (!signIn || hash === undefined || !isIn) return undefined
  if (signIn.confirmedAt === undefined) throw CUSTOMERS.notConfirmed()
  return openForPassword(context.database, { ...realm, signInId: signIn.id, passwordHash: hash }, context.clock())
}

function isPassword(context: CustomerContext, guess: Guess, password: string, hash: string | undefined) {
  return checkPassword(context, attemptKeys(guess), encodePassword(password), { hash })
}

/** Hashes a new password. Slow: call it before the transaction. Throws `badRequest` for one that is not allowed. */
export async function hashNewPassword(password: string, email: string | undefined, address: string): Promise<string> {
  requireAllowed(password, email)
  return hashPassword(encodePassword(password), network(address))
}

function requireAllowed(password: string, email: string | undefined): void {
  const { length } = [...password]
  if (length < PASSWORD_MIN_LENGTH || length > PASSWORD_MAX_LENGTH) {
    throw CUSTOMERS.passwordLength(PASSWORD_MIN_LENGTH, PASSWORD_MAX_LENGTH)
  }
  if (normalEmail(password) === email && email !== undefined) throw CUSTOMERS.passwordIsEmail()
}

export interface PasswordChange {
  readonly current: string
  readonly password: string
  /** Of the session, which goes on. */
  readonly cookie: string
}

/**
 * Changes the password of a signed-in customer, ends its other sessions, and tells it by mail. Throws `badRequest`,
 * `tooManyRequests`, and `forbidden` for one who came by a link.
 */
export async function changePassword(
  context: CustomerContext,
  { tenantId, userId }: CustomerSession,
  { current, password, cookie }: PasswordChange,
  origin: Origin
): Promise<void> {
  if (userId === undefined) throw CUSTOMERS.linkHasNoPassword()
  const signIn = await selectSignIn(context.database, tenantId, sql`s."id" = ${userId}`)
  const guess = { realm: { tenantId, partnerId: signIn?.partnerId }, email: signIn?.email ?? '', ...origin }
  const isRight = await isPassword(context, guess, current, signIn?.passwordHash)
  if (!signIn || !isRight) throw CUSTOMERS.wrongPassword()
  const hash = await hashNewPassword(password, signIn.email, origin.address)
  const verified = signIn.passwordHash
  await context.database.transaction((tx) => setPassword(tx, context, signIn, { hash, cookie, verified }, origin))
}

export interface PasswordByCode {
  readonly realm: Realm
  readonly email: string
  readonly code: string
  readonly password: string
  readonly purpose: Purpose
}

/**
 * Sets a password by the code of a mail, which confirms the address as well, and ends all sessions. With a code to
 * confirm the address, the password replaces that of the registration, which another may know; otherwise a mail tells
 * the customer. Throws `badRequest` and `tooManyRequests`.
 */
export async function setByCode(
  context: CustomerContext,
  { realm, email: sent, code, password, purpose }: PasswordByCode,
  origin: Origin
): Promise<void> {
  const email = normalEmail(sent)
  // A password that is not allowed takes no try of the code, and a wrong code no work of a hash.
  requireAllowed(password, email)
  const kept = await checkCode(context, { realm, email, code, purpose }, origin)
  const hash = await hashNewPassword(password, email, origin.address)
  await context.database.transaction(async (tx) => {
    await useCode(tx, kept)
    const signIn = await selectSignIn(tx, kept.tenantId, sql`s."id" = ${kept.signInId}`)
    if (signIn) await setPassword(tx, context, signIn, { hash, isFirst: purpose === 'confirm' }, origin)
  })
}

interface NewPassword {
  readonly hash: string
  /** Of the session that goes on. */
  readonly cookie?: string
  /** The hash that the present password was checked against, which it must still be. */
  readonly verified?: string | undefined
  /** The customer has not used another. */
  readonly isFirst?: boolean
}

async function setPassword(
  tx: Transaction,
  context: CustomerContext,
  { tenantId, id, partnerId, email, language, name, confirmedAt }: SignIn,
  { hash, cookie, verified, isFirst = false }: NewPassword,
  origin: Origin
): Promise<void> {
  const now = context.clock()
  const { rowCount } = await tx.run(prepared`UPDATE "customer_sign_in" SET "password_hash" = ${hash},
        "confirmed_at" = coalesce("confirmed_at", ${now}::timestamptz)
      WHERE "tenant_id" = ${tenantId} AND "id" = ${id}
        AND (${verified}::text IS NULL OR "password_hash" = ${verified})`)
  if (rowCount === 0) throw CUSTOMERS.wrongPassword()
  await tx.run(prepared`DELETE FROM "customer_code" WHERE "tenant_id" = ${tenantId} AND "sign_in_id" = ${id}`)
  await endSessions(tx, tenantId, id, cookie)
  const author = customerAuthor(tenantId, id, origin)
  const after = { isConfirmed: true }
  const change = { action: 'password', resourceType: SIGN_IN_TYPE, resourceId: id } as const
  await recordChange(tx, { ...context, author }, { ...change, ...(confirmedAt === undefined && { after }) }, now)
  if (isFirst) return
  await queueMail(tx, { ...context, author }, { kind: 'passwordChanged', name, partnerId, to: email, language })
}

export const SIGN_IN_TYPE = 'CustomerSignIn'
