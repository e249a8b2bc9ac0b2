import { z } from 'zod'
import { findAccount } from '../accounts/lookup.ts'
import { recordChange } from '../audit/record.ts'
import { DAY_MS, dayText } from '../base/time-zone.ts'
import { DAY } from '../billing/cycles/day.ts'
import { REFERRED } from '../billing/payments/common.ts'
import type { Transaction } from '../db/database.ts'
import { boolean, computed, optional, rowOf, stated, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { BODIES } from '../messages/body.ts'
import { DUNNING } from '../messages/dunning.ts'
import { FIELDS } from '../messages/field.ts'
import { aboutName } from '../messages/problem.ts'
import { RESOURCES } from '../messages/resource.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { ownedBy } from '../tmf/view.ts'
import { OWN_ROOTS, recordPromiseEvent } from './events.ts'
import { type PromiseView, readPromise } from './promise-list.ts'

const DESCRIPTION_MAX_LENGTH = 1_000
const DESCRIPTION_FAULT = FIELDS.reference(DESCRIPTION_MAX_LENGTH)
/** A longer pause is no promise to pay. */
export const PAUSE_DAYS_MAX = 366

export const PROMISE_BODY = z.strictObject({
  billingAccount: REFERRED.optional().meta({ description: 'The account all of whose bills are promised' }),
  bill: REFERRED.optional().meta({ description: 'The bill that is promised, in place of an account' }),
  until: DAY.meta({ description: 'The last day of the pause, in the time zone of the tenant', format: 'date' }),
  description: z
    .string({ error: DESCRIPTION_FAULT })
    .max(DESCRIPTION_MAX_LENGTH, { error: DESCRIPTION_FAULT })
    .regex(/\S/, { error: DESCRIPTION_FAULT })
    .optional()
    .meta({ description: 'What was agreed' })
})

interface Promised {
  readonly accountId: string
  readonly partnerId: string | undefined
  readonly billId: string | undefined
}

/** Stores a promise to pay. Throws `invalidField` for a day that is past or too late, and for what is not there. */
export async function createPromise(
  tx: Transaction,
  context: ChangeContext,
  view: PromiseView,
  { billingAccount, bill, until, description }: z.output<typeof PROMISE_BODY>
): Promise<string> {
  const { tenantId } = context.author
  if ((billingAccount === undefined) === (bill === undefined)) throw DUNNING.oneSubject()
  const [day, last] = [Date.parse(until) / DAY_MS, view.today + PAUSE_DAYS_MAX]
  if (day < view.today || day > last) throw DUNNING.until(dayText(view.today), dayText(last))
  const { accountId, partnerId, billId } = billingAccount
    ? await promisedAccount(tx, view, billingAccount.id)
    : await promisedBill(tx, view, String(bill?.id))
  const [id, now] = [context.newId(), context.clock()]
  await tx.run(prepared`INSERT INTO "payment_promise" ("tenant_id", "id", "partner_id", "created_at",
      "billing_account_id", "bill_id", "until", "description")
    VALUES (${tenantId}, ${id}, ${partnerId}, ${now}, ${accountId}, ${billId}, ${until}::date, ${description})`)
  const after = { billingAccount: { id: accountId }, ...(billId && { bill: { id: billId } }), until, description }
  await recordChange(tx, context, { action: 'create', resourceType: TYPE, resourceId: id, after }, now)
  await recordPromiseEvent(tx, context, 'created', await readPromise(tx, view, id, OWN_ROOTS), now)
  return id
}

const TYPE = 'PaymentPromise'

async function promisedAccount(tx: Transaction, view: PromiseView, name: string): Promise<Promised> {
  const account = await findAccount(tx, view, name)
  if (!account) throw aboutName(BODIES.unknownReference('$.billingAccount.id', 'billing account'))
  return { accountId: account.id, partnerId: account.partnerId, billId: undefined }
}

const BILL = rowOf('customer_bill', { id: text, partnerId: optional(text), billingAccountId: stated }, 'b')

async function promisedBill(tx: Transaction, view: PromiseView, id: string): Promise<Promised> {
  const { rows } = await tx.run(prepared`SELECT ${BILL.columns} FROM "customer_bill" b
    JOIN "billing_account" a ON a."tenant_id" = b."tenant_id" AND a."id" = b."billing_account_id"
    WHERE ${ownedBy(view, 'b')} AND b."id" = ${id}`)
  const [bill] = rows.map(BILL.read)
  if (!bill) throw aboutName(BODIES.unknownReference('$.bill.id', 'customer bill'))
  return { accountId: bill.billingAccountId, partnerId: bill.partnerId, billId: bill.id }
}

const KNOWN = rowOf(
  'payment_promise',
  { id: text, isCancelled: computed(boolean, sql`p."cancelled_at" IS NOT NULL`) },
  'p'
)

/** Ends a promise: dunning goes on. Does nothing to one that is cancelled. Throws `notFound`. */
export async function cancelPromise(
  tx: Transaction,
  context: ChangeContext,
  view: PromiseView,
  id: string
): Promise<void> {
  const { rows } = await tx.run(prepared`SELECT ${KNOWN.columns} FROM "payment_promise" p
    WHERE ${ownedBy(view, 'p')} AND p."id" = ${id} FOR UPDATE`)
  const [known] = rows.map(KNOWN.read)
  if (!known) throw RESOURCES.notFound('paymentPromise')
  if (known.isCancelled) return
  const now = context.clock()
  await tx.run(prepared`UPDATE "payment_promise" SET "cancelled_at" = ${now}, "version" = "version" + 1
    WHERE "tenant_id" = ${view.tenantId} AND "id" = ${id}`)
  const [before, after] = [{ state: 'open' }, { state: 'cancelled' }]
  await recordChange(tx, context, { action: 'cancel', resourceType: TYPE, resourceId: id, before, after }, now)
  await recordPromiseEvent(tx, context, 'stateChanged', await readPromise(tx, view, id, OWN_ROOTS), now)
}
