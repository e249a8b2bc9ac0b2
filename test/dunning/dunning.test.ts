import { afterAll, beforeAll, expect, test } from 'vitest'
import { addAccount, pay } from '../billing/ledger-world.ts'
import { type DunningWorld, startDunning } from './world.ts'

const EUR = (value: number) => ({ unit: 'EUR', value })

let world: DunningWorld
beforeAll(async () => {
  world = await startDunning()
  await world.plan([
    { daysAfterDue: 7, action: 'reminder', text: { en: 'Please pay.', de: 'Bitte zahlen.' } },
    { daysAfterDue: 14, action: 'reminder' },
    {
      ...{ daysAfterDue: 14, action: 'fee', amount: { EUR: 5, JPY: 500 } },
      interest: { yearlyRate: 9.12, dayCount: 'act/365' }
    },
    { daysAfterDue: 30, action: 'suspendRequest' }
  ])
  await world.walk(0)
})
afterAll(() => world.close())

const account = () => addAccount(world.server, { tax: 0.19 })

test('a bill goes through the plan, a step once, each as many days after the last as planned', async () => {
  const bill = await world.bill(await account(), 40)
  for (const day of [1, 1, 2, 7, 8, 9, 23, 24, 25]) await world.walk(day)
  expect(await world.steps(bill)).toEqual([
    [1, 7, 'reminder'],
    [8, 14, 'reminder'],
    [8, 14, 'fee'],
    [24, 30, 'suspendRequest']
  ])
})

test('nobody is reminded before the day, nor of what is paid', async () => {
  const [due, part, paid] = [await account(), await account(), await account()]
  const bills = [await world.bill(due, -20), await world.bill(part, -20), await world.bill(paid, -20)]
  await pay(world.server, paid, 119)
  await world.walk(26)
  expect(await Promise.all(bills.map(world.steps))).toEqual([[], [], []])
  await pay(world.server, part, 19)
  await world.walk(27)
  expect(await Promise.all(bills.map(world.steps))).toEqual([[[27, 7, 'reminder']], [[27, 7, 'reminder']], []])
  const { body } = await world.server.call('GET', `/billing/v1/dunningStep?bill.id=${bills[1]}`)
  expect(body[0]).toMatchObject({
    ...{ billingAccount: { id: part }, bill: { id: bills[1] }, overdueAmount: EUR(100) },
    ...{ daysOverdue: 7, text: 'Please pay.' }
  })
  expect((await world.server.call('GET', `/billing/v1/dunningStep/${body[0].id}`)).body).toEqual(body[0])
})

test('a fee and late interest are rates without tax for the next bill', async () => {
  const owing = await account()
  const bill = await world.bill(owing, -21)
  await world.walk(28)
  await world.walk(35)
  const { body: rates } = await world.server.call(
    'GET',
    `appliedCustomerBillingRate?billingAccount.id=${owing}&isBilled=false`
  )
  const untaxed = [{ taxCategory: 'untaxed', taxRate: 0, taxAmount: EUR(0) }]
  const rate = { type: 'appliedPenaltyCharge', appliedTax: untaxed, billingAccount: { id: owing } }
  expect(rates).toMatchObject([
    { ...rate, name: expect.stringMatching(/^Reminder fee for bill INV/), taxExcludedAmount: EUR(5) },
    // 119 × 9.12 % × 14 / 365
    { ...rate, name: expect.stringMatching(/: 14 days, 9.12 % a year \(act\/365\)$/), taxExcludedAmount: EUR(0.42) }
  ])
  const { body } = await world.server.call('GET', `/billing/v1/dunningStep?bill.id=${bill}&action=fee`)
  expect(body).toMatchObject([{ feeRate: { id: rates[0].id }, interestRate: { id: rates[1].id } }])
})

test('two at once, and any number of walks of a day, do a step once', async () => {
  const bills = await Promise.all([1, 2, 3].map(async () => world.bill(await account(), 0)))
  await Promise.all([world.walk(40), world.walk(40), world.walk(40)])
  await world.walk(40)
  expect(await Promise.all(bills.map(world.steps))).toEqual(bills.map(() => [[40, 7, 'reminder']]))
})

test('a promise pauses the dunning of a bill or of an account until its day, or until it is cancelled', async () => {
  const promise = async (body: object) => {
    const answer = await world.server.call('POST', '/billing/v1/paymentPromise', body)
    expect([answer.status, answer.text]).toEqual([201, answer.text])
    return answer.body
  }
  const today = new Date().toISOString().slice(0, 10)
  const [one, other] = [await account(), await account()]
  const [first, second, third] = [await world.bill(one, 0), await world.bill(one, 0), await world.bill(other, 0)]
  const { id } = await promise({ bill: { id: first }, until: today, description: 'Friday' })
  const whole = await promise({ billingAccount: { id: other }, until: today })
  expect(whole).toMatchObject({ state: 'open', billingAccount: { id: other }, until: today })
  await world.walk(41)
  expect([await world.steps(first), await world.steps(second), await world.steps(third)]).toEqual([
    [],
    [[41, 7, 'reminder']],
    []
  ])
  const cancelled = await world.server.call('POST', `/billing/v1/paymentPromise/${id}/cancel`)
  expect(cancelled.body).toMatchObject({ state: 'cancelled', cancelledAt: expect.any(String) })
  await pay(world.server, other, 119)
  await world.walk(42)
  expect([await world.steps(first), await world.steps(third)]).toEqual([[[42, 7, 'reminder']], []])
  const { body } = await world.server.call('GET', '/billing/v1/paymentPromise?state=kept')
  expect(body).toMatchObject([{ id: whole.id, state: 'kept' }])
})

test.each([
  [{ until: '2099-01-01' }, '$.billingAccount and $.bill'],
  [{ billingAccount: { id: 'x' }, until: '2026-01-01' }, '$.until must be a day from'],
  [{ bill: { id: 'x' }, until: 'soon' }, 'must be a day such as']
])('%j is no promise: %s', async (body, message) => {
  const answer = await world.server.call('POST', '/billing/v1/paymentPromise', body)
  expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(message) })
})

test.each<[unknown, string]>([
  [{ dunningPlan: 5 }, '$.dunningPlan must be an object, or null for none'],
  [{ dunningPlan: { steps: 1 } }, '$.dunningPlan.steps must be a list of at most 20 steps'],
  ...[
    [{ daysAfterDue: 0, action: 'event' }, 'daysAfterDue must be a whole number from 1 to 3650'],
    [{ daysAfterDue: 1, action: 'shout' }, 'action must be one of reminder, fee, event, suspendRequest'],
    [{ daysAfterDue: 1, action: 'fee' }, 'amount is required, unless interest stands in its place'],
    [{ daysAfterDue: 1, action: 'event', amount: { EUR: 1 } }, 'amount is of a step with the action fee'],
    [{ daysAfterDue: 1, action: 'fee', amount: { EUR: 0 } }, 'amount.EUR must be more than 0'],
    [{ daysAfterDue: 1, action: 'event', text: { es: 'Hola' } }, 'text.es is nothing that can be set here']
  ].map(([step, message]): [unknown, string] => [{ dunningPlan: { steps: [step] } }, String(message)])
])('no tenant gets a wrong plan: %j', async (body, message) => {
  const answer = await world.server.call('PATCH', '/admin/v1/tenant/demo', body)
  expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(message) })
})
