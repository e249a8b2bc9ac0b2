import Big from 'big.js'
import { alignColumns } from '../src/cli/table.ts'
import type { Bill, Payment } from './answers.ts'
import { get } from './api.ts'
import { brokenAt, moneyText, sumsOf } from './arithmetic.ts'
import { expectSame } from './expectation.ts'
import { type Figures, showLedger, type Totals, verifyAll } from './proof.ts'
import type { Scene } from './stage.ts'

const PAGE = 1_000

/** The chapter of the totals, computed from the API and by the ledger. */
export async function closeBooks(scene: Scene, expectedBills: number): Promise<Totals> {
  const { narrator } = scene
  narrator.chapter('The books')
  const bills = await allOf<Bill>(scene, '/customerBill?fields=billNo,amountDue,remainingAmount&')
  const payments = await allOf<Payment>(scene, '/billing/v1/payment?')
  expectSame('the number of bills', bills.length, expectedBills)
  expectSame('the first number that is missing', brokenAt(bills.map(({ billNo }) => billNo)), undefined)
  const figures = figuresOf(bills, payments)
  narrator.say('All bills, and all payments that were not reversed, as the API lists them:')
  narrator.show(tableOf(bills, figures))
  await showLedger(scene, figures)
  const totals = { bills: bills.length, payments: payments.length }
  await verifyAll(scene, totals)
  return totals
}

/** Reads all pages of a list. */
export async function allOf<T>({ api }: Pick<Scene, 'api'>, path: string): Promise<readonly T[]> {
  const found: T[] = []
  for (let isWhole = false; !isWhole; ) {
    const { body, status } = await api.ask<readonly T[]>(get(`${path}limit=${PAGE}&offset=${found.length}`))
    found.push(...body)
    isWhole = body.length < PAGE || status === 200
  }
  return found
}

function figuresOf(bills: readonly Bill[], payments: readonly Payment[]): Figures {
  const kept = payments.filter(({ reversedAt }) => reversedAt === undefined)
  return {
    billed: sumsOf(bills.map(({ amountDue }) => amountDue)),
    // Money that goes from one account to another does not come in.
    paid: sumsOf(kept.filter(({ method }) => method !== 'transfer').map(({ amount }) => amount)),
    credit: sumsOf(kept.map(({ credit }) => credit)),
    owed: sumsOf(bills.map(({ remainingAmount }) => remainingAmount))
  }
}

function tableOf(bills: readonly Bill[], figures: Figures): string {
  const rows = [...figures.billed.keys()].map((unit) => {
    const sumIn = (name: keyof Figures) => figures[name].get(unit) ?? new Big(0)
    const [billed, paid, credit, owed] = [sumIn('billed'), sumIn('paid'), sumIn('credit'), sumIn('owed')]
    expectSame(`what was billed in ${unit}`, billed, paid.minus(credit).plus(owed))
    const count = bills.filter(({ amountDue }) => amountDue.unit === unit).length
    return [String(count), ...[billed, paid, credit, owed].map((value) => moneyText({ unit, value }))]
  })
  return alignColumns([['bills', 'billed', '= paid', '- credit', '+ owed'], ...rows])
}
