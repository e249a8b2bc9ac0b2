import Big from 'big.js'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { minorDigits } from '../../src/base/money.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { addAccount, addBill, credits, PAYMENT, pay, startLedger } from '../billing/ledger-world.ts'
import { addRates } from '../support/accounts.ts'
import type { Answer } from '../support/answer.ts'
import { TENANT } from '../support/database.ts'
import { expectExplained } from '../support/explained.ts'
import { SOAK_MINUTES, soak } from '../support/seeded.ts'
import type { TestServer } from '../support/server.ts'
import { addPeople } from './people.ts'

const SEQUENCES = 30

let server: TestServer
let approver: Record<string, string>
beforeAll(async () => {
  server = await startLedger()
  approver = (await addPeople(server, { bruno: ['correction:approve'] })).bruno
})
afterAll(() => server.close())

/** A line in ten-thousandths, with the rate of a tax that it was given, or none for that of its account. */
const line = fc.record({
  amount: fc.integer({ min: -20_000, max: 400_000 }),
  kind: fc.constantFrom('usageCharge', 'recurringCharge', 'appliedPenaltyCharge'),
  tax: fc.constantFrom(undefined, undefined, '0.19', '0.07', '0')
})
/** Shares in thousandths of what is left, of a line or to pay. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('amount' as const), share: fc.integer({ min: 1, max: 1_000 }) }),
  fc.record({ kind: fc.constant('line' as const), at: fc.nat(5), share: fc.option(fc.integer({ min: 1, max: 999 })) }),
  fc.record({ kind: fc.constant('pay' as const), share: fc.integer({ min: 1, max: 1_500 }) }),
  fc.record({ kind: fc.constant('reverse' as const), at: fc.nat(3) }),
  fc.record({ kind: fc.constant('writeOff' as const) }),
  fc.record({ kind: fc.constant('rebill' as const), when: fc.constantFrom('now', 'nextRun') }),
  fc.record({ kind: fc.constant('refund' as const), share: fc.integer({ min: 1, max: 1_200 }) }),
  fc.record({
    ...{ kind: fc.constant('adjust' as const), share: fc.integer({ min: -900, max: 900 }), hasTax: fc.boolean() },
    onNextBill: fc.boolean()
  }),
  fc.record({ kind: fc.constant('approve' as const), at: fc.nat(3) })
)
/** Some corrections wait for an approval, whatever comes between. */
const waits = fc.constantFrom(true, false, false)
const anyCase = fc.record({
  unit: fc.constantFrom('EUR', 'JPY', 'KWD'),
  tax: fc.constantFrom(0, 0.19, 0.081),
  lines: fc.array(line, { minLength: 1, maxLength: 6 }),
  steps: fc.array(fc.record({ one: step, waits }), { maxLength: 9 })
})
type Case = typeof anyCase extends fc.Arbitrary<infer C> ? C : never
type Step = Case['steps'][number]['one']

function taxesOf(rate: string | undefined, amount: Big, unit: string): readonly object[] {
  if (rate === undefined) return []
  const value = Number(amount.times(rate).round(10).toFixed())
  return [{ taxCategory: 'VAT', taxRate: Number(rate), taxAmount: { unit, value } }]
}

const EXPECTED = [201, 202, 409]
const KINDS = ['adjustment', 'all', 'approved', 'cancelAndRebill', 'creditNote', 'lines', 'refund', 'writeOff']
/** How often each kind of step was done, not refused. */
const done = new Map<string, number>()

/** A bill that is corrected, its lines, and the payments so far. */
interface Holding {
  readonly account: string
  /** The bill at the end of the chain, and those that it replaced. */
  bill: string
  readonly replaced: string[]
  readonly unit: string
  rates: readonly Answer[]
  readonly hasTax: boolean
  readonly payments: string[]
  /** Approvals that wait. */
  readonly pending: string[]
}

/** Returns a share in thousandths, rounded up to the minor unit. */
function shareOf(value: number, share: number, unit: string): number {
  return Number(new Big(value).times(share).div(1_000).round(minorDigits(unit), Big.roundUp).toFixed())
}

interface Body {
  readonly amount?: { readonly value: number }
  readonly [name: string]: unknown
}

async function noted({ bill, pending }: Holding, body: Body): Promise<void> {
  await corrected('creditNote', { bill: { id: bill }, ...body }, pending)
}

/** Corrects something, unless the share is nothing. */
async function corrected(path: string, body: Body, pending: string[]): Promise<Answer | undefined> {
  if (body.amount?.value === 0) return undefined
  const { status, text, body: made } = await server.call('POST', `/billing/v1/${path}`, { reason: 'other', ...body })
  expect(EXPECTED, text).toContain(status)
  if (status === 202) pending.push(made.id)
  const kind = 'lines' in body ? 'lines' : 'all' in body ? 'all' : path
  if (status !== 201) return undefined
  count(kind)
  return made
}

function count(kind: string): void {
  done.set(kind, (done.get(kind) ?? 0) + 1)
}

/** Limits all corrections to nothing, or lifts the limit. */
function limit(limits: string | null) {
  return server.database.run(sql`UPDATE "tenant" SET "correction_approval_limits" = ${limits}::jsonb
    WHERE "id" = ${TENANT}`)
}

async function approve(id: string): Promise<void> {
  const path = `/billing/v1/correctionApproval/${id}/approve`
  const { status, text } = await server.call('POST', path, undefined, approver)
  expect([200, 409], text).toContain(status)
  if (status === 200) count('approved')
}

/** Bills a bill anew, and goes on with the new one. */
async function rebill(holding: Holding, when: string): Promise<void> {
  const made = await corrected('cancelAndRebill', { bill: { id: holding.bill }, when }, holding.pending)
  if (!made) return
  holding.replaced.push(holding.bill)
  holding.bill = when === 'now' ? made.newBill[0].id : await addBill(server, holding.account, { rates: {} })
  holding.rates = await ratesOf(holding.bill)
}

