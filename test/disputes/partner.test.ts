import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { addAccount, addBill } from '../billing/ledger-world.ts'
import { EUR } from '../corrections/world.ts'
import { PARTNER_KEY, type PartnerWorld, startPartnerWorld } from '../partner-api/world.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'

const DISPUTE = '/billing/v1/dispute'
const OTHER_KEY = 'key-of-another'

let world: PartnerWorld
beforeAll(async () => {
  world = await startPartnerWorld()
  const partnerId = await addPartner(world.database, TENANT, 'OTHER')
  await addApiKey(world.database, { tenantId: TENANT, key: OTHER_KEY, partnerId })
})
afterAll(() => world.close())

const as = (token: string | undefined, method: 'GET' | 'POST', path: string, body?: object) =>
  world.call(method, DISPUTE + path, body, token === undefined ? {} : { token })

test('a partner disputes bills of its own accounts and cancels its disputes; nobody else sees them', async () => {
  const account = await addAccount(world, { partnerId: world.partnerId })
  const own = await addBill(world, account, { rates: { usageCharge: '30' }, state: 'sent' })
  const foreign = await addBill(world, await addAccount(world), { rates: { usageCharge: '30' }, state: 'sent' })
  const body = { bill: { id: own }, reason: 'other', amount: EUR(10), reference: newId() }
  const made = await as(PARTNER_KEY, 'POST', '', body)
  expect([made.status, made.text]).toEqual([201, made.text])
  expect(made.body).toMatchObject({ openedBy: 'partner', amount: EUR(10) })
  for (const [token, bill] of [
    [PARTNER_KEY, foreign],
    [OTHER_KEY, own]
  ] as const) {
    const refused = await as(token, 'POST', '', { ...body, bill: { id: bill }, reference: newId() })
    expect([refused.status, refused.body.messageCode]).toEqual([400, 'body.unknownReference'])
  }
  const { id } = made.body
  expect((await as(OTHER_KEY, 'GET', `/${id}`)).status).toBe(404)
  expect((await as(OTHER_KEY, 'GET', '')).body).toEqual([])
  expect((await as(OTHER_KEY, 'POST', `/${id}/cancel`, {})).status).toBe(404)
  const rejected = await as(PARTNER_KEY, 'POST', `/${id}/reject`, { answer: 'No.' })
  expect([rejected.status, rejected.body.messageCode]).toEqual([403, 'access.providerOnly'])
  expect((await as(PARTNER_KEY, 'POST', `/${id}/cancel`, {})).body.state).toBe('cancelled')
  // A reference is the sender's.
  const agents = await as(undefined, 'POST', '', body)
  expect(agents).toMatchObject({ status: 201, body: { openedBy: 'provider' } })
  const withdrawn = await as(PARTNER_KEY, 'POST', `/${agents.body.id}/cancel`, {})
  expect([withdrawn.status, withdrawn.body.messageCode]).toEqual([403, 'dispute.notOwn'])
  expect((await as(PARTNER_KEY, 'GET', '?state=acknowledged')).body).toHaveLength(1)
})
