import { type Bill, parseLines } from './answers.ts'
import { get, post } from './api.ts'
import { brokenAt, moneyText } from './arithmetic.ts'
import { dueOf, type Subscriber } from './cast.ts'
import { expectLike, expectSame } from './expectation.ts'
import type { Scene } from './stage.ts'

/** Euros from which a bill is reviewed before it is sent. */
export const LARGE = 100

/** Bills by the ids of their accounts. */
export type Bills = ReadonlyMap<string, Bill>

interface Released {
  readonly released: number
  readonly skipped: readonly object[]
}

/** The chapter of issuing and sending the bills of a run. */
export async function sendBills({ api, narrator, cast }: Scene, runId: string): Promise<Bills> {
  const path = `/billing/v1/billRun/${runId}`
  const release = (body: object) =>
    api.show<Released>(post(`${path}/release`, body, 200), ({ body: { released } }) => `${released} released`)
  const billed = cast.all.filter((one) => !cast.quiet.includes(one))
  const large = billed.filter((one) => one.currency === 'EUR' && dueOf(one).taxIncluded.gte(LARGE))
  narrator.chapter('Bills are sent')
  narrator.say(
    `The run left its bills as new. Those of ${LARGE} euros and more are validated first, then all are sent. With ` +
      'that they have their numbers, and stand in the ledger.'
  )
  const filter = `amountDue.unit=EUR&amountDue.value.gte=${LARGE}`
  const validated = await release({ state: 'validated', filter })
  expectSame('the bills that are validated', validated.body.released, large.length)
  const sent = await release({ state: 'sent' })
  expectSame('what became of all bills', sent.body, { released: billed.length, skipped: [] })
  const { body } = await api.show<string>(get(`${path}/bills`, { Accept: 'application/x-ndjson' }), ({ body: text }) =>
    seriesOf(parseLines<Bill>(text))
  )
  const bills = parseLines<Bill>(body)
  expectSame('the first number that is missing', brokenAt(bills.map(({ billNo }) => billNo)), undefined)
  const byAccount = new Map(bills.map((bill) => [bill.billingAccount.id, bill]))
  for (const one of billed) expectBill(one, byAccount.get(one.id))
  narrator.remark('no number is missing, and every amount is the one that its rates make')
  return byAccount
}

function seriesOf(bills: readonly Bill[]): string {
  const numbers = bills.map(({ billNo }) => billNo).sort()
  return `${numbers.length.toLocaleString('en')} bills, ${numbers[0]} to ${numbers.at(-1)}`
}

function expectBill(one: Subscriber, bill: Bill | undefined): void {
  const due = moneyText({ unit: one.currency, value: dueOf(one).taxIncluded })
  expectSame(`the bill of ${one.id}`, bill && moneyText(bill.amountDue), due)
  expectSame(`its state`, bill?.state, 'sent')
  expectLike(`its number`, String(bill?.billNo), /^SW-\d{4}-\d{6}$/)
}
