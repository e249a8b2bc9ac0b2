import Big from 'big.js'
import type { PlannedStep } from '../admin/dunning-plan.ts'
import { recordChanges } from '../audit/record.ts'
import { LANGUAGES } from '../base/language.ts'
import { appliedProfile } from '../billing/drafts/draft.ts'
import type { Transaction } from '../db/database.ts'
import { computed, decimal, oneOf, optional, rowOf, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { fill } from '../documents/content/vocabulary.ts'
import { appliedCustomerBillingRate } from '../resources/applied-customer-billing-rate.ts'
import { insertRows } from '../tmf/bulk/insert.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import type { DueBill } from './due.ts'
import { interestDays, lateInterest } from './interest.ts'
import { RATE_WORDS } from './words.ts'

const ACCOUNT = rowOf(
  'billing_account',
  {
    id: text,
    name: text,
    partnerId: optional(text),
    invoiceCurrency: text,
    status: text,
    language: computed(oneOf(LANGUAGES), sql`coalesce(a."language", t."language")`),
    tenantLanguage: computed(oneOf(LANGUAGES), sql`t."language"`)
  },
  'a'
)

export type DunnedAccount = ReturnType<typeof ACCOUNT.read>

export async function readAccounts(
  tx: Transaction,
  tenantId: string,
  ids: readonly string[]
): Promise<ReadonlyMap<string, DunnedAccount>> {
  const { rows } = await tx.run(prepared`SELECT ${ACCOUNT.columns} FROM "billing_account" a
    JOIN "tenant" t ON t."id" = a."tenant_id" WHERE a."tenant_id" = ${tenantId} AND a."id" = ANY(${ids}::text[])`)
  return new Map(rows.map(ACCOUNT.read).map((account) => [account.id, account]))
}

/** A rate for the next bill of an account. */
export interface NewRate {
  readonly id: string
  readonly account: DunnedAccount
  readonly name: string
  readonly currency: string
  readonly amount: string
  readonly taxCategory: string | undefined
}

interface Occasion {
  readonly step: PlannedStep
  readonly bill: DueBill
  readonly account: DunnedAccount
  readonly day: number
}

/**
 * Returns the fee of a step for a bill, in the currency of the bill; undefined if the plan has none in it. A bill in a
 * currency that its account is not billed in any more has none, nor has an account that gets no more bills.
 */
export function feeOf({ step, bill, account }: Occasion, newId: () => string): NewRate | undefined {
  const amount = step.amount?.[bill.currency]
  if (amount === undefined || !takesRates(account, bill)) return undefined
  const name = fill(RATE_WORDS[account.language].fee, { billNo: numberOf(bill) })
  return { id: newId(), account, name, currency: bill.currency, amount: String(amount), taxCategory: step.taxCategory }
}

/** Returns the late interest of a step for a bill; undefined if there is none, or less than the minor unit. */
export function interestOf({ step, bill, account, day }: Occasion, newId: () => string): NewRate | undefined {
  if (!step.interest || !takesRates(account, bill)) return undefined
  const { yearlyRate, dayCount } = step.interest
  const days = interestDays(day - bill.interestDays, day, dayCount)
  const amount = lateInterest({ principal: bill.amount, currency: bill.currency, yearlyRate, dayCount, days })
  if (new Big(amount).eq(0)) return undefined
  const rate = new Intl.NumberFormat(account.language, { maximumFractionDigits: 10 }).format(yearlyRate)
  const words = { billNo: numberOf(bill), days: String(days), rate, dayCount }
  const name = fill(RATE_WORDS[account.language].interest, words)
  return { id: newId(), account, name, currency: bill.currency, amount, taxCategory: step.taxCategory }
}

function takesRates({ invoiceCurrency, status }: DunnedAccount, { currency }: DueBill): boolean {
  return invoiceCurrency === currency && status !== 'ARCHIVED'
}

function numberOf({ billNo, billId }: DueBill): string {
  return billNo ?? billId
}

const UNTAXED = { category: 'untaxed', rate: '0' }

/** Adds rates of type appliedPenaltyCharge, with the tax of their category or without tax. */
export async function addRates(
  tx: Transaction,
  context: ChangeContext,
  rates: readonly NewRate[],
  now: string
): Promise<void> {
  const { tenantId } = context.author
  if (rates.length === 0) return
  const taxes = await taxesOf(tx, tenantId, rates, now)
  const rows = rates.map(({ id, account: { id: accountId, name, partnerId }, ...rate }) => {
    const category = rate.taxCategory
    const tax = category === undefined ? undefined : taxes.get(`${accountId} ${category}`)
    const document = {
      billingAccount: { id: accountId, name },
      ...{ date: now, isBilled: false, type: 'appliedPenaltyCharge', name: rate.name },
      taxExcludedAmount: { unit: rate.currency, value: new Big(rate.amount).toNumber() },
      appliedTax: [appliedTax(rate, tax === undefined ? UNTAXED : { category: String(category), rate: tax })]
    }
    return { id, partnerId, document }
  })
  for (const [partnerId, own] of Map.groupBy(rows, (row) => row.partnerId)) {
    await insertRows(tx, { tenantId, partnerId }, appliedCustomerBillingRate, own)
  }
  const changes = rows.map(({ id: resourceId, document: after }) => {
    return { action: 'create' as const, resourceType: appliedCustomerBillingRate.type, resourceId, after }
  })
  await recordChanges(tx, context, changes, now)
}

function appliedTax(
  { currency: unit, amount }: Pick<NewRate, 'currency' | 'amount'>,
  { category, rate }: { readonly category: string; readonly rate: string }
) {
  const value = new Big(amount).times(rate).round(10).toNumber()
  return { taxCategory: category, taxRate: new Big(rate).toNumber(), taxAmount: { unit, value } }
}

const TAX = rowOf(
  'billing_account',
  { id: text, category: computed(text, sql`p->>'taxCategory'`), rate: computed(decimal, sql`p->>'taxRate'`) },
  'a'
)

/** Returns the rates of taxes that the profiles of accounts have now, by account and category. */
async function taxesOf(
  tx: Transaction,
  tenantId: string,
  rates: readonly NewRate[],
  now: string
): Promise<ReadonlyMap<string, string>> {
  const ids = rates.filter((rate) => rate.taxCategory !== undefined).map(({ account }) => account.id)
  if (ids.length === 0) return new Map()
  const profile = appliedProfile(sql`a."tax_profile"`, sql`${now}::timestamptz`)
  const { rows } = await tx.run(sql`SELECT ${TAX.columns} FROM "billing_account" a
    CROSS JOIN LATERAL jsonb_array_elements(${profile}->'rates') p
    WHERE a."tenant_id" = ${tenantId} AND a."id" = ANY(${ids}::text[])`)
  return new Map(rows.map(TAX.read).map(({ id, category, rate }) => [`${id} ${category}`, rate]))
}
