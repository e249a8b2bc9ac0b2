import type { Bill, Payment } from './answers.ts'
import { get, post } from './api.ts'
import { less, type Money, moneyText } from './arithmetic.ts'
import { dueOf, INES, JONAS, type Prepaid } from './cast.ts'
import { type Charge, PREPAID } from './charges.ts'
import { expectSame } from './expectation.ts'
import { demand, postCharges } from './on-demand.ts'
import { paymentOf, paymentSummary, showBill } from './receipts.ts'
import type { Scene } from './stage.ts'

const NOTHING: Money = { unit: 'EUR', value: 0 }
const BILLS = 3

/** The chapter of prepaid bills. Returns their number. */
export async function billPrepaid(scene: Scene): Promise<number> {
  const { narrator } = scene
  narrator.chapter('Prepaid')
  narrator.say(
    `${INES.name} has nothing on her account: a bill is rejected, and nothing changes. After a top-up it is made, ` +
      'and settled at once.'
  )
  await topUpInTime(scene)
  narrator.say(
    `${JONAS.name} has nothing either, but a credit limit. One bill it pays, the next is too much. His top-up first ` +
      'fills what was overdrawn.'
  )
  await topUpLate(scene)
  return BILLS
}

async function topUpInTime(scene: Scene): Promise<void> {
  const { api } = scene
  const charges = [PREPAID.bundle, PREPAID.calls]
  const due = dueFor(charges)
  await postCharges(scene, INES, charges)
  const { stateReason } = await demand(scene, INES.alias, 'rejected')
  expectSame('the reason', stateReason, `The balance of 0 EUR is too low for ${due.value} EUR`)
  const bills = await api.ask<readonly Bill[]>(get(`/customerBill?billingAccount.id=${INES.id}`))
  expectSame('the number of her bills', bills.body.length, 0)
  const payment = await topUp(scene, INES, 'voucher 1')
  await billAtOnce(scene, INES)
  await showCredit(scene, payment, less(INES.topUp, due))
}

async function topUpLate(scene: Scene): Promise<void> {
  const { creditLimit: limit = NOTHING } = JONAS
  const [first, second] = [dueFor([PREPAID.dayPass]), dueFor([PREPAID.tone])]
  await postCharges(scene, JONAS, [PREPAID.dayPass])
  await billAtOnce(scene, JONAS)
  await postCharges(scene, JONAS, [PREPAID.tone])
  const { stateReason } = await demand(scene, JONAS.id, 'rejected')
  const left = less(limit, first)
  expectSame('the reason', stateReason, `The balance of ${left.value} EUR is too low for ${second.value} EUR`)
  const payment = await topUp(scene, JONAS, 'voucher 2')
  await billAtOnce(scene, JONAS)
  await showCredit(scene, payment, less(less(JONAS.topUp, first), second))
}

/** Returns the id of the payment. */
async function topUp({ api }: Scene, payer: Prepaid, reference: string): Promise<string> {
  const payment = paymentOf(payer, payer.topUp, 'wallet', reference)
  const { body } = await api.show<Payment>(post('/billing/v1/payment', payment), paymentSummary)
  return body.id
}

async function billAtOnce(scene: Scene, payer: Prepaid): Promise<void> {
  const { customerBill } = await demand(scene, payer.id, 'done')
  await showBill(scene, String(customerBill?.id), 'settled', NOTHING)
}

async function showCredit({ api }: Scene, paymentId: string, left: Money): Promise<void> {
  const { body } = await api.show<Payment>(get(`/billing/v1/payment/${paymentId}`), paymentSummary)
  expectSame('what is left of the top-up', moneyText(body.credit), moneyText(left))
}

function dueFor(lines: readonly Charge[]): Money {
  return { unit: NOTHING.unit, value: dueOf({ lines, currency: 'EUR' }).taxIncluded.toNumber() }
}
