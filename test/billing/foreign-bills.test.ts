import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { answered, CASH, eur, type ForeignWorld, RECEIVABLE, REVENUE, startForeign, tax } from './foreign-world.ts'
import { addAccount, credits, paid, pay } from './ledger-world.ts'

let world: ForeignWorld
beforeAll(async () => {
  world = await startForeign()
})
afterAll(() => world.close())

/** Posted bodies, the states that issue them, and their journals. */
const KINDS: readonly (readonly [string, object, readonly string[], readonly unknown[]])[] = [
  ['a bill', { amountDue: eur(100) }, ['validated', 'sent'], [RECEIVABLE(100), REVENUE(-100)]],
  [
    'one with taxes, of which some are of one category and one is in another currency',
    { amountDue: eur(119), taxItem: [tax('VAT', 19), tax('Fee', 5), tax('VAT', 0.5), tax('GST', 7, 'USD')] },
    ['sent'],
    [RECEIVABLE(119), REVENUE(-94.5), ['tax', 'Fee', -5, 'EUR'], ['tax', 'VAT', -19.5, 'EUR']]
  ],
  [
    'one with a tax of no category, and with parts of a cent',
    { amountDue: eur(10), taxItem: [tax(undefined, 0.0000000002)] },
    ['validated'],
    [RECEIVABLE(10), REVENUE(-9.9999999998), ['tax', -0.0000000002, 'EUR']]
  ],
  [
    'one that is partly paid elsewhere',
    { amountDue: eur(100), remainingAmount: eur(40) },
    ['partiallyPaid', 'sent'],
    [RECEIVABLE(100), REVENUE(-100), CASH(60), RECEIVABLE(-60)]
  ],
  [
    'one that is paid elsewhere',
    { amountDue: eur(100), remainingAmount: eur(0) },
    ['settled', 'validated'],
    [RECEIVABLE(100), REVENUE(-100), CASH(100), RECEIVABLE(-100)]
  ],
  [
    'one that is paid without saying what remains',
    { amountDue: eur(100) },
    ['settled'],
    [RECEIVABLE(100), REVENUE(-100), CASH(100), RECEIVABLE(-100)]
  ],
  [
    'a credit note',
    { category: 'creditNote', amountDue: eur(-50), remainingAmount: eur(-50), taxItem: [tax('VAT', -8)] },
    ['sent'],
    [RECEIVABLE(-50), REVENUE(42), ['tax', 'VAT', 8, 'EUR']]
  ],
  [
    'a credit note that is paid out',
    { category: 'creditNote', amountDue: eur(-50), remainingAmount: eur(0) },
    ['settled'],
    [RECEIVABLE(-50), REVENUE(50), CASH(-50), RECEIVABLE(50)]
  ],
  ['a bill over nothing', { amountDue: eur(0) }, ['validated'], [RECEIVABLE(0), REVENUE(0)]],
  [
    'one in another currency than its account',
    { amountDue: { unit: 'JPY', value: 300 } },
    ['sent'],
    [
      ['receivable', 300, 'JPY'],
      ['revenue', -300, 'JPY']
    ]
  ],
  ['one that does not say what is due', { taxItem: [tax('VAT', 1)] }, ['validated', 'settled'], []],
  ['one of which only the rest is known', { remainingAmount: eur(5) }, ['sent'], []],
  ['one that is not issued', { amountDue: eur(100) }, ['new', 'onHold'], []]
]

type Money = ReturnType<typeof eur>

describe.each(KINDS)('%s', (_, body, states, entries) => {
  // A bill with nothing left to pay is settled, whatever state it comes with.
  const { amountDue, remainingAmount = amountDue } = body as { readonly [name: string]: Money | undefined }
  const reached = (state: string) => (amountDue && remainingAmount?.value === 0 ? 'settled' : state)

  test.each(states)('that is posted %s has its journal', async (state) => {
    const { status, body: posted } = await world.bill(await addAccount(world.server), { ...body, state })
    expect([status, posted.state]).toEqual([201, reached(state)])
    expect(await world.journal(posted.id)).toEqual(entries)
  })

  test.each(states.filter((state) => !['settled', 'new'].includes(state)))(
    'that becomes %s gets the same, once',
    async (state) => {
      const first = state === 'partiallyPaid' ? 'onHold' : 'new'
      const { body: posted } = await world.bill(await addAccount(world.server), { ...body, state: first })
      expect(await world.journal(posted.id)).toEqual([])
      expect(await world.patch(posted.id, state)).toMatchObject({ status: 200, body: { state: reached(state) } })
      expect(await world.journal(posted.id)).toEqual(entries)
      const again = reached(state) === state ? 200 : 409
      expect((await world.patch(posted.id, 'onHold')).status).toBe(again)
      expect((await world.patch(posted.id, state)).status).toBe(again)
      expect(await world.journal(posted.id)).toEqual(entries)
    }
  )
})

