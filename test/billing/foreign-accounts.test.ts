import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import type { Reply } from '../support/server.ts'
import { answered, CASH, eur, type ForeignWorld, RECEIVABLE, REVENUE, startForeign, tax } from './foreign-world.ts'
import { addAccount, bringUnmatched, credits, pay } from './ledger-world.ts'

let world: ForeignWorld
beforeAll(async () => {
  world = await startForeign()
})
afterAll(() => world.close())

/** Adds two partners with keys. */
async function twoPartners() {
  const partners = [newId(), newId()].map(async (key) => {
    const id = await addPartner(world.server.database, TENANT, newId())
    await addApiKey(world.server.database, { tenantId: TENANT, key, partnerId: id })
    return { id, as: { token: key } }
  })
  return Promise.all(partners) as Promise<
    [{ id: string; as: { token: string } }, { id: string; as: { token: string } }]
  >
}

describe('whose it is', () => {
  test('a bill of an account that is another system’s is in no ledger', async () => {
    const { body } = await world.bill('elsewhere', { amountDue: eur(5), state: 'sent' })
    expect(body.remainingAmount).toBeUndefined()
    expect(await world.journal(body.id)).toEqual([])
    expect((await world.patch(body.id, 'settled')).status).toBe(200)
  })

  test('money for exactly the number that a partner gave has a guess at that bill', async () => {
    const { server } = world
    const [own] = await twoPartners()
    const account = await addAccount(server, { partnerId: own.id })
    const posted = { amountDue: eur(5), remainingAmount: eur(5), state: 'sent', billNo: 'P-17' }
    const { body: bill } = await world.bill(account, posted, own.as)
    const path = `/billing/v1/unmatchedPayment/${await bringUnmatched(server, { billNo: 'P-17', amount: '4' })}`
    const { body } = await server.call('GET', path)
    expect([body.reasonCode, body.guesses]).toMatchObject([
      'unmatched.unknown',
      [{ bill: { id: bill.id }, reasons: [{ reasonCode: 'guess.named' }] }]
    ])
    expect((await server.call('PATCH', path, { bill: { id: bill.id } })).status).toBe(200)
  })

  test('a partner’s bill is in the ledger of its own accounts alone, as the partner’s', async () => {
    const [own, other] = await twoPartners()
    const account = await addAccount(world.server, { partnerId: own.id })
    const body = { amountDue: eur(5), remainingAmount: eur(5), state: 'sent' }
    const [ours, theirs, providers] = [
      await world.bill(account, body, own.as),
      await world.bill(account, body, other.as),
      await world.bill(account, body)
    ]
    expect(await world.journal(ours.body.id)).toEqual([RECEIVABLE(5), ['partner', -5, 'EUR']])
    expect(await world.journal(theirs.body.id)).toEqual([])
    expect(await world.journal(providers.body.id)).toEqual([])
    expect((await pay(world.server, account, 20)).body.credit).toEqual(eur(15))
    const seen = await world.server.call('GET', `customerBill/${theirs.body.id}`, undefined, other.as)
    expect(seen.body).toMatchObject({ state: 'sent', remainingAmount: eur(5) })
    expect((await pay(world.server, account, 5, { bills: [{ id: theirs.body.id }] })).status).toBe(409)
  })

  test('a bill of another tenant is none of the account with the same id', async () => {
    const account = await addAccount(world.server)
    const { body } = await world.bill(account, { amountDue: eur(5), state: 'sent' }, { token: 'other-key' })
    expect(await world.journal(body.id)).toEqual([])
  })
})

/** Creates an account by the API; it may be a partner's. */
const open = (id: string, more: object = {}): Promise<Reply> =>
  world.server.call('POST', 'accounts', { id, name: 'Account', customerId: 'C1', ...more })

describe('an account that comes after its bills', () => {
  test('takes over what is issued, with what was paid of it, but no bill that names its alias', async () => {
    const id = newId()
    const alias = newId()
    const bills = []
    for (const body of [
      { amountDue: eur(119), taxItem: [tax('VAT', 19)], state: 'sent' },
      { amountDue: eur(50), state: 'settled' },
      { amountDue: eur(60), remainingAmount: eur(20), state: 'partiallyPaid' },
      { amountDue: eur(7), state: 'new' },
      { state: 'sent' }
    ]) {
      bills.push((await world.bill(id, body)).body.id)
    }
    const byAlias = (await world.bill(alias, { amountDue: eur(1), state: 'sent' })).body.id
    expect((await open(id, { aliases: [alias] })).status).toBe(201)
    expect(await Promise.all([...bills, byAlias].map(world.journal))).toEqual([
      [RECEIVABLE(119), REVENUE(-100), ['tax', 'VAT', -19, 'EUR']],
      [RECEIVABLE(50), REVENUE(-50), CASH(50), RECEIVABLE(-50)],
      [RECEIVABLE(60), REVENUE(-60), CASH(40), RECEIVABLE(-40)],
      [],
      [],
      []
    ])
    const payment = (await pay(world.server, id, 150)).body
    expect(payment.credit).toEqual(eur(11))
    expect(await answered(world, await world.patch(String(bills[3]), 'validated'))).toEqual([
      200,
      '"4"',
      'settled',
      eur(0)
    ])
    expect(await credits(world.server, id)).toEqual({ EUR: 4 })
  })

  test('leaves those of another partner alone, and those of the provider', async () => {
    const [own, other] = await twoPartners()
    const id = newId()
    const body = { amountDue: eur(5), state: 'sent' }
    const [ours, theirs] = [await world.bill(id, body, own.as), await world.bill(id, body, other.as)]
    const providers = await world.bill(id, body)
    expect((await open(id, { partner: { id: own.id } })).status).toBe(201)
    expect(await world.journal(ours.body.id)).toEqual([RECEIVABLE(5), ['partner', -5, 'EUR']])
    expect(await world.journal(theirs.body.id)).toEqual([])
    expect(await world.journal(providers.body.id)).toEqual([])
  })

  test('that is created while they are posted, issued or settled has each in its ledger once', async () => {
    for (let round = 0; round < 15; round++) {
      const id = newId()
      const waiting = (await world.bill(id, { amountDue: eur(3) })).body.id
      const sent = (await world.bill(id, { amountDue: eur(4), state: 'sent' })).body.id
      const body = { amountDue: eur(5), state: 'validated' }
      const replies = await Promise.all([
        world.bill(id, body),
        world.patch(waiting, 'sent'),
        open(id),
        world.patch(sent, 'settled'),
        world.bill(id, body)
      ])
      const isSettled = replies[3].status === 200
      expect(replies.map(({ status }) => status)).toEqual([201, 200, 201, isSettled ? 200 : 409, 201])
      const posted = await Promise.all([replies[0].body.id, waiting, sent, replies[4].body.id].map(world.journal))
      expect(posted.map((entries) => entries.length)).toEqual([2, 2, isSettled ? 4 : 2, 2])
    }
  })
})
