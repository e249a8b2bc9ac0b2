import { afterAll, beforeAll, expect, test } from 'vitest'
import { eur, type ForeignWorld, startForeign } from './foreign-world.ts'
import { addAccount } from './ledger-world.ts'

let world: ForeignWorld
beforeAll(async () => {
  world = await startForeign()
})
afterAll(() => world.close())

test.each([
  ['more remains than was due', { amountDue: eur(100), remainingAmount: eur(120) }, 'between 0 and amountDue'],
  ['it is overpaid', { amountDue: eur(100), remainingAmount: eur(-5) }, 'between 0 and amountDue'],
  ['a credit note is', { amountDue: eur(-100), remainingAmount: eur(5) }, 'between 0 and amountDue'],
  ['its amount cannot be paid', { amountDue: eur(119.001) }, 'at most 2 decimals in EUR'],
  ['nor what remains', { amountDue: eur(100), remainingAmount: eur(99.999) }, 'at most 2 decimals in EUR'],
  ['a yen has no sen', { amountDue: { unit: 'JPY', value: 0.5 } }, 'at most 0 decimals in JPY']
])('a bill of an account of ours is refused, and nothing posted, when %s', async (_, body, message) => {
  const account = await addAccount(world.server)
  const posted = await world.bill(account, { ...body, state: 'sent' })
  expect([posted.status, posted.body.message]).toEqual([400, expect.stringContaining(message)])
  const { body: kept } = await world.bill(account, body)
  const patched = await world.patch(kept.id, 'sent')
  expect([patched.status, patched.body.message]).toEqual([409, expect.stringContaining(message)])
  expect(await world.journal(kept.id)).toEqual([])
  expect((await world.bill('elsewhere', { ...body, state: 'sent' })).status).toBe(201)
})

test.each(['INV-2026-000001', 'INV-2031-1234567', 'INV-1999-1'])(
  'a bill cannot have the number %s, which another bill gets',
  async (billNo) => {
    const { status, body } = await world.bill('elsewhere', { billNo })
    expect([status, body.message]).toEqual([400, expect.stringContaining('INV-{yyyy}-{000001}')])
  }
)

test.each(['INV-2026-', 'INV-26-000001', 'INV-2026-1a', 'XINV-2026-000001', 'R 7'])(
  'a bill may have the number %s',
  async (billNo) => {
    expect((await world.bill('elsewhere', { billNo })).status).toBe(201)
  }
)
