import type { Account } from '../../accounts/lookup.ts'
import { compareDecimals, trimScale } from '../../base/money.ts'
import type { Transaction } from '../../db/database.ts'
import { decimal, scalar } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import type { Reason } from '../../messages/message.ts'
import { REASONS } from '../../messages/reason.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { PAYABLE } from './allocation.ts'
import { useCredit } from './credit.ts'
import { overdraw } from './overdraft.ts'

/** Returns why a prepaid account cannot pay a bill of this total, if so. Its balance, with this credit, is locked. */
export async function unpayable(
  tx: Transaction,
  tenantId: string,
  account: Account,
  credit: string,
  total: string
): Promise<Reason | undefined> {
  if (account.billingType !== 'prepaid') return undefined
  const available = await availableOf(tx, tenantId, account, credit)
  const { invoiceCurrency: currency } = account
  return compareDecimals(available, total) < 0 ? REASONS.balanceTooLow(available, currency, total, currency) : undefined
}

/** Pays a bill at once from the credit of its account, and of a prepaid one the rest from its credit limit. */
export async function payAtOnce(
  tx: Transaction,
  context: ChangeContext,
  { billingType }: Account,
  billId: string
): Promise<void> {
  await useCredit(tx, context, [billId])
  if (billingType === 'prepaid') await overdraw(tx, context, billId)
}

/** Returns the available money of a prepaid account: its balance and credit limit, less its debts. */
async function availableOf(
  tx: Transaction,
  tenantId: string,
  { id, invoiceCurrency, creditLimit }: Account,
  credit: string
): Promise<string> {
  if (creditLimit === undefined) return trimScale(credit)
  const available = await tx.run(sql`SELECT ${credit}::numeric + ${creditLimit}::numeric
      - coalesce(sum(b."remaining_amount_value"), 0)
    FROM "customer_bill" b WHERE b."tenant_id" = ${tenantId} AND b."billing_account_id" = ${id}
      AND b."remaining_amount_unit" = ${invoiceCurrency} AND ${PAYABLE}`)
  return scalar(available, decimal)
}
