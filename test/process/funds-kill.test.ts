import { afterEach, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { addAccounts, addCustomer } from '../support/accounts.ts'
import { parsed } from '../support/answer.ts'
import { addApiKey, addPartner, createTestDatabase, TENANT } from '../support/database.ts'
import { paymentOf } from '../support/payments.ts'
import { ask, open, post } from './run-world.ts'
import { cleanUp, startServer } from './server-process.ts'

/** The server is killed after so many answers. */
const KILLED_AFTER = 5
const FUNDS = 24
const HOLDS = 12
const [OWN, CUSTOMER, LIMIT_MS] = ['OWN', 'CUSTOMER', 600_000]
const headers = { token: 'key-of-the-reseller', 'content-type': 'application/json' }

interface Call {
  readonly method: 'PUT' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
}

/** Funds are known by their reference, or by their key; a capture by its hold. */
function fundsOf(at: number): Call {
  const order = { account_number: CUSTOMER, amount: 1, description: 'Top-up' }
  const [key, reference] = at % 2 === 0 ? [{ 'idempotency-key': newId() }, {}] : [{}, { reference: newId() }]
  return { method: 'PUT', path: 'funds', headers: { ...headers, ...key }, body: { ...order, ...reference } }
}

afterEach(cleanUp)

test(
  'of funds and captures whose server was killed, each is there wholly or not at all, and once when it is repeated',
  async () => {
    const store = await createTestDatabase()
    const database = open(store.url)
    const serve = () => startServer({ DATABASE_URL: store.url, LOG_LEVEL: 'silent' })
    let server = await serve()
    await addCustomer(database)
    const partnerId = await addPartner(database, TENANT, 'RESELLER')
    await addApiKey(database, { tenantId: TENANT, key: headers.token, partnerId })
    await addAccounts(database, [OWN])
    await addAccounts(database, [CUSTOMER], { partnerId, billingType: 'prepaid', creditLimit: HOLDS })
    await database.run(sql`UPDATE "partner" SET "billing_account_id" = ${OWN} WHERE "id" = ${partnerId}`)
    await post(server.root, '/billing/v1/payment', paymentOf(OWN, FUNDS))
    const send = async ({ path, body, ...call }: Call) => {
      const response = await fetch(`${server.root}/partner/v1/${path}`, { ...call, body: JSON.stringify(body) })
      return { status: response.status, text: await response.text() }
    }
    const holdCall = { method: 'POST', path: 'authorize', headers } as const
    const hold = { ...holdCall, body: { account_number: CUSTOMER, amount: 1, ttl: 3_600 } }
    const held = await Promise.all(Array.from({ length: HOLDS }, () => send(hold)))
    const calls = [
      ...Array.from({ length: FUNDS }, (_, at) => fundsOf(at)),
      ...held.map(({ text }): Call => {
        return { ...holdCall, path: 'capture', body: { hold: parsed(text).data.hold, amount: 1 } }
      })
    ].sort((one, other) => JSON.stringify(one.body).length - JSON.stringify(other.body).length)
    const before = new Map<Call, string>()
    const fifth = Promise.withResolvers<void>()
    const sent = calls.map((call) =>
      send(call).then(
        ({ text }) => {
          before.set(call, text)
          if (before.size === KILLED_AFTER) fifth.resolve()
        },
        () => undefined
      )
    )
    await fifth.promise
    await server.stop('SIGKILL')
    await Promise.all(sent)
    expect(before.size).toBeLessThan(calls.length)
    const [moved, charged] = await expectWhole()
    expect(moved + charged).toBeGreaterThanOrEqual(before.size)
    server = await serve()
    for (let time = 0; time < 2; time++) {
      const answers = await Promise.all(calls.map(send))
      for (const [at, { status, text }] of answers.entries()) {
        const call = calls[at] as Call
        expect([status, text]).toEqual([200, before.get(call) ?? text])
        before.set(call, text)
      }
      expect(await expectWhole()).toEqual([FUNDS, HOLDS])
    }
    await database.close()
    await cleanUp()
    await store.drop()

    /** Every part of a call is there, or none: returns how many funds and captures there are. */
    async function expectWhole(): Promise<[number, number]> {
      const count = async (statement: ReturnType<typeof sql>) => Number(await ask(database, statement))
      const funds = await count(sql`SELECT count(*) FROM "transfer"`)
      const captures = await count(sql`SELECT count(*) FROM "applied_customer_billing_rate"`)
      const credit = (id: string) =>
        count(sql`SELECT coalesce(sum("credit"), 0) FROM "account_balance" WHERE "account_id" = ${id}`)
      expect([await credit(OWN), await credit(CUSTOMER)]).toEqual([FUNDS - funds, funds])
      expect(await count(sql`SELECT count(*) FROM "balance_hold" WHERE "state" = 'captured'`)).toBe(captures)
      expect(await count(sql`SELECT coalesce(sum("amount"), 0) FROM "usage" WHERE "kind" = 'call'`)).toBe(captures)
      expect(await count(sql`SELECT count(*) FROM "audit" WHERE "action" = 'pay'`)).toBe(funds)
      const verified = await verifyLedger(database)
      expect(verified.map(({ difference }) => difference)).toEqual(verified.map(() => undefined))
      return [funds, captures]
    }
  },
  LIMIT_MS
)
