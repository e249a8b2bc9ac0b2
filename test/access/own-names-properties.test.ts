import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, addTenant } from '../support/database.ts'
import { paymentOf } from '../support/payments.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'

/** Everybody writes in the first, all but one partner in the second, only that partner in the third. */
const WORLDS = ['all', 'without', 'alone'] as const
type World = (typeof WORLDS)[number]
const WRITERS = ['provider', 'intruder', 'second'] as const
type Writer = (typeof WRITERS)[number]
const NAMES = 3
const SEQUENCES = 40

type What = (typeof STEPS)[number]
interface Step {
  readonly who: Writer
  readonly what: What
  readonly name: number
  readonly other: number
}

const STEPS = [
  ...(['customer', 'account', 'aliases', 'rate', 'lines', 'keyed', 'payment', 'preview', 'find', 'demand'] as const),
  'upload' as const
]
const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom(...WRITERS),
  what: fc.constantFrom(...STEPS),
  name: fc.nat(NAMES - 1),
  other: fc.nat(NAMES - 1)
})

let server: TestServer
let plays = 0

beforeAll(async () => {
  server = await startTestServer()
  for (const world of WORLDS) {
    await addTenant(server.database, world)
    await addApiKey(server.database, { tenantId: world, key: `${world} provider` })
    for (const who of ['intruder', 'second']) {
      const partnerId = await addPartner(server.database, world, who)
      await addApiKey(server.database, { tenantId: world, key: `${world} ${who}`, partnerId })
    }
  }
})
afterAll(() => server.close())

test('no name of a partner changes what others are answered or what becomes of it, nor the reverse', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 30 }), async (drawn) => {
    plays++
    const steps = [...WRITERS.map((who): Step => ({ who, what: 'customer', name: 0, other: 0 })), ...drawn]
    for (const one of steps) {
      const isIntruder = one.who === 'intruder'
      const answer = await take('all', one)
      expect([one, answer]).toEqual([one, await take(isIntruder ? 'alone' : 'without', one)])
    }
    expect(await outcome('all', ['provider', 'second'])).toEqual(await outcome('without', ['provider', 'second']))
    expect(await outcome('all', ['intruder'])).toEqual(await outcome('alone', ['intruder']))
  })
  await fc.assert(property, { numRuns: SEQUENCES, seed: 678, endOnFailure: true })
})

/** Takes a step and returns its response without generated values. */
async function take(world: World, { who, what, name: at, other }: Step): Promise<string> {
  const [name, second] = [`n${plays}-${at}`, `n${plays}-${other}`]
  const alias = `${second}-alias`
  const send = async (method: 'GET' | 'POST' | 'PATCH', path: string, payload?: object | string, headers = {}) => {
    const url = path.startsWith('/') ? path : `${BASE}/${path}`
    const type = typeof payload === 'string' ? { 'content-type': 'application/x-ndjson' } : {}
    const sent = { token: `${world} ${who}`, ...type, ...headers }
    const answer = await server.app.inject({ method, url, headers: sent, ...(payload && { payload }) })
    return blurred(`${answer.statusCode} ${answer.body}`)
  }
  const rate = { externalId: name, billingAccount: { id: alias }, taxExcludedAmount: { unit: 'EUR', value: 5 } }
  switch (what) {
    case 'customer':
      return send('POST', 'customers', { id: name, name: 'Customer' })
    case 'account':
      return send('POST', 'accounts', { id: name, name: 'Account', customerId: second, aliases: [alias] })
    case 'aliases':
      return send('PATCH', `accounts/${name}`, { aliases: [alias] })
    case 'rate':
      return send('POST', 'appliedCustomerBillingRate', rate)
    case 'lines':
      return send('POST', 'appliedCustomerBillingRate', `${JSON.stringify(rate)}\n`)
    case 'keyed':
      return send('POST', 'appliedCustomerBillingRate', { ...rate, externalId: undefined }, { 'idempotency-key': name })
    case 'payment':
      return send('POST', '/billing/v1/payment', paymentOf(alias, 7, { reference: name }))
    case 'preview':
      return send('POST', '/billing/v1/preview', { billingAccount: { id: name } })
    case 'find':
      return `${await send('GET', `accounts/${alias}`)} ${await send('GET', `customers/${name}`)}`
    case 'demand':
      return send('POST', 'customerBillOnDemand', { relatedParty: { id: name, '@referredType': 'Customer' } })
    case 'upload': {
      const row = { account_number: alias, amount: 3, due_date: '31-12-2099', period: '12-2099', external_id: name }
      return send('POST', '/bills', [row], { prefer: 'return=representation' })
    }
  }
}

/** Returns payments and rates of accounts by name, with their versions. */
async function outcome(world: World, owners: readonly Writer[]): Promise<unknown> {
  const own = sql`coalesce(p."account_number", 'provider') = ANY(${owners}::text[])`
  const { rows } = await server.database.run(sql`
    SELECT 'paid', coalesce(p."account_number", ''), "own_name"(x."partner_id", x."billing_account_id"),
      sum(x."amount"), count(*)
    FROM "payment" x LEFT JOIN "partner" p ON p."tenant_id" = x."tenant_id" AND p."id" = x."partner_id"
    WHERE x."tenant_id" = ${world} AND ${own} GROUP BY 1, 2, 3
    UNION ALL
    SELECT 'rated', coalesce(p."account_number", ''), "own_name"(x."partner_id", x."billing_account_id"),
      sum(x."tax_excluded_amount_value"), count(*)
    FROM "applied_customer_billing_rate" x
    LEFT JOIN "partner" p ON p."tenant_id" = x."tenant_id" AND p."id" = x."partner_id"
    WHERE x."tenant_id" = ${world} AND ${own} GROUP BY 1, 2, 3
    UNION ALL
    SELECT 'uploaded', coalesce(p."account_number", ''), "own_name"(x."partner_id", x."billing_account_id"),
      sum(x."remaining_amount_value"), count(*)
    FROM "customer_bill" x LEFT JOIN "partner" p ON p."tenant_id" = x."tenant_id" AND p."id" = x."partner_id"
    WHERE x."tenant_id" = ${world} AND ${own} AND x."billing_period" IS NOT NULL GROUP BY 1, 2, 3
    UNION ALL
    SELECT 'audited', split_part("actor_name", ' ', 2), "action", 0, count(*) FROM "audit"
    WHERE "tenant_id" = ${world} AND split_part("actor_name", ' ', 2) = ANY(${owners}::text[]) GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3`)
  return rows
}

/** Replaces generated ids and instants. */
function blurred(text: string): string {
  return text.replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, 'ID').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
}
