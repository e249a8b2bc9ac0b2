import type { Account } from './accounts.ts'
import { type Bill, lineTax } from './bills.ts'
import { AS_OF, HOUR, instant, type Period, SECOND, timePeriod } from './calendar.ts'
import { CREDITS } from './catalogue.ts'
import { money } from './currency.ts'
import type { Draft } from './draft.ts'
import { type Line, single, singleUse, subscriptionCharge } from './lines.ts'
import { idSequence, type Random, randomFrom } from './random.ts'

interface Rate {
  readonly account: Account
  readonly line: Line
  readonly billId?: string
}

/** Returns the lines of all bills, then charges of the open period up to the wanted number. */
export function ratesOf(
  tenantId: string,
  accounts: readonly Account[],
  bills: readonly Bill[],
  total: number
): readonly Draft[] {
  const billed = bills.flatMap(({ plan: { account }, lines, draft }) =>
    lines.map((line): Rate => ({ account, line, billId: draft.id }))
  )
  const random = randomFrom(`${tenantId} unbilled`)
  const unbilled = Array.from({ length: total - billed.length }, (_, index): Rate => {
    const account = accounts[index % accounts.length] as Account
    const turn = Math.floor(index / accounts.length)
    return { account, line: openLine(account, turn, openPeriod(account, bills), random) }
  })
  const newId = idSequence(`${tenantId} rate`)
  return [...billed, ...unbilled]
    .sort((a, b) => a.line.date - b.line.date)
    .map((rate) => draft(rate, newId(rate.line.date)))
}

/** From the end of the last billed period until now. */
function openPeriod(account: Account, bills: readonly Bill[]): Period {
  const last = bills.findLast(({ plan }) => plan.account === account && plan.cycle)
  return { start: last?.plan.period.end ?? AS_OF, end: AS_OF }
}

/** First the products, then their usage, and now and then a credit. */
function openLine(account: Account, turn: number, open: Period, random: Random): Line {
  const held = account.held[turn]
  if (held && turn < 2) return subscriptionCharge(account, held, nextPeriod(account, open))
  if (random.chance(7)) return single(account, random.pick(CREDITS), open, random, 'credit')
  const time = open.start + random.integer(0, (open.end - open.start - HOUR) / SECOND) * SECOND
  return singleUse(account, random.pick(account.usages), time, random)
}

const CYCLE_MONTHS = { first: 1, fifteenth: 1, quarter: 3, week: 0 } as const
const WEEK = 7 * 24 * HOUR

function nextPeriod({ cycle }: Account, { start }: Period): Period {
  const date = new Date(start)
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + CYCLE_MONTHS[cycle], date.getUTCDate())
  return { start, end: cycle === 'week' ? start + WEEK : end }
}

function draft({ account, line, billId }: Rate, id: string): Draft {
  const { currency } = account
  const tax = lineTax(currency, line)
  const document = {
    date: instant(line.date),
    name: line.name,
    description: line.description,
    isBilled: billId !== undefined,
    type: line.type,
    appliedTax: [{ ...tax, taxAmount: money(currency, tax.taxAmount) }],
    ...(billId && { bill: { id: billId } }),
    billingAccount: account.reference,
    characteristic: line.characteristic,
    periodCoverage: timePeriod(line.period),
    product: line.product,
    taxExcludedAmount: money(currency, line.amount),
    taxIncludedAmount: money(currency, line.amount.plus(tax.taxAmount))
  }
  return { id, createdAt: line.date, document }
}
