import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addAccount, PAYMENT, pay } from '../billing/ledger-world.ts'
import { type DunningWorld, startDunning } from './world.ts'

/** Days after the due day that have a step. */
const LEVELS = [3, 5, 10]
const BILLS = 3
const TODAY = new Date().toISOString().slice(0, 10)

let world: DunningWorld
let today = 0
const seen = { step: 0, paid: 0, promised: 0, reversed: 0, credited: 0 }

beforeAll(async () => {
  world = await startDunning()
  await world.plan(LEVELS.map((daysAfterDue) => ({ daysAfterDue, action: 'reminder' })))
  await world.walk(today)
})
afterAll(() => world.close())

interface Dunned {
  readonly account: string
  readonly id: string
  readonly dueOn: number
  readonly steps: [day: number, level: number, action: string][]
  payments: string[]
  promise: string | undefined
}

const STEPS = fc.array(
  fc.record({
    bill: fc.nat({ max: BILLS - 1 }),
    act: fc.constantFrom('walk', 'walk', 'walk', 'pay', 'reverse', 'note', 'promise', 'cancel'),
    days: fc.integer({ min: 1, max: 4 }),
    amount: fc.constantFrom(40, 100)
  }),
  { minLength: 15, maxLength: 25 }
)

/** Does something to a bill; what the state of the bill does not allow is refused, and that is right. */
async function act({ act, amount }: { readonly act: string; readonly amount: number }, bill: Dunned): Promise<void> {
  const post = (path: string, body?: object) => world.server.call('POST', path, body)
  const { account } = bill
  if (act === 'pay') bill.payments.push((await pay(world.server, account, amount)).body.id)
  const last = act === 'reverse' ? bill.payments.pop() : undefined
  if (last !== undefined && (await post(`${PAYMENT}/${last}/reverse`)).status === 200) seen.reversed += 1
  if (act === 'note') {
    const note = { bill: { id: bill.id }, reason: 'other', amount: { unit: 'EUR', value: amount } }
    if ((await post('/billing/v1/creditNote', note)).status === 201) seen.credited += 1
  }
  if (act === 'promise' && bill.promise === undefined) {
    const { body } = await post('/billing/v1/paymentPromise', { bill: { id: bill.id }, until: TODAY })
    bill.promise = body.id
  }
  if (act === 'cancel' && bill.promise !== undefined) {
    await post(`/billing/v1/paymentPromise/${bill.promise}/cancel`)
    bill.promise = undefined
  }
}

/** Adds the step that a bill must get on a day, by its amounts as the API tells them. */
async function expectStep(bill: Dunned, day: number): Promise<void> {
  const { body } = await world.server.call('GET', `customerBill/${bill.id}`)
  const isOwed = ['sent', 'partiallyPaid'].includes(body.state) && body.remainingAmount.value > 0
  if (!isOwed) seen.paid += 1
  if (bill.promise !== undefined) seen.promised += 1
  if (!isOwed || bill.promise !== undefined) return
  const [lastDay, lastLevel] = bill.steps.at(-1) ?? [Number.NEGATIVE_INFINITY, 0]
  const next = LEVELS.find((level) => level > lastLevel)
  if (next === undefined || day - bill.dueOn < next || day - lastDay < next - lastLevel) return
  bill.steps.push([day, next, 'reminder'])
  seen.step += 1
}

test('no bill is reminded twice, when it is paid, or while it is promised, whatever comes between walks', async () => {
  await fc.assert(
    fc.asyncProperty(STEPS, async (done) => {
      const bills = await Promise.all(
        Array.from({ length: BILLS }, async (_, at): Promise<Dunned> => {
          const [account, dueOn] = [await addAccount(world.server), today - at * 4]
          return { account, id: await world.bill(account, -dueOn), dueOn, steps: [], payments: [], promise: undefined }
        })
      )
      for (const one of done) {
        const bill = bills[one.bill]
        if (one.act !== 'walk') {
          if (bill) await act(one, bill)
          continue
        }
        today += one.days
        for (const dunned of bills) await expectStep(dunned, today)
        await Promise.all([world.walk(today), world.walk(today)])
        for (const { id, steps } of bills) expect(await world.steps(id)).toEqual(steps)
      }
    }),
    { numRuns: 5, seed: 14 }
  )
  expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(0)
})
