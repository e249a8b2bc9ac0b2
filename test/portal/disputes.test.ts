import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addBill } from '../billing/ledger-world.ts'
import { type CustomerWorld, PASSWORD, startCustomerWorld } from '../partner-api/customer-world.ts'
import { type Visitor, visitor } from './visitor.ts'

const DISPUTE = '/billing/v1/dispute'
let world: CustomerWorld
beforeAll(async () => {
  world = await startCustomerWorld()
})
afterAll(() => world.close())

/** Registers a customer with a bill of two lines, 35 EUR, and signs them in. */
async function customer(
  email: string
): Promise<{ readonly one: Visitor; readonly bill: string; readonly page: string }> {
  const { text } = await world.ask('POST', 'customer', { email, name: 'Ada', password: PASSWORD, language: 'fr' })
  const account = String(JSON.parse(text).data.account_number)
  const bill = await addBill(world, account, { state: 'sent', rates: { recurringCharge: '20', usageCharge: '15' } })
  await world.database.run(sql`UPDATE "customer_sign_in" SET "confirmed_at" = now() WHERE "email" = ${email}`)
  const one = visitor(world.app)
  expect((await one.send('/portal/sign-in?tenant=demo', { email, password: PASSWORD })).statusCode).toBe(303)
  return { one, bill, page: `/portal/bill/${bill}/dispute` }
}

const AMOUNT = { reason: 'unknownCharge', words: 'Pas <moi>', amount: '5,50' }

test('a customer disputes a part of a bill, which is not due, and withdraws', async () => {
  const { one, bill, page } = await customer('ada@example.com')
  expect((await one.get('/portal')).body).toContain(`href="${page}"`)
  const more = await one.send(page, { ...AMOUNT, amount: '35.01' })
  expect([more.statusCode, more.body]).toEqual([409, expect.stringContaining('plus que le reste')])
  expect(more.body).toContain('Pas &#60;moi&#62;</textarea>')
  const sent = await one.send(page, AMOUNT)
  expect([sent.statusCode, sent.headers.location]).toEqual([303, page])
  const { body } = await one.get(page)
  expect(body).toContain('<strong>Reçue</strong>')
  expect(body).toContain('Pas &#60;moi&#62;')
  expect((await one.get('/portal')).body).toMatch(/<td class="number">29,50\sEUR<\/td>/)
  const { body: stored } = await world.call('GET', `${DISPUTE}?bill.id=${bill}`)
  expect(stored[0]).toMatchObject({ openedBy: 'customer', state: 'acknowledged', amount: { value: 5.5 } })
  // The page has the form to withdraw now.
  expect((await one.send(page, {})).statusCode).toBe(303)
  expect((await one.get(page)).body).toContain('<strong>Retirée</strong>')
})

test('a customer disputes lines, and reads the answer', async () => {
  const { one, bill, page } = await customer('bea@example.com')
  const box = /name="(line-[^"]+)"/.exec((await one.get(page)).body)?.[1] ?? ''
  const both = await one.send(page, { ...AMOUNT, [box]: '1' })
  expect([both.statusCode, both.body]).toEqual([400, expect.stringContaining('pas les deux')])
  const twice = { ...AMOUNT, amount: '', [box]: '1', once: '01M7ADBH80B4TPYHKCZWMBD85V' }
  expect(
    (await Promise.all([one.send(page, twice), one.send(page, twice)])).map(({ statusCode }) => statusCode)
  ).toEqual([303, 303])
  const { body: stored } = await world.call('GET', `${DISPUTE}?bill.id=${bill}`)
  expect([stored.length, stored[0]?.lines[0]?.rate.id]).toEqual([1, box.slice('line-'.length)])
  expect((await one.get(page)).body).not.toContain(box)
  await world.call('POST', `${DISPUTE}/${stored[0]?.id}/reject`, { answer: 'Appel du 12 mai.' })
  expect((await one.get(page)).body).toContain('<dd>Appel du 12 mai.</dd>')
})

test('a form that lacks something is shown again', async () => {
  const { one, bill, page } = await customer('cleo@example.com')
  const faults: readonly Record<string, string>[] = [
    ...['', '0,00', 'tout', '1.005'].map((amount) => ({ amount })),
    ...[{ words: ' ' }, { reason: '' }, { once: 'x' }]
  ]
  for (const fault of faults) {
    const again = await one.send(page, { ...AMOUNT, ...fault })
    expect([again.statusCode, again.body]).toEqual([400, expect.stringContaining('role="alert"')])
  }
  expect((await world.call('GET', `${DISPUTE}?bill.id=${bill}`)).body).toEqual([])
})

test('nobody disputes a bill of others, or withdraws their dispute', async () => {
  const [eve, dan] = [await customer('eve@example.com'), await customer('dan@example.com')]
  expect((await eve.one.get(dan.page)).statusCode).toBe(404)
  expect((await visitor(world.app).get(dan.page)).statusCode).toBe(303)
  expect((await dan.one.send(dan.page, AMOUNT)).statusCode).toBe(303)
  const [dispute] = (await world.call('GET', `${DISPUTE}?bill.id=${dan.bill}`)).body
  expect((await eve.one.send(eve.page, { cancel: String(dispute?.id) })).statusCode).toBe(404)
  expect((await eve.one.send(eve.page, { ...AMOUNT, formToken: 'x' })).statusCode).toBe(403)
  expect((await world.call('GET', `${DISPUTE}/${dispute?.id}`)).body.state).toBe('acknowledged')
})
