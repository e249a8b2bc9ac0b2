import { type Recorder, recordChange } from '../../audit/record.ts'
import type { Clock } from '../../base/clock.ts'
import { type Instant, later } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { optional, rowOf, text } from '../../db/row.ts'
import { prepared } from '../../db/sql.ts'
import { CUSTOMERS } from '../../messages/customer.ts'
import { hashSecret, newSecret } from '../keys/secret.ts'
import { type CustomerContext, customerAuthor, type Origin } from './context.ts'
import type { Realm } from './realm.ts'
import { openForAccount } from './session.ts'

const LIFETIME_S = 300

export interface Link {
  readonly token: string
  readonly expiresAt: Instant
}

/** Makes a link to one account of the realm, for one use, and records it. */
export async function createLink(
  tx: Transaction,
  context: Recorder & { readonly clock: Clock },
  { tenantId, partnerId }: Realm,
  accountId: string
): Promise<Link> {
  const [token, now] = [newSecret(), context.clock()]
  const expiresAt = later(now, LIFETIME_S)
  await tx.run(prepared`INSERT INTO "customer_link" ("tenant_id", "hash", "partner_id", "account_id", "created_at",
        "expires_at")
      VALUES (${tenantId}, ${hashSecret(token)}, ${partnerId}, ${accountId}, ${now}, ${expiresAt})`)
  const after = { account: { id: accountId }, expiresAt }
  await recordChange(tx, context, { action: 'create', resourceType: TYPE, resourceId: accountId, after }, now)
  return { token, expiresAt }
}

const TYPE = 'LoginLink'
const LINK = rowOf('customer_link', { tenantId: text, partnerId: optional(text), accountId: text })

/** Uses a link up and opens a session for its account. Returns the cookie's value. Throws `badRequest`. */
export async function redeemLink(context: CustomerContext, token: string, origin: Origin): Promise<string> {
  const now = context.clock()
  return context.database.transaction(async (tx) => {
    const { rows } = await tx.run(prepared`DELETE FROM "customer_link" WHERE "hash" = ${hashSecret(token)}
      AND "expires_at" > ${now} RETURNING ${LINK.columns}`)
    const [link] = rows.map(LINK.read)
    if (!link) throw CUSTOMERS.wrongLink()
    const { accountId: id, tenantId } = link
    const author = customerAuthor(tenantId, id, origin)
    await recordChange(tx, { author, ...context }, { action: 'signIn', resourceType: TYPE, resourceId: id }, now)
    return openForAccount(tx, link, now)
  })
}