describe('the answer is the bill as it is in the end:', () => {
  test('it says what remains where that was not said', async () => {
    const account = await addAccount(world.server)
    expect(await answered(world, await world.bill(account, { amountDue: eur(9), state: 'sent' }))).toEqual([
      201,
      '"2"',
      'sent',
      eur(9)
    ])
    expect(await answered(world, await world.bill(account, { amountDue: eur(9), state: 'settled' }))).toEqual([
      201,
      '"2"',
      'settled',
      eur(0)
    ])
    const said = { amountDue: eur(9), remainingAmount: eur(9) }
    expect(await answered(world, await world.bill(account, { ...said, state: 'sent' }))).toEqual([
      201,
      '"1"',
      'sent',
      eur(9)
    ])
    const fresh = (await world.bill(account, { amountDue: eur(9) })).body
    expect(fresh.remainingAmount).toBeUndefined()
    expect(await answered(world, await world.patch(fresh.id, 'validated', { 'if-match': '"1"' }))).toEqual([
      200,
      '"3"',
      'validated',
      eur(9)
    ])
  })

  test('the credit of its account has paid it, at once or when it is issued; also when it is asked again', async () => {
    const account = await addAccount(world.server)
    const payment = (await pay(world.server, account, 30)).body.id
    const key = { 'idempotency-key': newId() }
    const once = await world.bill(account, { amountDue: eur(20), state: 'validated' }, key)
    expect(await answered(world, once)).toEqual([201, '"3"', 'settled', eur(0)])
    const again = await world.bill(account, { amountDue: eur(20), state: 'validated' }, key)
    expect([again.headers.etag, again.body]).toEqual([once.headers.etag, once.body])
    const { id } = (await world.bill(account, { amountDue: eur(25), remainingAmount: eur(25) })).body
    expect(await paid(world.server, id)).toEqual([[25, 'new', []]])
    expect(await answered(world, await world.patch(id, 'sent'))).toEqual([200, '"3"', 'partiallyPaid', eur(15)])
    expect(await paid(world.server, once.body.id, id)).toEqual([
      [0, 'settled', [[payment, 20]]],
      [15, 'partiallyPaid', [[payment, 10]]]
    ])
    expect(await credits(world.server, account)).toEqual({ EUR: 0 })
  })

  test('each step is an event and in the audit', async () => {
    const account = await addAccount(world.server)
    await pay(world.server, account, 5)
    const { id } = (await world.bill(account, { amountDue: eur(20), state: 'sent' })).body
    const events = await world.server.database.run(sql`SELECT "event_type", "document"->>'state' FROM "event"
      WHERE "resource_id" = ${id} ORDER BY "id"`)
    expect(events.rows).toEqual([
      ['CustomerBillCreateEvent', 'sent'],
      ['CustomerBillAttributeValueChangeEvent', 'sent'],
      ['CustomerBillStateChangeEvent', 'partiallyPaid']
    ])
    const audit = await world.server.database.run(sql`SELECT "action", "actor_type", "after"#>>'{remainingAmount,value}'
      FROM "audit" WHERE "resource_id" = ${id} ORDER BY "id"`)
    expect(audit.rows).toEqual([
      ['create', 'apiKey', null],
      ['issue', 'apiKey', '20'],
      ['pay', 'apiKey', '15']
    ])
  })
})

describe('payments', () => {
  test('pay it, and a reversal gives back what they paid, not what was paid elsewhere', async () => {
    const account = await addAccount(world.server)
    const { id } = (
      await world.bill(account, { amountDue: eur(100), remainingAmount: eur(40), state: 'partiallyPaid' })
    ).body
    const payment = (await pay(world.server, account, 50)).body.id
    expect(await paid(world.server, id)).toEqual([[0, 'settled', [[payment, 40]]]])
    await world.server.call('POST', `/billing/v1/payment/${payment}/reverse`)
    expect(await paid(world.server, id)).toEqual([[40, 'partiallyPaid', []]])
  })

  test('that come while it is issued pay it, whichever is first', async () => {
    for (let round = 0; round < 20; round++) {
      const account = await addAccount(world.server)
      const [posted] = await Promise.all([
        world.bill(account, { amountDue: eur(10), state: 'sent' }),
        pay(world.server, account, 10)
      ])
      expect(await paid(world.server, posted.body.id)).toEqual([[0, 'settled', [[expect.any(String), 10]]]])
    }
  })

  test('of which nothing in the ledger tells are none: a bill without what is due cannot be paid', async () => {
    const account = await addAccount(world.server)
    const { id } = (await world.bill(account, { remainingAmount: eur(5), state: 'sent' })).body
    expect((await pay(world.server, account, 5, { bills: [{ id }] })).status).toBe(409)
    expect((await pay(world.server, account, 5)).body.credit).toEqual(eur(5))
  })
})

test('a statement has the charges as others, and what was paid elsewhere as a payment of the bill', async () => {
  const account = await addAccount(world.server)
  const taxItem = [tax('VAT', 19)]
  const { id } = (await world.bill(account, { amountDue: eur(119), remainingAmount: eur(100), taxItem, state: 'sent' }))
    .body
  await pay(world.server, account, 30)
  const today = new Date().toISOString().slice(0, 10)
  const { body } = await world.server.call('GET', `accounts/${account}/statement?from=2026-01-01&to=${today}`)
  expect(body).toMatchObject({
    payments: eur(49),
    callCharges: eur(0),
    adjustments: eur(0),
    otherCharges: eur(119),
    totalCharges: eur(119),
    closingBalance: eur(-70)
  })
  expect(body.movements.map(({ type, amount, source }) => [type, amount, source.type])).toEqual([
    ['bill', eur(-119), 'CustomerBill'],
    ['payment', eur(19), 'CustomerBill'],
    ['payment', eur(30), 'Payment']
  ])
  for (const { source } of body.movements)
    expect((await world.server.call('GET', new URL(source.href).pathname)).status).toBe(200)
  expect(body.movements[1]?.source.id).toBe(id)
})

test('taxes that add up to more than the ledger keeps are refused', async () => {
  const taxItem = Array.from({ length: 2 }, (_, at) => tax('VAT', (at ? 1 : -1) * 500_000_000_000_000))
  const { status, body } = await world.bill(await addAccount(world.server), {
    amountDue: eur(1),
    state: 'sent',
    taxItem
  })
  expect([status, body.message]).toEqual([400, expect.stringContaining('$.taxItem must add up to less than')])
})
