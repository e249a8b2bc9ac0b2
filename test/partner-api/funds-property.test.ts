import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { addBill, PAYMENT, pay } from '../billing/ledger-world.ts'
import { addAccounts } from '../support/accounts.ts'
import { PARTNER_KEY, type PartnerWorld, RATE, startPartnerWorld } from './world.ts'

let world: PartnerWorld
beforeAll(async () => {
  world = await startPartnerWorld()
})
afterAll(() => world.close())

const LIMITS = [0, 1, 3]
const OWN_LIMIT = 2

interface Play {
  readonly own: string
  readonly customers: readonly string[]
  /** The sums that rates and reversals took from each customer, without asking for a limit. */
  readonly taken: number[]
  readonly payments: { readonly id: string; readonly whose: number; readonly amount: number }[]
  readonly holds: { readonly id: string; readonly amount: number }[]
  /** The sum that reversals of the partner's own payments took from its account. */
  ownTaken: number
  readonly topUps: { readonly id: string; readonly amount: number }[]
}

interface Step {
  readonly act: keyof typeof ACTS
  readonly whose: number
  readonly amount: number
}

const take = (play: Play, whose: number, amount: number) => {
  play.taken[whose] = Number(play.taken[whose]) + amount
}

const move = async (name: string, amount: number) => {
  const order = { account_number: name, amount, description: 'Funds' }
  return (await world.ask('PUT', 'funds', order, { token: PARTNER_KEY })).status
}

/** Each returns the status of its answer. */
const ACTS = {
  give: (_: Play, id: string, { amount }: Step) => move(id, amount),
  takeBack: (_: Play, id: string, { amount }: Step) => move(id, -amount),
  topUp: async ({ own, topUps }: Play, _: string, { amount }: Step) => {
    const { status, body } = await pay(world, own, amount)
    topUps.push({ id: body.id, amount })
    return status
  },
  reverseTopUp: async (play: Play) => {
    const payment = play.topUps.pop()
    if (!payment) return 200
    play.ownTaken += payment.amount
    return (await world.call('POST', `${PAYMENT}/${payment.id}/reverse`)).status
  },
  pay: async ({ payments }: Play, id: string, { amount, whose }: Step) => {
    const { status, body } = await pay(world, id, amount)
    payments.push({ id: body.id, whose, amount })
    return status
  },
  reverse: async (play: Play) => {
    const payment = play.payments.pop()
    if (!payment) return 200
    take(play, payment.whose, payment.amount)
    return (await world.call('POST', `${PAYMENT}/${payment.id}/reverse`)).status
  },
  rate: async (play: Play, id: string, { amount, whose }: Step) => {
    take(play, whose, amount)
    const rate = { type: 'usageCharge', billingAccount: { id }, taxExcludedAmount: { unit: 'EUR', value: amount } }
    return (await world.call('POST', RATE, rate)).status
  },
  bill: async (play: Play, id: string, { amount, whose }: Step) => {
    take(play, whose, amount)
    await addBill(world, id, { rates: { usageCharge: String(amount) } })
    return 200
  },
  hold: async ({ holds }: Play, id: string, { amount }: Step) => {
    const { status, body } = await world.ask('POST', 'authorize', { account_number: id, amount, ttl: 600 })
    if (body.data.covered) holds.push({ id: body.data.hold, amount })
    return status
  },
  capture: async ({ holds }: Play, _: string, { amount }: Step) => {
    const held = holds.pop()
    if (!held) return 200
    return (await world.ask('POST', 'capture', { hold: held.id, amount: Math.max(held.amount, amount) })).status
  },
  release: async ({ holds }: Play) => {
    const held = holds.pop()
    if (!held) return 200
    return (await world.ask('POST', 'release', { hold: held.id })).status
  },
  /** The hold is captured later, as far as the balance then covers it. */
  expire: async ({ holds }: Play) => {
    await world.database.transaction(async (tx) => {
      await tx.run(sql`SET LOCAL session_replication_role = replica`)
      await tx.run(sql`UPDATE "balance_hold" SET "expires_at" = now() - interval '1 second'
        WHERE "id" = ${holds.at(-1)?.id} AND "state" = 'active'`)
    })
    return 200
  }
} as const