const ratesOf = async (bill: string): Promise<readonly Answer[]> => [
  ...(await server.call('GET', `appliedCustomerBillingRate?bill.id=${bill}&sort=id`)).body
]

const billOf = async ({ bill }: Holding) => (await server.call('GET', `customerBill/${bill}`)).body

async function take(one: Step, holding: Holding): Promise<void> {
  const { account, unit, rates, payments, pending } = holding
  const { amountDue, remainingAmount } = await billOf(holding)
  const moneyOf = (of: number, share: number) => ({ unit, value: shareOf(of, share, unit) })
  switch (one.kind) {
    case 'amount': {
      const amount = moneyOf(Number(amountDue.value), one.share)
      return noted(holding, { amount })
    }
    case 'line': {
      const rate = rates[one.at % rates.length]
      const amount = moneyOf(Number(rate?.taxExcludedAmount.value), one.share ?? 0)
      return noted(holding, { lines: [{ rate: { id: rate?.id }, ...(amount.value > 0 && { amount }) }] })
    }
    case 'pay': {
      const amount = moneyOf(Number(remainingAmount.value), one.share)
      if (amount.value > 0) payments.push((await pay(server, account, amount.value, { amount })).body.id)
      return
    }
    case 'reverse': {
      const { status } = await server.call('POST', `${PAYMENT}/${payments[one.at] ?? newId()}/reverse`)
      expect([200, 404, 409]).toContain(status)
      return
    }
    case 'rebill':
      return rebill(holding, one.when)
    case 'writeOff':
      return void (await corrected('writeOff', { bill: { id: holding.bill } }, pending))
    case 'refund': {
      const { [unit]: credit = 0 } = await credits(server, account)
      const amount = moneyOf(credit, one.share)
      const of = { billingAccount: { id: account }, method: 'bankTransfer' }
      return void (await corrected('refund', { ...of, amount }, pending))
    }
    case 'adjust': {
      const { onNextBill, share, hasTax } = one
      const amount = moneyOf(Number(amountDue.value), share)
      const taxCategory = hasTax && holding.hasTax ? 'VAT' : undefined
      const body = { billingAccount: { id: account }, amount, taxCategory, onNextBill }
      return void (await corrected('adjustment', body, pending))
    }
    case 'approve': {
      const [id] = pending.splice(one.at % (pending.length || 1), 1)
      return id === undefined ? undefined : approve(id)
    }
  }
}

async function play({ unit, tax, lines, steps }: Case): Promise<void> {
  const account = await addAccount(server, { currency: unit, tax })
  for (const { amount, kind, tax: rate } of lines) {
    const value = new Big(amount).div(10_000)
    const taxes = taxesOf(rate, value, unit)
    await addRates(server.database, [account], { amount: value.toFixed(), unit, kind, date: '2026-01-01', taxes })
  }
  const bill = await addBill(server, account, { rates: {} })
  // A total below zero is parked.
  if (bill === '') return
  const own = { account, bill, unit, rates: await ratesOf(bill), hasTax: tax > 0 }
  const holding: Holding = { ...own, replaced: [], payments: [], pending: [] }
  for (const { one, waits: isAsked } of steps) {
    if (isAsked && one.kind !== 'rebill') await limit('{"USD": 1}')
    await take(one, holding).finally(() => limit(null))
  }
  for (const id of holding.pending) await approve(id)
  await noted(holding, { all: true })
  const last = await billOf(holding)
  expect([last.remainingAmount.value, last.state]).toEqual([0, 'settled'])
  for (const one of [holding.bill, ...holding.replaced]) expect(await leftOf(one)).toEqual([])
}

/** Returns what is left of the base, of each tax and of each book of a bill and its credit notes, but zeros. */
async function leftOf(bill: string) {
  const { rows } = await server.database.run(sql`SELECT DISTINCT "left" FROM (
      SELECT sum("tax_excluded_amount_value") AS "left" FROM "customer_bill" b WHERE ${ofBill(bill)}
      UNION ALL
      SELECT sum((t#>>'{taxAmount,value}')::numeric) FROM "customer_bill" b
      CROSS JOIN LATERAL jsonb_array_elements(b."tax_item") t WHERE ${ofBill(bill)}
      GROUP BY t->>'taxCategory', (t->>'taxRate')::numeric
      UNION ALL
      SELECT sum("amount") FROM "ledger_entry" e WHERE e."source_type" = 'bill'
        AND e."source_id" IN (SELECT b."id" FROM "customer_bill" b WHERE ${ofBill(bill)})
      GROUP BY e."book", e."detail") x WHERE "left" <> 0`)
  return rows
}

/** Selects a bill and its credit notes. */
function ofBill(bill: string) {
  return sql`(b."id" = ${bill} OR b."id" IN (SELECT "credit_note_id" FROM "correction" WHERE "bill_id" = ${bill}))`
}

test(
  'however corrections, payments and reversals come, a last note leaves nothing of base, of tax and of any book',
  () =>
    soak(1, async (seed) => {
      await fc.assert(fc.asyncProperty(anyCase, play), { seed, numRuns: SEQUENCES })
      expect((await verifyLedger(server.database)).map(({ difference }) => difference)).toEqual([undefined, undefined])
      const { explained } = await expectExplained(
        server,
        sql`b."category" = 'creditNote' OR b."related_bill" IS NOT NULL`
      )
      expect(explained).toBeGreaterThan(SEQUENCES)
      expect([...done.keys()].sort()).toEqual(KINDS)
    }),
  120_000 + SOAK_MINUTES * 60_000
)
