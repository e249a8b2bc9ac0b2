import { type Recorder, recordChange } from '../../audit/record.ts'
import type { Language } from '../../base/language.ts'
import type { Transaction } from '../../db/database.ts'
import { prepared } from '../../db/sql.ts'
import { queueMail } from '../../mail/queue.ts'
import { CUSTOMERS } from '../../messages/customer.ts'
import { type Code, checkCode, type KeptCode, keepCode, useCode } from './code.ts'
import type { CustomerContext, Origin } from './context.ts'
import { normalEmail } from './email.ts'
import { SIGN_IN_TYPE } from './password.ts'
import { portalUrl, type Realm } from './realm.ts'

export interface Registration {
  readonly realm: Realm
  readonly customerId: string
  readonly name: string
  /** In the form of normalEmail. */
  readonly email: string
  readonly language: Language
  readonly passwordHash: string | undefined
  readonly confirmation: Code
}

/** Adds a sign-in that is not confirmed yet, and its mail. Throws `conflict` for an address that has one. */
export async function addSignIn(
  tx: Transaction,
  context: CustomerContext & Recorder,
  { realm, customerId, name, email, language, passwordHash, confirmation }: Registration
): Promise<void> {
  const { tenantId, partnerId } = realm
  const [id, now] = [context.newId(), context.clock()]
  const { rowCount } = await tx.run(prepared`INSERT INTO "customer_sign_in" ("tenant_id", "id", "partner_id",
        "customer_id", "email", "language", "password_hash", "created_at")
      VALUES (${tenantId}, ${id}, ${partnerId}, ${customerId}, ${email}, ${language}, ${passwordHash}, ${now})
      ON CONFLICT ("tenant_id", "partner_id", "email") DO NOTHING`)
  if (rowCount === 0) throw CUSTOMERS.emailTaken()
  const { code, hash } = confirmation
  await keepCode(tx, { tenantId, signInId: id, purpose: 'confirm', hash }, now)
  const after = { email, customer: { id: customerId }, hasPassword: passwordHash !== undefined }
  await recordChange(tx, context, { action: 'create', resourceType: SIGN_IN_TYPE, resourceId: id, after }, now)
  const url = await portalUrl(tx, context.root(), 'confirm', realm, { email, code })
  await queueMail(tx, context, { kind: 'confirmEmail', name, code, url, partnerId, to: email, language })
}

export interface Confirmation {
  readonly realm: Realm
  readonly email: string
  readonly code: string
}

/** Checks the code of a mail to confirm an address. Throws `badRequest` and `tooManyRequests`. */
export function checkConfirmation(
  context: CustomerContext,
  { realm, email, code }: Confirmation,
  origin: Origin
): Promise<KeptCode> {
  return checkCode(context, { realm, email: normalEmail(email), code, purpose: 'confirm' }, origin)
}

/** Uses a checked code and confirms the address. A password that the registration brought is kept. */
export async function confirm(
  tx: Transaction,
  context: Recorder & Pick<CustomerContext, 'clock'>,
  kept: KeptCode
): Promise<void> {
  const now = context.clock()
  await useCode(tx, kept)
  const { tenantId, signInId: id } = kept
  await tx.run(prepared`UPDATE "customer_sign_in" SET "confirmed_at" = coalesce("confirmed_at", ${now}::timestamptz)
      WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  const after = { isConfirmed: true }
  await recordChange(tx, context, { action: 'confirm', resourceType: SIGN_IN_TYPE, resourceId: id, after }, now)
}