const STEP: fc.Arbitrary<Step> = fc.record({
  act: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('give', 'takeBack') },
    { weight: 7, arbitrary: fc.constantFrom('topUp', 'reverseTopUp', 'pay', 'reverse', 'rate', 'bill') },
    { weight: 6, arbitrary: fc.constantFrom('hold', 'hold', 'capture', 'release', 'expire') }
  ),
  whose: fc.nat(LIMITS.length - 1),
  amount: fc.integer({ min: 1, max: 300 }).map((cents) => cents / 100)
})
const TURNS = fc.array(fc.array(STEP, { minLength: 3, maxLength: 6 }), { minLength: 2, maxLength: 5 })

async function begin(): Promise<Play> {
  const accounts = async (partnerId: string | undefined, creditLimit: number) => {
    const id = newId()
    await addAccounts(world.database, [id], { partnerId, creditLimit, taxes: [] })
    return id
  }
  const own = await accounts(undefined, OWN_LIMIT)
  await world.call('PATCH', `/admin/v1/partner/${world.partnerId}`, { billingAccount: { id: own } })
  await pay(world, own, 4)
  const customers = await Promise.all(LIMITS.map((limit) => accounts(world.partnerId, limit)))
  return { own, customers, taken: LIMITS.map(() => 0), payments: [], holds: [], ownTaken: 0, topUps: [] }
}

async function balanceOf(id: string): Promise<number> {
  const days = { account_number: id, initial_date: '2020-01-01', final_date: '2099-01-01' }
  return (await world.ask('GET', 'customerBalance', days)).body.data.closing_balance
}

/** The balances as the rows themselves make them: payments and transfers, bills, and rates without a bill. */
async function sumsOf(accounts: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await world.database.run(sql`SELECT a."id",
      coalesce((SELECT sum(p."amount") FROM "payment" p
        WHERE p."billing_account_id" = a."id" AND p."reversed_at" IS NULL), 0)
      - coalesce((SELECT sum(p."amount") FROM "transfer" t JOIN "payment" p USING ("tenant_id", "id")
        WHERE t."giver_id" = a."id"), 0)
      - coalesce((SELECT sum(b."amount_due_value") FROM "customer_bill" b WHERE b."billing_account_id" = a."id"), 0)
      - coalesce((SELECT sum(r."tax_excluded_amount_value") FROM "applied_customer_billing_rate" r
        WHERE r."billing_account_id" = a."id" AND NOT r."is_billed"), 0)
    FROM "billing_account" a WHERE a."id" = ANY(${accounts}::text[])`)
  return new Map(rows.map(([id, sum]) => [String(id), Number(sum)]))
}

async function requireLimits({ own, customers, taken, ownTaken }: Play): Promise<void> {
  const accounts = [own, ...customers]
  const sums = await sumsOf(accounts)
  const least = [-OWN_LIMIT - ownTaken, ...LIMITS.map((limit, at) => -limit - Number(taken[at]))]
  for (const [at, id] of accounts.entries()) {
    const balance = await balanceOf(id)
    expect(balance).toBeCloseTo(Number(sums.get(id)), 9)
    expect(balance).toBeGreaterThanOrEqual(Number(least[at]) - 1e-9)
  }
}

/** The acts that were done, not refused. */
const done = new Set<string>()

test('whatever happens at once, balances are sums and nobody gives below the limit', async () => {
  await fc.assert(
    fc.asyncProperty(TURNS, async (turns) => {
      const play = await begin()
      for (const turn of turns) {
        const answers = turn.map(async (step) => {
          const status = await ACTS[step.act](play, String(play.customers[step.whose]), step)
          if (status !== 409) done.add(step.act)
          return status
        })
        const odd = (await Promise.all(answers)).filter((status) => ![200, 201, 409].includes(status))
        expect(odd).toEqual([])
        await requireLimits(play)
      }
      const found = await verifyLedger(world.database)
      expect(found.map(({ difference }) => difference)).toEqual(found.map(() => undefined))
    }),
    { numRuns: 10 }
  )
  expect([...done].sort()).toEqual(Object.keys(ACTS).sort())
}, 120_000)
