import { z } from 'zod'
import { type Account, accountsById, findAccount } from '../../accounts/lookup.ts'
import { recordChange } from '../../audit/record.ts'
import type { Transaction } from '../../db/database.ts'
import { optional, rowOf, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import type { Expected } from '../../http/conditional.ts'
import { BODIES } from '../../messages/body.ts'
import { FIELDS } from '../../messages/field.ts'
import { PAYMENTS } from '../../messages/payment.ts'
import { aboutName } from '../../messages/problem.ts'
import { RESOURCES } from '../../messages/resource.ts'
import { nameSpace } from '../../tmf/declaration/own-names.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { ownedBy, type View } from '../../tmf/view.ts'
import { REFERRED } from '../payments/common.ts'
import { pay } from '../payments/payment.ts'
import { METHODS } from '../payments/receipt.ts'
import { recordUnmatched } from './events.ts'
import { findUnmatched, type StoredUnmatched } from './list.ts'

const REASON_MAX_LENGTH = 500
const GIVEN_STATES = ['open', 'dismissed'] as const

/** One way: the account or the bill that it is for, or the state of what is for nobody. */
export const ASSIGNMENT = z.strictObject({
  billingAccount: REFERRED.optional().meta({ description: 'The account that it is for' }),
  bill: REFERRED.optional().meta({ description: 'The bill that it is for' }),
  state: z
    .enum(GIVEN_STATES, { error: FIELDS.oneOf(GIVEN_STATES) })
    .optional()
    .meta({ description: 'Dismisses it, or opens it again' }),
  reason: z
    .string({ error: FIELDS.text() })
    .max(REASON_MAX_LENGTH, { error: FIELDS.tooLong(REASON_MAX_LENGTH) })
    .regex(/\S/, { error: FIELDS.tooShort(1) })
    .optional()
    .meta({ description: 'Why it is dismissed' })
})

type Assignment = z.output<typeof ASSIGNMENT>

/** Assigns an unmatched payment, which makes the payment, or dismisses it. Throws a Problem unless it is open. */
export async function assign(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  { id, body, expect }: { readonly id: string; readonly body: Assignment; readonly expect: Expected }
): Promise<void> {
  const unmatched = await findUnmatched(tx, view, id, true)
  if (!unmatched) throw RESOURCES.notFound('unmatchedPayment')
  expect(unmatched.version)
  const change = await changeOf(tx, context, view, unmatched, body)
  const now = context.clock()
  await tx.run(sql`UPDATE "unmatched_payment" SET "state" = ${change.state}, "payment_id" = ${change.paymentId},
      "dismissal_reason" = ${change.dismissalReason}, "version" = "version" + 1, "last_update" = ${now}
    WHERE "tenant_id" = ${view.tenantId} AND "id" = ${id}`)
  const about = { action: 'patch' as const, resourceType: 'UnmatchedPayment', resourceId: id }
  const before = { state: unmatched.state, dismissalReason: unmatched.dismissalReason }
  await recordChange(tx, context, { ...about, before, after: change }, now)
  await recordUnmatched(tx, context, 'stateChanged', [id], now)
}

interface Change {
  readonly state: StoredUnmatched['state']
  readonly paymentId?: string
  readonly dismissalReason?: string | undefined
}

async function changeOf(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  unmatched: StoredUnmatched,
  { billingAccount, bill, state, reason }: Assignment
): Promise<Change> {
  if ([billingAccount, bill, state].filter((way) => way !== undefined).length !== 1) throw PAYMENTS.assignedOnce()
  if (state !== 'dismissed' && reason !== undefined) throw PAYMENTS.noReason()
  if (unmatched.state !== (state === 'open' ? 'dismissed' : 'open')) throw PAYMENTS.notOpen(unmatched.state)
  if (state === 'open') return { state }
  if (state === 'dismissed') {
    if (reason === undefined) throw PAYMENTS.noReason()
    return { state, dismissalReason: reason }
  }
  if (unmatched.type === 'return') throw PAYMENTS.notAssignable()
  return { state: 'assigned', paymentId: await take(tx, context, view, unmatched, { billingAccount, bill }) }
}

async function take(
  tx: Transaction,
  context: ChangeContext,
  view: View,
  unmatched: StoredUnmatched,
  target: Pick<Assignment, 'billingAccount' | 'bill'>
): Promise<string> {
  const { amount, currency: unit, reference, valueDate, contentHash: rowHash } = unmatched
  const { account, currency: own } = await targetOf(tx, view, target)
  const receipt = {
    amount: { unit: unit ?? own, value: Number(amount) },
    method: METHODS.find((method) => method === unmatched.method) ?? 'other',
    ...{ reference, nameSpace: nameSpace({ tenantId: view.tenantId, partnerId: unmatched.partnerId }) },
    ...{ billIds: target.bill && [target.bill.id], valueDate, rowHash, unmatchedId: unmatched.id }
  }
  return (await pay(tx, context, account, receipt)).id
}

const BILL = rowOf('customer_bill', { billingAccountId: optional(text), remainingAmountUnit: optional(text) }, 'b')

interface Target {
  readonly account: Account
  /** Of a payment that says none. */
  readonly currency: string
}

async function targetOf(
  tx: Transaction,
  view: View,
  { billingAccount, bill }: Pick<Assignment, 'billingAccount' | 'bill'>
): Promise<Target> {
  if (billingAccount) {
    const account = await findAccount(tx, view, billingAccount.id)
    if (account) return { account, currency: account.invoiceCurrency }
    throw aboutName(BODIES.unknownReference('$.billingAccount.id', 'billing account'))
  }
  const { rows } = await tx.run(
    sql`SELECT ${BILL.columns} FROM "customer_bill" b WHERE ${ownedBy(view, 'b')} AND b."id" = ${String(bill?.id)}`
  )
  const [found] = rows.map(BILL.read)
  if (!found) throw BODIES.unknownReference('$.bill.id', 'bill')
  const id = String(found.billingAccountId)
  const account = (await accountsById(tx, view, [id])).get(id)
  if (account) return { account, currency: found.remainingAmountUnit ?? account.invoiceCurrency }
  throw PAYMENTS.foreignBill('$.bill.id')
}
