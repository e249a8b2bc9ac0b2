import type { Bill, Payment } from './answers.ts'
import { get } from './api.ts'
import { type Money, moneyText } from './arithmetic.ts'
import type { Subscriber } from './cast.ts'
import { expectSame } from './expectation.ts'
import type { Scene } from './stage.ts'

export function paymentOf({ id }: Pick<Subscriber, 'id'>, amount: Money, method: string, reference: string) {
  return { billingAccount: { id }, amount, method, reference }
}

export function paymentSummary({ body }: { readonly body: Payment }): string {
  const { amount, allocations, credit, reversedAt } = body
  if (reversedAt) return `${moneyText(amount)} reversed`
  const parts = allocations.map((one) => `${moneyText(one.amount)} for a bill`)
  return [...parts, ...(credit.value > 0 ? [`${moneyText(credit)} credit`] : [])].join(', ')
}

/** Shows a bill and expects its state and remaining amount. */
export async function showBill({ api }: Scene, id: string, state: string, remaining: Money): Promise<Bill> {
  const path = `/customerBill/${id}?fields=billNo,state,remainingAmount,amountDue,appliedPayment`
  const { body } = await api.show<Bill>(get(path), ({ body: { billNo, state: found, remainingAmount, amountDue } }) => {
    return `${billNo} ${found}, ${moneyText(remainingAmount)} of ${moneyText(amountDue)} left`
  })
  expectSame(`the state of ${body.billNo}`, body.state, state)
  expectSame(`what remains of ${body.billNo}`, moneyText(body.remainingAmount), moneyText(remaining))
  return body
}
