import { z } from 'zod'
import { type Account, accountsById } from '../accounts/lookup.ts'
import { present } from '../base/unknown.ts'
import { draftBills } from '../billing/drafts/draft.ts'
import { READY_DRAFTS } from '../billing/drafts/tables.ts'
import { issueBills } from '../billing/issuing/issue.ts'
import { payAtOnce, unpayable } from '../billing/payments/prepaid.ts'
import type { Transaction } from '../db/database.ts'
import { computed, decimal, instant, json, oneOf, optional, rowOf, scalar } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { type BalanceKey, lockBalances } from '../ledger/balance.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { ISSUING_STATES } from '../resources/customer-bill.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'

const PERIOD = z.object({ startDateTime: z.string().exactOptional(), endDateTime: z.string() })

// An issued bill of the engine has all of these.
const CANCELLED = rowOf('customer_bill', {
  billDate: computed(instant, sql`"bill_date"`),
  nextBillDate: optional(instant),
  billingPeriod: computed(json(PERIOD), sql`"billing_period"`),
  issuedAs: computed(oneOf(ISSUING_STATES), sql`"issued_as"`)
})

/** Throws `conflict` for an account that no run bills, and no request. */
export async function requireRebillable(tx: Transaction, tenantId: string, accountId: string): Promise<void> {
  const { status } = await accountOf(tx, tenantId, accountId)
  if (status !== 'ACTIVE') throw CORRECTIONS.neverRebilled(status)
}

/**
 * Bills the copied lines of a cancelled bill by a bill of today, with the period and the taxes of the cancelled one's
 * day, and pays it from what is there. Throws `conflict` if they cannot be billed. The balance is locked.
 */
export async function rebill(tx: Transaction, context: ChangeContext, key: BalanceKey, billId: string): Promise<void> {
  const { tenantId } = context.author
  const {
    billDate,
    issuedAs: state,
    nextBillDate,
    billingPeriod
  } = CANCELLED.one(
    await tx.run(sql`SELECT ${CANCELLED.columns} FROM "customer_bill"
      WHERE "tenant_id" = ${tenantId} AND "id" = ${billId}`)
  )
  const account = await accountOf(tx, tenantId, key.billingAccountId)
  const now = context.clock()
  const drafted = await draftBills(tx, {
    tenantId,
    accounts: sql`a."id" = ${account.id}`,
    rates: sql`r."corrects_rate_id" IN (SELECT o."id" FROM "applied_customer_billing_rate" o
      WHERE o."tenant_id" = ${tenantId} AND o."bill_id" = ${billId})`,
    chargeDate: now,
    taxDate: billDate
  })
  const [parked] = drafted.parked
  if (parked) throw CORRECTIONS.notRebilled(parked.reason.text)
  const total = scalar(await tx.run(sql`SELECT "tax_included" FROM ${READY_DRAFTS} d`), decimal)
  const [balance] = await lockBalances(tx, tenantId, [key])
  const reason = await unpayable(tx, tenantId, account, balance?.credit ?? '0', total)
  if (reason) throw CORRECTIONS.notRebilled(reason.text)
  const bills = await issueBills(
    tx,
    {
      ...{ tenantId, run: undefined, runType: 'offCycle', state, now, billDate: now, paymentDueDate: undefined },
      ...{ nextBillDate, billingPeriod, author: context.author, clock: context.clock, newId: context.newId },
      correlationId: context.correlationId
    },
    drafted.ready
  )
  await payAtOnce(tx, context, account, present(bills.get(account.id), 'the new bill'))
}

async function accountOf(tx: Transaction, tenantId: string, id: string): Promise<Account> {
  return present((await accountsById(tx, { tenantId }, [id])).get(id), 'the account of a bill')
}
