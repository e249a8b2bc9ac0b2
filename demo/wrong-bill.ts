import Big from 'big.js'
import type { Bill, Named } from './answers.ts'
import { get, post } from './api.ts'
import { type Money, moneyText } from './arithmetic.ts'
import { dueOf, type Subscriber } from './cast.ts'
import type { Charge } from './charges.ts'
import { expectSame } from './expectation.ts'
import { demand } from './on-demand.ts'
import { PART } from './payments.ts'
import { showBill } from './receipts.ts'
import { runCommand, type Scene } from './stage.ts'
import { closingOf } from './statements.ts'

/** The discount that the biller forgot, before tax. */
const DISCOUNT = '5'
/** The credit note and the new bill. */
const FURTHER_BILLS = 2

interface Explanation {
  readonly amountDue: Money
  readonly origin: { readonly text: string }
  readonly settlements: readonly { readonly type: string; readonly amount: Money }[]
  readonly comparison: {
    readonly amountDue: { readonly difference: Money }
    readonly charges: readonly {
      readonly product?: { readonly name: string }
      readonly changes: readonly { readonly code: string; readonly text: string }[]
    }[]
  }
}

interface Cancellation extends Named {
  readonly amount: Money
  readonly creditNote: Named
  readonly newBill: readonly Named[]
}

interface Rate extends Named {
  readonly name: string
  readonly taxExcludedAmount: Money
}

/** The chapter of a wrong price on a bill. Returns the number of bills. */
export async function correctBill(scene: Scene, wrong: Bill): Promise<number> {
  const { api, narrator, cast } = scene
  const { mika } = cast
  narrator.chapter('The wrong bill of the month')
  narrator.say(
    `${mika.name} is on the phone: he has a discount of ${DISCOUNT} euros, and his bill does not know it. The ` +
      'explanation of the bill says what it is made of.'
  )
  const path = `/customerBill/${wrong.id}/explanation`
  const { body: before } = await api.show<Explanation>(get(path), ({ body }) => settledText(body))
  expectSame('the explained amount', moneyText(before.amountDue), moneyText(wrong.amountDue))
  narrator.say('An issued bill never changes. It is cancelled by a credit note, and its rates are free again.')
  const wanted = { bill: { id: wrong.id }, reason: 'wrongAmount', when: 'nextRun', description: 'No discount' }
  const { body: made } = await api.show<Cancellation>(post('/billing/v1/cancelAndRebill', wanted), ({ body }) => {
    return `${moneyText(body.amount)} given back`
  })
  expectSame('the credit note', moneyText(made.amount), moneyText(wrong.amountDue))
  await showBill(scene, wrong.id, 'settled', { ...wrong.amountDue, value: 0 })
  const lines = await correctPrice(scene, mika)
  narrator.say('He wants his new bill now. What he had paid pays a part of it.')
  const { customerBill } = await demand(scene, mika.id, 'done')
  const due = dueOf({ ...mika, lines }).taxIncluded
  const remaining = { unit: mika.currency, value: due.minus(PART.value).toNumber() }
  const renewed = await showBill(scene, String(customerBill?.id), 'partiallyPaid', remaining)
  expectSame('the new amount', moneyText(renewed.amountDue), moneyText({ unit: mika.currency, value: due }))
  await explain(scene, renewed, due.minus(wrong.amountDue.value))
  await follow(scene, made, renewed)
  return FURTHER_BILLS
}

function settledText({ amountDue, settlements }: Explanation): string {
  const parts = settlements.map(({ type, amount }) => `less ${type} ${moneyText(amount)}`)
  return [moneyText(amountDue), ...parts].join(', ')
}

/** Lowers the price of the subscription, and returns the charges as they are then. */
async function correctPrice({ api }: Scene, { id, currency, lines }: Subscriber): Promise<readonly Charge[]> {
  const free = get(`/appliedCustomerBillingRate?billingAccount.id=${id}&isBilled=false&limit=100`)
  const { body: copies } = await api.show<readonly Rate[]>(free, ({ body }) => `${body.length} rates`)
  expectSame('the rates that are free', copies.length, lines.length)
  const [first, ...others] = lines
  const copy = copies.find(({ name }) => name === first?.name)
  if (!first || !copy) throw new Error(`${id} has no subscription`)
  const amount = first.amount.minus(DISCOUNT)
  const taxExcludedAmount = { unit: currency, value: amount.toNumber() }
  const patch = { method: 'PATCH', path: `/appliedCustomerBillingRate/${copy.id}`, status: 200 } as const
  await api.show<Rate>({ ...patch, body: { taxExcludedAmount } }, ({ body }) => {
    return `${body.name}, ${moneyText(body.taxExcludedAmount)}`
  })
  return [{ ...first, amount }, ...others]
}

/** Shows why the new bill differs from the one before. */
async function explain({ api, narrator }: Scene, { id }: Bill, expected: Big): Promise<void> {
  narrator.say('The explanation of the new bill names the old one, and says what is different.')
  const path = `/customerBill/${id}/explanation?compareTo=previous`
  const { body } = await api.show<Explanation>(get(path), ({ body: { origin } }) => origin.text)
  const { amountDue, charges } = body.comparison
  expectSame('the difference', new Big(amountDue.difference.value), expected)
  const changed = charges.flatMap(({ product, changes }) =>
    changes.filter(({ code }) => code !== 'unchanged').map(({ text }) => `${product?.name ?? 'no product'}: ${text}`)
  )
  expectSame('the number of changes', changed.length, 1)
  narrator.remark(`${moneyText(amountDue.difference)}: ${changed.join(' ')}`)
}

/** Shows that the documents, the statement and the ledger agree. */
async function follow(scene: Scene, { id }: Cancellation, renewed: Bill): Promise<void> {
  const { api, narrator, cast } = scene
  const { body } = await api.show<Cancellation>(get(`/billing/v1/cancelAndRebill/${id}`), ({ body: { newBill } }) => {
    return `${newBill.length} new bill`
  })
  expectSame('the new bill', body.newBill[0]?.id, renewed.id)
  narrator.say('The statement has all of it, and the ledger is sound.')
  const closing = await closingOf(scene, cast.mika.id)
  expectSame('his closing balance', closing, new Big(0).minus(renewed.remainingAmount.value))
  narrator.show(await runCommand(scene, ['ledger', 'verify']))
}
