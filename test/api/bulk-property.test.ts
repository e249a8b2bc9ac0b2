import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appliedCustomerBillingRate } from '../../src/resources/applied-customer-billing-rate.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { documentOf } from '../support/arbitrary.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'

const PATH = 'appliedCustomerBillingRate'
const RUNS = 60
const BULK = { token: 'demo-api-key' }
const SINGLE = { token: 'other-key' }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Rates with equal keys, rates without required attributes, and values that are no rates. */
const rate = documentOf(appliedCustomerBillingRate.shape, ['id', 'bill', 'isBilled', 'externalId'])
const key = fc.constantFrom(undefined, 'a', 'b', '"\\', '\n', 'é')
const sound = fc
  .tuple(rate, key)
  .map(([document, externalId]) => ({ ...document, externalId, billingAccount: { id: 'A' } }))
const line = fc.oneof(
  { weight: 4, arbitrary: sound },
  { weight: 1, arbitrary: rate },
  { weight: 1, arbitrary: fc.jsonValue().filter((value) => !Array.isArray(value)) }
)

test('many together come to what they come to one by one', async () => {
  let body = 0
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), async (drawn) => {
      body++
      const lines = drawn.map((each) => keyed(each, body))
      const single: unknown[] = []
      for (const each of lines) single.push(await postOne(each))
      expect(await postMany(lines)).toEqual(single)
    }),
    { numRuns: RUNS }
  )
})

/** Makes keys unique to one body. */
function keyed(each: unknown, body: number): unknown {
  if (typeof each !== 'object' || each === null || !('externalId' in each) || each.externalId === undefined) return each
  return { ...each, externalId: `${each.externalId}${body}` }
}

async function postOne(each: unknown): Promise<unknown> {
  const { status, body } = await server.call('POST', PATH, JSON.stringify(each), SINGLE)
  if (status === 409) return { status: 'duplicate' }
  return status === 201
    ? { status: 'created', stored: withoutOwn(body) }
    : { status: 'refused', message: placeless(body.message) }
}

async function postMany(lines: readonly unknown[]): Promise<readonly unknown[]> {
  const payload = lines.map((each) => `${JSON.stringify(each)}\n`).join('')
  const headers = { ...BULK, 'content-type': 'application/x-ndjson' }
  const { body } = await server.app.inject({ method: 'POST', url: `${BASE}/${PATH}`, headers, payload })
  const results = body.split('\n').flatMap((text) => (text === '' ? [] : [parsed(text)]))
  expect(results.map((result) => result.line)).toEqual(lines.map((_, at) => at + 1))
  return Promise.all(
    results.map(async ({ id, status, errors }) => {
      if (status === 'duplicate') return { status }
      if (status === 'refused') return { status, message: told(errors) }
      return { status, stored: withoutOwn((await server.call('GET', `${PATH}/${id}`, undefined, BULK)).body) }
    })
  )
}

/** Joins findings as in one message, some of which have no place. */
function told(errors: Answer): string {
  return placeless(errors.map(({ path, message }) => `${path} ${message}`).join('; '))
}

function placeless(message: string): string {
  return message.replace(/^\$ /, '')
}

function withoutOwn({ id: _, href: __, date: ___, ...others }: Answer): object {
  return others
}
