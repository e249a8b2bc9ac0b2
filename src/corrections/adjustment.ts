import Big from 'big.js'
import { type Account, findAccount } from '../accounts/lookup.ts'
import { recordChange } from '../audit/record.ts'
import type { Instant } from '../base/instant.ts'
import { minorDigits } from '../base/money.ts'
import { recordCorrections } from '../billing/corrections/events.ts'
import { appliedProfile } from '../billing/drafts/draft.ts'
import { adjust } from '../billing/payments/adjusted.ts'
import type { Transaction } from '../db/database.ts'
import { computed, computedRow, decimal, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { BODIES } from '../messages/body.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { aboutName } from '../messages/problem.ts'
import { appliedCustomerBillingRate } from '../resources/applied-customer-billing-rate.ts'
import { idOf } from '../tmf/representation.ts'
import { create, type WriteContext } from '../tmf/write.ts'
import { earlier, type Made, type Reasoned } from './known.ts'
import { requireReason } from './reasons.ts'

export interface NewAdjustment extends Reasoned {
  readonly account: string
  /** In whole minor units: a positive value is charged, a negative one given. */
  readonly amount: { readonly unit: string; readonly value: number }
  /** One of the taxes of the account. */
  readonly taxCategory: string | undefined
  readonly isOnNextBill: boolean
}

interface Tax {
  readonly category: string
  readonly rate: string
}

/**
 * Charges an account, or gives it something: at once in its balance, or by a rate for its next bill. Tax is due on
 * bills: at once there is none, unless a category is given, whose tax is then a part of the amount. Throws
 * `invalidField` and `conflict`. Locks the balance.
 */
export async function createAdjustment(tx: Transaction, context: WriteContext, wanted: NewAdjustment): Promise<Made> {
  const { tenantId } = context.author
  const { reason, description, reference, contentHash, amount, taxCategory, isOnNextBill } = wanted
  const known = await earlier(tx, tenantId, 'adjustment', wanted)
  if (known !== undefined) return { id: known, isNew: false }
  await requireReason(tx, tenantId, reason)
  const account = await findAccount(tx, { tenantId }, wanted.account)
  if (!account) throw aboutName(BODIES.unknownReference('$.billingAccount.id', 'billing account'))
  if (account.status === 'ARCHIVED') throw CORRECTIONS.accountArchived()
  const [id, now] = [context.newId(), context.clock()]
  const tax = taxCategory === undefined ? undefined : await taxOf(tx, tenantId, account, taxCategory, now)
  const { rateId, ...atOnce } = isOnNextBill
    ? { rateId: await addRate(tx, context, account, wanted, tax) }
    : { rateId: undefined, ...(await book(tx, context, id, account, wanted, tax)) }
  const { paymentId, taxAmount } = { paymentId: undefined, taxAmount: undefined, ...atOnce }
  await tx.run(sql`INSERT INTO "correction" ("tenant_id", "id", "partner_id", "kind", "created_at",
      "billing_account_id", "currency", "amount", "credited", "reason", "description", "reference", "content_hash",
      "payment_id", "rate_id", "tax_category", "tax_rate", "tax_amount")
    VALUES (${tenantId}, ${id}, ${account.partnerId}, 'adjustment', ${now}, ${account.id}, ${amount.unit},
      ${String(amount.value)}, 0, ${reason}, ${description}, ${reference}, ${contentHash}, ${paymentId}, ${rateId},
      ${tax?.category}, ${tax?.rate}, ${taxAmount})`)
  const about = { billingAccount: { id: account.id }, amount, taxCategory, onNextBill: isOnNextBill }
  const after = { ...about, reason, description, reference }
  await recordChange(tx, context, { action: 'create', resourceType: 'Adjustment', resourceId: id, after }, now)
  await recordCorrections(tx, context, 'adjustment', 'created', [id], now)
  return { id, isNew: true }
}

const TAX = computedRow({ category: text, rate: computed(decimal, sql`"rate"`) })

/** Returns the tax of a category that the account's profile has at an instant. */
async function taxOf(tx: Transaction, tenantId: string, { id }: Account, category: string, now: Instant): Promise<Tax> {
  const profile = appliedProfile(sql`a."tax_profile"`, sql`${now}::timestamptz`)
  const { rows } = await tx.run(sql`SELECT ${TAX.columns} FROM (
      SELECT p->>'taxCategory' AS "category", (p->>'taxRate')::numeric AS "rate"
      FROM "billing_account" a CROSS JOIN LATERAL jsonb_array_elements(${profile}->'rates') p
      WHERE a."tenant_id" = ${tenantId} AND a."id" = ${id}) t ORDER BY "category"`)
  const taxes = rows.map(TAX.read)
  const found = taxes.find((tax) => tax.category === category)
  if (found) return found
  if (taxes.length === 0) throw CORRECTIONS.noTaxes()
  throw CORRECTIONS.unknownTaxCategory(taxes.map((tax) => tax.category))
}

async function book(
  tx: Transaction,
  context: WriteContext,
  id: string,
  account: Account,
  { amount }: NewAdjustment,
  tax: Tax | undefined
) {
  const taxAmount = tax && taxWithin(amount, tax.rate)
  const part = tax && taxAmount !== undefined ? { category: tax.category, amount: taxAmount } : undefined
  return { taxAmount, paymentId: await adjust(tx, context, { id, account, amount, tax: part }) }
}

/** Returns the part of an amount with tax that is tax, rounded half up to the minor unit. */
function taxWithin({ unit, value }: NewAdjustment['amount'], rate: string): string {
  const net = new Big(value).div(new Big(rate).plus(1))
  return new Big(value).minus(net).round(minorDigits(unit), Big.roundHalfUp).toFixed()
}

/** Adds a rate, which the next bill has as a line with its tax: that of a category, or those of the account. */
async function addRate(
  tx: Transaction,
  context: WriteContext,
  { id, invoiceCurrency }: Account,
  { amount, description }: NewAdjustment,
  tax: Tax | undefined
): Promise<string> {
  if (amount.unit !== invoiceCurrency) throw CORRECTIONS.accountCurrency(invoiceCurrency)
  const { row } = await create(tx, context, appliedCustomerBillingRate, {
    billingAccount: { id },
    type: amount.value < 0 ? 'appliedBillingCredit' : 'adjustment',
    taxExcludedAmount: amount,
    ...(description !== undefined && { description }),
    ...(tax && { appliedTax: [appliedTax(amount, tax)] })
  })
  return idOf(row)
}

function appliedTax({ unit, value }: NewAdjustment['amount'], { category, rate }: Tax) {
  const taxRate = new Big(rate).toNumber()
  const taxAmount = { unit, value: new Big(value).times(rate).round(10).toNumber() }
  return { taxCategory: category, taxRate, taxAmount }
}
