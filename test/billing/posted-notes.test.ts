import { afterAll, beforeAll, expect, test } from 'vitest'
import { eur, type ForeignWorld, startForeign, tax } from './foreign-world.ts'
import { addAccount } from './ledger-world.ts'

let world: ForeignWorld
beforeAll(async () => {
  world = await startForeign()
})
afterAll(() => world.close())

test.each<[string, object, number, string | undefined]>([
  ['that adds up', {}, 201, undefined],
  ['that states no parts', { taxExcludedAmount: undefined, taxIncludedAmount: undefined }, 201, undefined],
  ['over more than is due', { amountDue: eur(-120) }, 400, 'bill.noteDoesNotAddUp'],
  ['with another tax', { taxItem: [tax('VAT', -18)] }, 400, 'bill.noteDoesNotAddUp'],
  ['without its tax', { taxItem: undefined, taxIncludedAmount: undefined }, 400, 'bill.noteDoesNotAddUp'],
  ['that is to be paid', { amountDue: eur(119) }, 400, 'bill.noteAboveZero'],
  ['with a tax above zero', { taxItem: [tax('VAT', 19)] }, 400, 'bill.noteAboveZero'],
  ['that is a bill in truth', { category: 'normal', amountDue: eur(120) }, 201, undefined]
])('a posted credit note %s', async (_, more, status, code) => {
  const whole = { amountDue: eur(-119), taxExcludedAmount: eur(-100), taxIncludedAmount: eur(-119) }
  const body = { category: 'creditNote', state: 'sent', ...whole, taxItem: [tax('VAT', -19)], ...more }
  const answer = await world.bill(await addAccount(world.server), body)
  expect([answer.status, answer.body.messageCode]).toEqual([status, code])
})
