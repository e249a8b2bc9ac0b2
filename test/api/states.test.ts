import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { post } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const STATES = ['new', 'validated', 'sent', 'partiallyPaid', 'settled', 'onHold'] as const
type State = (typeof STATES)[number]

/** Written from the standard and our decisions, not copied from the code. */
const LEGAL: Readonly<Record<State, readonly State[]>> = {
  new: ['validated', 'sent', 'onHold'],
  validated: ['sent', 'onHold'],
  sent: ['partiallyPaid', 'settled', 'onHold'],
  partiallyPaid: ['settled', 'onHold'],
  settled: [],
  onHold: ['new', 'validated', 'sent', 'partiallyPaid']
}
const ORDER: readonly State[] = ['new', 'validated', 'sent', 'partiallyPaid', 'settled']

interface Standing {
  readonly state: State
  readonly issuedAs: State | undefined
}

const isIssued = (state: State) => !['new', 'onHold'].includes(state)

/** 4 of 10 remain: the bill can be partiallyPaid, but not settled. */
function mayGo({ state, issuedAs }: Standing, next: State): boolean {
  if (next === state) return true
  const isBeforeIssue = state === 'onHold' && issuedAs !== undefined && ORDER.indexOf(next) < ORDER.indexOf(issuedAs)
  return LEGAL[state].includes(next) && !isBeforeIssue && next !== 'settled'
}

/** Requests the next state, checks the response and returns the new standing. */
async function move(id: string, { state, issuedAs }: Standing, next: State): Promise<Standing> {
  const isLegal = mayGo({ state, issuedAs }, next)
  const reply = await server.call('PATCH', `customerBill/${id}`, { state: next })
  expect(reply.status, `${state} -> ${next}`).toBe(isLegal ? 200 : 409)
  const reached = isLegal ? next : state
  expect((await server.call('GET', `customerBill/${id}`)).body.state).toBe(reached)
  return { state: reached, issuedAs: issuedAs ?? (isIssued(reached) ? reached : undefined) }
}

const eur = (value: number) => ({ unit: 'EUR', value })
const partlyPaid = { amountDue: eur(10), remainingAmount: eur(4) }

