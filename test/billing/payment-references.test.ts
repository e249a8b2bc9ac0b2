import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import type { TestServer } from '../support/server.ts'
import { addAccount, credits, PAYMENT, pay, startLedger } from './ledger-world.ts'

let server: TestServer
let account: string
beforeAll(async () => {
  server = await startLedger()
  account = await addAccount(server)
})
afterAll(() => server.close())

/** Spellings of the same words. */
const spelling = fc.record({
  form: fc.constantFrom('NFC', 'NFD'),
  blank: fc.constantFrom(' ', '\u00a0', '\u2003', '  ', ' \u200b'),
  before: fc.constantFrom('', ' ', '\u3000', '\ufeff'),
  after: fc.constantFrom('', ' ', '\u00a0\t', '\u200b')
})

test('a payment is one, in whatever spelling its reference is sent, and shows the first', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(spelling, { minLength: 2, maxLength: 4 }), async (spellings) => {
      const words = ['Überweisung', newId(), 'Zoë']
      const sent = spellings.map(
        ({ form, blank, before, after }) => before + words.map((word) => word.normalize(form)).join(blank) + after
      )
      const replies = []
      for (const reference of sent) replies.push(await pay(server, account, 1, { reference }))
      expect(replies.map(({ status }) => status)).toEqual([201, ...sent.slice(1).fill(200 as never)].map(Number))
      for (const { body } of replies) expect([body.id, body.reference]).toEqual([replies[0]?.body.id, sent[0]])
      const last = encodeURIComponent(String(sent.at(-1)))
      const { body: found } = await server.call('GET', `${PAYMENT}?reference=${last}`)
      expect(found.map(({ id }) => id)).toEqual([replies[0]?.body.id])
    }),
    { numRuns: 20 }
  )
})

test('sent at once in several spellings it is one; with another case or content it is not', async () => {
  const before = Number((await credits(server, account)).EUR ?? 0)
  const name = `Zoë ${newId()} a`
  const same = [name, name.normalize('NFD'), `${name}\u00a0`, name.replaceAll(' ', '\u00a0')]
  const replies = await Promise.all(same.map((reference) => pay(server, account, 1, { reference })))
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201])
  expect((await pay(server, account, 2, { reference: `${name} ` })).status).toBe(409)
  expect((await pay(server, account, 2, { reference: name.toUpperCase() })).status).toBe(201)
  expect(await credits(server, account)).toEqual({ EUR: before + 3 })
})

test.each(['\u00a0', '\u200b', '\u3164 \u2060'])('the reference %j is blank', async (reference) => {
  expect((await pay(server, account, 1, { reference })).status).toBe(400)
})

test('payments of before that look the same stay, each known by its own spelling', async () => {
  const name = newId()
  const twins = [`${name} `, name, `${name}\u00a0`]
  const ids: string[] = []
  for (const [twin, reference] of twins.entries()) {
    const { body } = await pay(server, account, 5, { reference: newId() })
    ids.push(body.id)
    await server.database.run(sql`UPDATE "payment" SET "reference" = ${reference}, "reference_twin" = ${twin}
      WHERE "id" = ${body.id}`)
  }
  for (const [at, reference] of twins.entries()) {
    expect(await pay(server, account, 5, { reference })).toMatchObject({ status: 200, body: { id: ids[at] } })
  }
  expect(await pay(server, account, 5, { reference: `\u2003${name}` })).toMatchObject({ status: 200 })
  expect((await server.call('GET', `${PAYMENT}?reference=${name}`)).body).toHaveLength(3)
})
