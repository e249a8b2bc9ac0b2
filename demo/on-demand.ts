import type { Demand, Payment } from './answers.ts'
import { get, post } from './api.ts'
import { less, type Money, moneyText } from './arithmetic.ts'
import { dueOf, rateOf, type Subscriber } from './cast.ts'
import { AFTERWARDS, type Charge } from './charges.ts'
import { expectSame } from './expectation.ts'
import { looks } from './patience.ts'
import { showBill } from './receipts.ts'
import type { Scene } from './stage.ts'

/** The chapter of a bill on demand. Returns the number of bills. */
export async function billOnDemand(scene: Scene): Promise<number> {
  const { api, narrator, cast } = scene
  const { carla } = cast
  narrator.chapter('A bill on demand')
  narrator.say(`${carla.name} buys something this month and wants its bill now. Her credit pays what it can.`)
  await postCharges(scene, carla, AFTERWARDS)
  const paid = await api.ask<readonly Payment[]>(get(`/billing/v1/payment?billingAccount.id=${carla.id}`))
  const credit = paid.body[0]?.credit ?? { value: 0 }
  const { customerBill } = await demand(scene, carla.id, 'done')
  const { taxIncluded } = dueOf({ ...carla, lines: AFTERWARDS })
  const due: Money = { unit: carla.currency, value: taxIncluded.toNumber() }
  const bill = await showBill(scene, String(customerBill?.id), 'partiallyPaid', less(due, credit))
  expectSame(`the amount of ${bill.billNo}`, moneyText(bill.amountDue), moneyText(due))
  const next = cast.all.length - cast.quiet.length + 1
  expectSame('the number that follows those of the run', Number(bill.billNo.slice(-6)), next)
  return 1
}

/** Posts charges to an account, one after the other. */
export async function postCharges(
  { api }: Scene,
  to: Pick<Subscriber, 'id' | 'currency'>,
  charges: readonly Charge[]
): Promise<void> {
  for (const charge of charges) {
    const posted = post('/appliedCustomerBillingRate', rateOf(to, charge))
    await api.show<{ taxExcludedAmount: Money }>(posted, ({ body: { taxExcludedAmount } }) => {
      return `${taxExcludedAmount.value} ${taxExcludedAmount.unit} before tax`
    })
  }
}

/** Requests a bill and follows the request to its end, which must be the given one. */
export async function demand(
  { api, narrator, signal }: Scene,
  account: string,
  end: 'done' | 'rejected'
): Promise<Demand> {
  const asked = post('/customerBillOnDemand', { billingAccount: { id: account } })
  const { body } = await api.show<Demand>(asked, ({ body: { state } }) => state)
  const path = `/customerBillOnDemand/${body.id}`
  narrator.request(`GET ${path}`)
  for await (const _ of looks('the request', signal)) {
    const { body: now } = await api.ask<Demand>(get(path))
    if (now.state === 'inProgress') continue
    narrator.answer(`200  ${[now.state, now.stateReason].filter((part) => part).join(': ')}`)
    expectSame('the end of the request', now.state, end)
    return now
  }
  throw new Error('looks do not end')
}