describe('a bill', () => {
  test('goes only where its state and its history allow, whatever is asked of it', async () => {
    const walk = fc.array(fc.constantFrom(...STATES), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(walk, async (wanted) => {
        const { id } = await post(server, 'customerBill', partlyPaid)
        let now: Standing = { state: 'new', issuedAs: undefined }
        for (const next of wanted) now = await move(id, now, next)
        const { status } = await server.call('DELETE', `customerBill/${id}`)
        expect(status).toBe(now.issuedAs ? 409 : 204)
      }),
      { numRuns: 60, seed: 678 }
    )
  })

  test('an illegal move names the legal ones', async () => {
    const { id } = await post(server, 'customerBill', { state: 'validated' })
    await server.call('PATCH', `customerBill/${id}`, { state: 'onHold' })
    const refused = await server.call('PATCH', `customerBill/${id}`, { state: 'new' })
    expect(refused).toMatchObject({ status: 409, body: { code: '409', status: '409' } })
    expect(refused.body.message).toContain('it may go to validated, sent, partiallyPaid')
  })

  test.each([
    ['nothing remains', eur(10), eur(0), 200, 409],
    ['nothing is said', undefined, undefined, 200, 409],
    ['a part remains', eur(10), eur(0.01), 409, 200],
    ['all remains', eur(10), eur(10), 409, 409],
    ['more remains than was due', eur(10), eur(10.01), 409, 409],
    ['a credit note of which a part remains', eur(-10), eur(-4), 409, 200],
    ['a credit note of which nothing remains', eur(-10), eur(0), 200, 409]
  ])(
    'when %s, settled and partiallyPaid follow remainingAmount',
    async (_, amountDue, remainingAmount, settled, partly) => {
      const amounts = { state: 'sent', ...(amountDue && { amountDue, remainingAmount }) }
      for (const [state, status] of [
        ['settled', settled],
        ['partiallyPaid', partly]
      ] as const) {
        const { id } = await post(server, 'customerBill', amounts)
        expect((await server.call('PATCH', `customerBill/${id}`, { state })).status).toBe(status)
        const posted = await server.call('POST', 'customerBill', { billingAccount: { id: 'A' }, ...amounts, state })
        expect(posted.status).toBe(status === 200 ? 201 : 400)
      }
    }
  )

  test.each(['billNo', 'amountDue', 'billingAccount', 'lastUpdate', 'billCycle', 'unknown'])(
    'PATCH of %s is refused by name, and nothing of the patch happens',
    async (name) => {
      const { id } = await post(server, 'customerBill')
      const refused = await server.call('PATCH', `customerBill/${id}`, { state: 'validated', [name]: 'x' })
      expect(refused).toMatchObject({ status: 400, body: { code: '24' } })
      expect(refused.body.message).toContain(`$.${name} may not be patched; only state`)
      expect((await server.call('GET', `customerBill/${id}`)).body.state).toBe('new')
    }
  )

  test('needs an account, gets a document, and keeps its billNo and its posted documents', async () => {
    const refused = await server.call('POST', 'customerBill', { billNo: '1' })
    expect(refused.body).toMatchObject({ code: '23', message: '$.billingAccount or $.financialAccount is required' })
    const bill = await post(server, 'customerBill', { billNo: 'B-1' })
    expect(bill.billDocument).toMatchObject([{ id: expect.any(String), name: 'bill-B-1' }])
    const own = await post(server, 'customerBill', { billDocument: [{ id: 'D1', url: 'https://x/d.pdf' }] })
    expect(own.billDocument).toEqual([{ id: 'D1', url: 'https://x/d.pdf' }])
    const emptied = await post(server, 'customerBill', { billDocument: [] })
    expect(emptied.billDocument).toHaveLength(1)
  })

  test('what remains is in the currency of what is due', async () => {
    const amounts = { amountDue: eur(5), remainingAmount: { unit: 'JPY', value: 3 } }
    const refused = await server.call('POST', 'customerBill', { billingAccount: { id: 'A' }, ...amounts })
    expect(refused).toMatchObject({ status: 400, body: { code: '24' } })
    expect(refused.body.message).toContain('$.remainingAmount.unit must be that of $.amountDue')
  })

  test('nulls of clients that send every attribute say nothing', async () => {
    const nulls = { id: null, href: null, billNo: null, '@type': null, lastUpdate: null }
    const { id } = await post(server, 'customerBill', nulls)
    const patch = { state: 'validated', '@type': null, '@baseType': null, '@schemaLocation': null }
    expect((await server.call('PATCH', `customerBill/${id}`, patch)).body.state).toBe('validated')
    for (const wrong of [{ state: null }, { id: null }, { billingAccount: null }]) {
      const refused = await server.call('PATCH', `customerBill/${id}`, wrong)
      expect(refused, JSON.stringify(wrong)).toMatchObject({ status: 400, body: { code: '24' } })
    }
  })

  test('lastUpdate is the time of the last change, never what a client says', async () => {
    const bill = await post(server, 'customerBill', { lastUpdate: '2001-01-01T00:00:00Z' })
    expect(bill.lastUpdate > '2026').toBe(true)
    const changed = await server.call('PATCH', `customerBill/${bill.id}`, { state: 'sent' })
    expect(changed.body.lastUpdate >= bill.lastUpdate).toBe(true)
  })
})

