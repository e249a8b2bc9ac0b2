import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Posts an amount as this very text, in a column and inside a list, and returns both as written back. */
async function roundTrip(digits: string, unit = 'EUR'): Promise<readonly string[]> {
  const amount = `{"unit":"${unit}","value":${digits}}`
  const body = `{"billingAccount":{"id":"A"},"amountDue":${amount},"taxItem":[{"taxAmount":${amount}}]}`
  const created = await server.call('POST', 'customerBill', body)
  expect(created.status, created.text).toBe(201)
  const { text } = await server.call('GET', `customerBill/${created.body.id}`)
  return [...text.matchAll(/"value": ?([^,}\s]+)/g)].map(([, written]) => String(written))
}

test.each([
  ['0.1', 'EUR'],
  ['0.2', 'EUR'],
  ['0.3', 'EUR'],
  ['12345678.901', 'KWD'],
  ['99999999999', 'JPY'],
  ['-19.99', 'EUR'],
  ['0', 'EUR'],
  ['999999999999999', 'JPY'],
  ['0.0000000001', 'EUR'],
  ['0.00125', 'EUR'],
  ['12345.6789012345', 'EUR']
])('%s %s comes back digit for digit', async (digits, unit) => {
  expect(await roundTrip(digits, unit)).toEqual([digits, digits])
})

test('any amount of up to 15 digits comes back digit for digit', async () => {
  const amounts = fc
    .tuple(fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n }), fc.integer({ min: 0, max: 10 }))
    .map(([units, scale]) => decimalText(units, scale))
  await fc.assert(
    fc.asyncProperty(amounts, async (digits) => {
      expect(await roundTrip(digits)).toEqual([digits, digits])
    }),
    { numRuns: 200, seed: 678 }
  )
})

function decimalText(units: bigint, scale: number): string {
  const padded = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const whole = padded.slice(0, padded.length - scale)
  const fraction = padded.slice(padded.length - scale).replace(/0+$/, '')
  const text = fraction === '' ? whole : `${whole}.${fraction}`
  return units < 0n ? `-${text}` : text
}

test.each([
  '1000000000000000',
  '1234567890123456',
  '0.1234567890123456',
  '0.00000000001',
  '123456789012345.6',
  '1e15',
  '1e400',
  '-1e400',
  '1e-400',
  '"12.50"'
])('%s is refused, not rounded', async (digits) => {
  const body = `{"billingAccount":{"id":"A"},"amountDue":{"unit":"EUR","value":${digits}}}`
  const refused = await server.call('POST', 'customerBill', body)
  expect(refused).toMatchObject({ status: 400, body: { code: '24' } })
  expect(refused.body.message).toContain('$.amountDue.value')
})

test.each(['eur', 'EURO', '€', ''])('the currency %s is refused', async (unit) => {
  const body = { billingAccount: { id: 'A' }, amountDue: { unit, value: 1 } }
  expect((await server.call('POST', 'customerBill', body)).body.message).toContain('$.amountDue.unit')
})

test('a thousand times 0.10 is 100, summed by the database', async () => {
  const account = { billingAccount: { id: 'sum' }, taxExcludedAmount: { unit: 'EUR', value: 0.1 } }
  const created = await server.call('POST', 'appliedCustomerBillingRate', account)
  const columns = sql`"tenant_id", "is_billed", "billing_account_id", "tax_excluded_amount_value"`
  await server.database.run(sql`INSERT INTO "applied_customer_billing_rate" ("id", ${columns})
    SELECT n::text, ${columns} FROM "applied_customer_billing_rate", generate_series(1, 999) n
    WHERE "id" = ${created.body.id}`)
  const sum = sql`SELECT trim_scale(sum("tax_excluded_amount_value")) FROM "applied_customer_billing_rate"
    WHERE "billing_account_id" = 'sum'`
  expect((await server.database.run(sum)).rows).toEqual([['100']])
})

test('amounts are compared exactly', async () => {
  await roundTrip('12345.6789012345')
  const found = async (filter: string) => (await server.call('GET', `customerBill?${filter}&fields=id`)).body.length
  expect(await found('amountDue.value=12345.6789012345')).toBeGreaterThan(0)
  expect(await found('amountDue.value=12345.67890123450')).toBeGreaterThan(0)
  expect(await found('amountDue.value=12345.67890123451')).toBe(0)
  expect(await found('amountDue.value.gt=12345.67890123449&amountDue.value.lt=12345.67890123451')).toBeGreaterThan(0)
})
