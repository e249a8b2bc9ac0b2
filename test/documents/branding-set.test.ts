import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BillingWorld, startBilling } from '../billing/world.ts'
import { billOnDemand, CHARGES, documentsOf, expectSame } from './dressed-world.ts'
import { logoUri } from './logo.ts'
import { textsOf } from './pdf-text.ts'

let world: BillingWorld
beforeAll(async () => {
  world = await startBilling()
})
afterAll(() => world.close())

test('What an administrator sets is on the next bill, and on none before', async () => {
  const [first = '', second = ''] = await world.addAccounts(2, CHARGES)
  const earlier = await billOnDemand(world, first)
  const before = await documentsOf(world, earlier)
  const { status } = await world.server.call('PATCH', '/admin/v1/tenant/demo', {
    name: 'Nordlicht',
    language: 'de',
    billNumberPattern: 'NL-{yyyy}-{001}',
    branding: {
      logo: logoUri(2),
      colour: '#0b6b5d',
      address: { city: 'Kiel' },
      bank: { iban: 'DE02' },
      contact: ['+49']
    }
  })
  expect(status).toBe(200)
  const [pdf = Buffer.alloc(0), page] = await documentsOf(world, await billOnDemand(world, second))
  const text = (await textsOf(pdf)).flat().join('\n')
  for (const word of ['Nordlicht', 'Rechnung', 'Kiel', 'DE02', '+49']) expect(text).toContain(word)
  expect(text).toMatch(/NL-\d{4}-001/)
  expect(String(page)).toContain('#0b6b5d')
  await expectSame(world, earlier, before)
})