describe('a rate', () => {
  test('is unbilled unless told, and isBilled is never missing', async () => {
    const rate = await post(server, 'appliedCustomerBillingRate', { isBilled: null })
    expect(rate.isBilled).toBe(false)
    expect((await server.call('GET', `appliedCustomerBillingRate?isBilled=false&id=${rate.id}`)).body).toHaveLength(1)
    expect((await server.call('GET', `appliedCustomerBillingRate?isBilled=true&id=${rate.id}`)).body).toHaveLength(0)
  })

  test.each([
    [{ isBilled: true, billingAccount: { id: 'A' } }, '$.bill is required when isBilled is true'],
    [{ isBilled: false }, '$.billingAccount is required when isBilled is false'],
    [{}, '$.billingAccount is required when isBilled is false'],
    [{ isBilled: true, bill: { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' } }, '$.bill.id names no customerBill of this service'],
    [{ isBilled: true, bill: {} }, '$.bill.id is required'],
    [{ isBilled: 'true' }, '$.isBilled must be of type boolean']
  ])('%j is refused', async (body, message) => {
    const refused = await server.call('POST', 'appliedCustomerBillingRate', body)
    expect(refused).toMatchObject({ status: 400, body: { message } })
  })

  test('joins a bill that is not issued, with the bill href, and then neither can go', async () => {
    const bill = await post(server, 'customerBill')
    const rate = await post(server, 'appliedCustomerBillingRate', {
      isBilled: true,
      bill: { id: bill.id, href: 'urn:x' }
    })
    expect(rate.bill).toEqual({ id: bill.id, href: bill.href })
    const path = `appliedCustomerBillingRate/${rate.id}`
    expect((await server.call('PATCH', path, { name: 'x' })).status).toBe(409)
    expect((await server.call('DELETE', path)).status).toBe(409)
    const kept = await server.call('DELETE', `customerBill/${bill.id}`)
    expect(kept).toMatchObject({ status: 409 })
    expect(kept.body.message).toContain('appliedCustomerBillingRate refers to it')
    expect((await server.call('GET', `appliedCustomerBillingRate?bill.id=${bill.id}&fields=id`)).body).toHaveLength(1)
  })

  test.each(['validated', 'sent', 'onHold'])('does not join a bill that was issued and is now %s', async (state) => {
    const bill = await post(server, 'customerBill', { state: 'validated' })
    await server.call('PATCH', `customerBill/${bill.id}`, { state })
    const body = { isBilled: true, bill: { id: bill.id } }
    expect((await server.call('POST', 'appliedCustomerBillingRate', body)).status).toBe(409)
  })

  test.each(['isBilled', 'bill'])('PATCH never changes %s', async (name) => {
    const { id } = await post(server, 'appliedCustomerBillingRate')
    const refused = await server.call('PATCH', `appliedCustomerBillingRate/${id}`, { [name]: true })
    expect(refused).toMatchObject({ status: 400, body: { code: '24' } })
  })
})

test('a cycle stays while a bill refers to it, a specification while a cycle does', async () => {
  const specification = await post(server, 'billCycleSpecification')
  const cycle = await post(server, 'billCycle', { BillCycleSpecification: { id: specification.id, name: 'M' } })
  expect(cycle.BillCycleSpecification).toEqual({ id: specification.id, href: specification.href, name: 'M' })
  const bill = await post(server, 'customerBill', { billCycle: { id: cycle.id } })
  expect((await server.call('DELETE', `billCycleSpecification/${specification.id}`)).status).toBe(409)
  expect((await server.call('DELETE', `billCycle/${cycle.id}`)).status).toBe(409)
  for (const { href } of [bill, cycle, specification]) {
    expect((await server.call('DELETE', new URL(href).pathname)).status).toBe(204)
  }
})

test('every creation and every real change of state is an event, in the same transaction', async () => {
  const { id } = await post(server, 'customerBill')
  await server.call('PATCH', `customerBill/${id}`, { state: 'validated' })
  await server.call('PATCH', `customerBill/${id}`, { state: 'validated' })
  await server.call('PATCH', `customerBill/${id}`, { state: 'new' })
  const events = sql`SELECT "event_type", "document" ->> 'state' FROM "event" WHERE "resource_id" = ${id} ORDER BY "id"`
  expect((await server.database.run(events)).rows).toEqual([
    ['CustomerBillCreateEvent', 'new'],
    ['CustomerBillStateChangeEvent', 'validated']
  ])
})
