import type { Bill, Payment } from './answers.ts'
import { get, post } from './api.ts'
import { less, type Money, moneyText } from './arithmetic.ts'
import { importStatement } from './bank.ts'
import type { Subscriber } from './cast.ts'
import { expectSame } from './expectation.ts'
import { paymentOf, paymentSummary, showBill } from './receipts.ts'
import type { Bills } from './release.ts'
import type { Scene } from './stage.ts'

/** Of what is due, paid in cash. */
export const PART: Money = { unit: 'EUR', value: 20 }
/** Carla pays in whole notes, and one more. */
const NOTE = 50
/** Every third of the others does not pay. */
const UNPAID_EVERY = 3

/** The chapter of payments. */
export async function takePayments(scene: Scene, bills: Bills): Promise<void> {
  const { narrator, cast } = scene
  const { lotte, mika, carla, haruka } = cast
  narrator.chapter('Payments')
  narrator.say(
    `${lotte.name} pays what is due. The bank sends this line of its statement twice, but one reference is one payment.`
  )
  await payTwice(scene, lotte, billOf(bills, lotte))
  narrator.say(`${mika.name} pays a part.`)
  await payPart(scene, mika, billOf(bills, mika))
  narrator.say(`${carla.name} pays too much; the rest is her credit.`)
  await payMore(scene, carla, billOf(bills, carla))
  narrator.say(`The direct debit of ${haruka.name} comes back; the reversal undoes it exactly.`)
  await payBack(scene, haruka, billOf(bills, haruka))
  narrator.say('Most of the others pay by transfer. Their payments come as one file, the statement of the bank.')
  await takeTransfers(scene, bills)
}

export function billOf(bills: Bills, { id }: Pick<Subscriber, 'id'>): Bill {
  const bill = bills.get(id)
  if (bill) return bill
  throw new Error(`${id} has no bill`)
}

async function payTwice(scene: Scene, payer: Subscriber, { id, amountDue }: Bill): Promise<void> {
  const { api } = scene
  const reference = 'statement 1, line 1'
  const payment = paymentOf(payer, amountDue, 'bankTransfer', reference)
  const first = await api.show<Payment>(post('/billing/v1/payment', payment), paymentSummary)
  const second = await api.show<Payment>(post('/billing/v1/payment', payment, 200), () => 'the same payment')
  expectSame('the second answer', second.body, first.body)
  const list = get(`/billing/v1/payment?reference=${encodeURIComponent(reference)}`)
  const { body: listed } = await api.show<readonly Payment[]>(list, ({ body }) => `${body.length} payment`)
  expectSame('the number of payments of this reference', listed.length, 1)
  await showBill(scene, id, 'settled', { ...amountDue, value: 0 })
}

async function payPart(scene: Scene, payer: Subscriber, { id, amountDue }: Bill): Promise<void> {
  const payment = paymentOf(payer, PART, 'cash', 'shop 7, receipt 118')
  await scene.api.show<Payment>(post('/billing/v1/payment', payment), paymentSummary)
  await showBill(scene, id, 'partiallyPaid', less(amountDue, PART))
}

async function payMore(scene: Scene, payer: Subscriber, { id, amountDue }: Bill): Promise<void> {
  const amount = { unit: amountDue.unit, value: (Math.ceil(amountDue.value / NOTE) + 1) * NOTE }
  const payment = paymentOf(payer, amount, 'card', 'card payment 4711')
  const { body } = await scene.api.show<Payment>(post('/billing/v1/payment', payment), paymentSummary)
  expectSame('the credit', moneyText(body.credit), moneyText(less(amount, amountDue)))
  await showBill(scene, id, 'settled', { ...amountDue, value: 0 })
}

async function payBack(scene: Scene, payer: Subscriber, { id, amountDue }: Bill): Promise<void> {
  const { api } = scene
  const payment = { ...paymentOf(payer, amountDue, 'directDebit', 'direct debit 1'), bills: [{ id }] }
  const { body } = await api.show<Payment>(post('/billing/v1/payment', payment), paymentSummary)
  await api.show<Payment>(post(`/billing/v1/payment/${body.id}/reverse`, undefined, 200), paymentSummary)
  const bill = await showBill(scene, id, 'sent', amountDue)
  expectSame('the payments of this bill', bill.appliedPayment ?? [], [])
}

async function takeTransfers(scene: Scene, bills: Bills): Promise<void> {
  const { lotte, mika, carla, haruka, all, quiet } = scene.cast
  const others = all.filter((one) => ![lotte, mika, carla, haruka, ...quiet].includes(one))
  const payers = others.filter((_, at) => at % UNPAID_EVERY !== 0)
  const credits = payers.map((payer) => ({ payer, bill: billOf(bills, payer) }))
  const [last, ...before] = credits.toReversed()
  if (last) await importStatement(scene, before.toReversed(), last)
}
