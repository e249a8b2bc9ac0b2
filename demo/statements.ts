import Big from 'big.js'
import type { Bill } from './answers.ts'
import { get } from './api.ts'
import { type Money, moneyText, sumOf } from './arithmetic.ts'
import { dayIn } from './calendar.ts'
import { INES } from './cast.ts'
import { expectSame } from './expectation.ts'
import { OPERATOR } from './names.ts'
import type { Scene } from './stage.ts'

type Sum = 'openingBalance' | 'payments' | 'callCharges' | 'otherCharges' | 'adjustments' | 'totalCharges'

type Statement = Readonly<Record<Sum | 'closingBalance', Money>> & {
  readonly movements: readonly { readonly type: string; readonly amount: Money }[]
}

/** The chapter of statements. */
export async function readStatements(scene: Scene): Promise<void> {
  const { narrator, cast } = scene
  const { carla } = cast
  narrator.chapter('Statements')
  narrator.say(`Statements come from the ledger alone. ${carla.name} has paid one bill and owes a part of the other.`)
  const owed = await remainingOf(scene, carla.id)
  expectSame('her closing balance', await closingOf(scene, carla.id), new Big(0).minus(owed))
  narrator.say(`${INES.name} has something left.`)
  const left = await closingOf(scene, INES.id)
  expectSame('what she owes', await remainingOf(scene, INES.id), new Big(0))
  expectSame('whether she has something left', left.gt(0), true)
}

/** Reads a statement of this month, checks its arithmetic and returns the closing balance. */
export async function closingOf({ api, narrator, commands, month }: Scene, account: string): Promise<Big> {
  const today = dayIn(OPERATOR.timeZone, commands.clock())
  const { body } = await api.show<Statement>(
    get(`/accounts/${account}/statement?from=${month.dayAfter}&to=${today}`),
    ({ body: { movements } }) => movements.map(({ type, amount }) => `${type} ${moneyText(amount)}`).join(', ')
  )
  const { openingBalance, payments, totalCharges, closingBalance, callCharges, otherCharges, adjustments } = body
  const charges = sumOf([callCharges, otherCharges, adjustments].map(({ value }) => value))
  expectSame('the total of the charges', new Big(totalCharges.value), charges)
  const closing = sumOf([openingBalance.value, payments.value]).minus(totalCharges.value)
  expectSame('the closing balance', new Big(closingBalance.value), closing)
  expectSame(
    'the movements',
    sumOf(body.movements.map(({ amount }) => amount.value)),
    closing.minus(openingBalance.value)
  )
  const [from, plus, minus, to] = [openingBalance, payments, totalCharges, closingBalance].map(moneyText)
  narrator.remark(`opening ${from} + payments ${plus} - total charges ${minus} = closing ${to}`)
  return closing
}

async function remainingOf({ api }: Scene, account: string): Promise<Big> {
  const { body } = await api.ask<readonly Bill[]>(get(`/customerBill?billingAccount.id=${account}`))
  return sumOf(body.map(({ remainingAmount }) => remainingAmount.value))
}
