import Big from 'big.js'
import { instant, timePeriod } from './calendar.ts'
import { type Currency, money, rounded, sum, taxOf } from './currency.ts'
import type { Cycle } from './cycles.ts'
import type { Draft } from './draft.ts'
import { type Life, lifeOf } from './lifecycle.ts'
import { type Line, linesOf } from './lines.ts'
import type { Plan } from './plans.ts'
import { idSequence, randomFrom } from './random.ts'

/** A bill with its lines. */
export interface Bill {
  readonly plan: Plan
  readonly lines: readonly Line[]
  readonly draft: Draft
}

interface Totals {
  readonly taxExcluded: Big
  readonly taxIncluded: Big
  readonly taxes: readonly { taxCategory: string; taxRate: number; taxAmount: Big }[]
}

/** Makes the planned bills of a tenant; the last one and those of a trial run stay new. */
export function billsOf(tenantId: string, plans: readonly Plan[]): readonly Bill[] {
  const newId = idSequence(`${tenantId} bill`)
  const paymentNumber = counter(4_000_318)
  const billNumber = numbering()
  return plans.map((plan, index) => {
    const { account, createdAt, kind } = plan
    const random = randomFrom(`${tenantId} ${account.reference.id} ${kind} ${createdAt}`)
    const lines = linesOf(plan, random)
    const totals = totalsOf(account.currency, lines)
    const isKeptNew = kind === 'trial' || index === plans.length - 1
    const life = lifeOf(plan, account.currency, totals.taxIncluded, isKeptNew, random)
    const document = {
      ...(life.isIssued && { billNo: billNumber(plan) }),
      ...datesOf(plan, life),
      ...amountsOf(account.currency, totals, life),
      ...partiesOf(plan),
      ...(life.payments.length > 0 && { appliedPayment: paymentsOf(plan, life, paymentNumber) })
    }
    return { plan, lines, draft: { id: newId(createdAt), createdAt, document, path: life.path } }
  })
}

/** Exact sums; the tax is rounded once per category. */
function totalsOf(currency: Currency, lines: readonly Line[]): Totals {
  const taxExcluded = sum(lines.map(({ amount }) => amount))
  const taxes = [...Map.groupBy(lines, ({ taxClass }) => taxOf(currency, taxClass).taxRate)].map(([taxRate, taxed]) => {
    const base = sum(taxed.map(({ amount }) => amount))
    const taxCategory = taxOf(currency, taxed[0]?.taxClass ?? 'standard').taxCategory
    return { taxCategory, taxRate, taxAmount: rounded(currency, base.times(taxRate)) }
  })
  return { taxExcluded, taxIncluded: sum([taxExcluded, ...taxes.map(({ taxAmount }) => taxAmount)]), taxes }
}

function datesOf({ kind, cycle, period, billDate, dueDate }: Plan, life: Life) {
  return {
    billDate: instant(billDate),
    category: kind,
    runType: cycle ? 'onCycle' : 'offCycle',
    lastUpdate: instant(life.lastUpdate),
    billingPeriod: timePeriod(period),
    paymentDueDate: instant(dueDate),
    ...(cycle && { nextBillDate: instant(cycle.nextBillDate), billCycle: cycleRef(cycle) })
  }
}

function cycleRef({ id, name }: Cycle) {
  return { id, name }
}

function amountsOf(currency: Currency, { taxExcluded, taxIncluded, taxes }: Totals, { payments }: Life) {
  const paid = sum(payments.map(({ amount }) => amount))
  return {
    taxExcludedAmount: money(currency, taxExcluded),
    taxIncludedAmount: money(currency, taxIncluded),
    amountDue: money(currency, taxIncluded),
    remainingAmount: money(currency, taxIncluded.minus(paid)),
    taxItem: taxes.map((tax) => ({ ...tax, taxAmount: money(currency, tax.taxAmount) }))
  }
}

function partiesOf({ account }: Plan) {
  return {
    billingAccount: account.reference,
    relatedParty: account.parties,
    paymentMethod: account.paymentMethod,
    ...(account.financialAccount && { financialAccount: account.financialAccount })
  }
}

function paymentsOf({ account }: Plan, { payments }: Life, next: () => number) {
  return payments.map(({ amount, time }) => ({
    appliedAmount: money(account.currency, amount),
    payment: {
      id: `PAY-${next()}`,
      name: `${account.paymentMethod.name}, ${instant(time).slice(0, 10)}`,
      '@referredType': 'Payment'
    }
  }))
}

/** Numbers bills on issue: without gaps, from 1 in each year, credit notes in their own series. */
function numbering(): (plan: Plan) => string {
  const series = new Map<string, () => number>()
  return ({ kind, createdAt }) => {
    const prefix = `${kind === 'creditNote' ? 'CN' : 'INV'}-${new Date(createdAt).getUTCFullYear()}`
    const next = series.get(prefix) ?? counter(1)
    series.set(prefix, next)
    return `${prefix}-${String(next()).padStart(6, '0')}`
  }
}

function counter(from: number): () => number {
  let next = from
  return () => next++
}

/** Returns the exact tax of a line: only a bill rounds. */
export function lineTax(currency: Currency, { amount, taxClass }: Line) {
  const { taxCategory, taxRate } = taxOf(currency, taxClass)
  return { taxCategory, taxRate, taxAmount: new Big(amount).times(taxRate) }
}
