import { AsyncResource } from 'node:async_hooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminResources } from '../../src/admin/index.ts'
import { sql } from '../../src/db/sql.ts'
import type { Operation } from '../../src/tmf/declaration/resource.ts'
import { addHeldAccount } from '../support/accounts.ts'
import { addApiKey, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { resourcesAndHub as resources } from '../support/standard-resources.ts'
import { type Contract, watch } from './contract.ts'
import { operationsOf } from './document.ts'
import { missingIn, sampleOf } from './sample.ts'

type Body = Readonly<Record<string, unknown>>

const UNKNOWN_ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const TOO_LONG = 'x'.repeat(1_001)
const TOO_LARGE = `{"name":"${'x'.repeat(1_048_577)}"}`
const TEXT = { 'content-type': 'text/plain' }
const LINES = { 'content-type': 'application/x-ndjson' }
const JSON_PATCH = { 'content-type': 'application/json-patch+json' }

/** Statuses that no request can cause: the server would have to fail. */
const FAILURES = ['429', '500', '503', 'default']
const NEVER_SHOWN = ['$.headers[0].value']
const ADMIN = '/admin/v1/'

/** Paths of resources: relative to the API's base, or whole. */
const served = new Map([
  ...resources,
  ...[...adminResources].map(([path, resource]) => [ADMIN + path, resource] as const)
])
const paths = [...served.keys()]
/** Referenced resources are created first. */
const order = [
  ...['billCycleSpecification', 'billCycle'],
  ...paths.filter((path) => !path.startsWith('billCycle') && served.get(path)?.operations.create)
]
const having = (operation: Operation) => paths.filter((path) => served.get(path)?.operations[operation])
const REQUESTS = { list: 'GET', create: 'POST', retrieve: 'GET', patch: 'PATCH', remove: 'DELETE' } as const
const requestsOf = (path: string, id: string) =>
  (Object.keys(REQUESTS) as Operation[])
    .filter((operation) => served.get(path)?.operations[operation])
    .map((operation) => {
      return [REQUESTS[operation], ['list', 'create'].includes(operation) ? path : `${path}/${id}`] as const
    })
const typeOf = (path: string) => String(served.get(path)?.type)

let server: TestServer
let contract: Contract
const ids = new Map<string, string>()

beforeAll(async () => {
  server = await startTestServer()
  contract = watch(server)
  await addHeldAccount(server.database, 'text')
  await addApiKey(server.database, { tenantId: TENANT, key: 'no-scope', scopes: ['partner'] })
})
afterAll(() => server.close())

/** Returns a body with every attribute, whose references name existing rows. */
function wholeBody(path: string): Body {
  const { schemas } = contract.document.components
  const sample = sampleOf(schemas[`${typeOf(path)}_Create`] ?? {}, schemas) as Body
  const own = [...(served.get(path)?.attributes ?? [])].flatMap(([name, { storage, readOnly }]) => {
    const target = storage.kind === 'reference' && !readOnly ? storage.to?.path : undefined
    const id = ids.get(String(target)) ?? ids.get(ADMIN + target)
    return target ? [[name, { ...(sample[name] as Body), id }]] : []
  })
  const type = { '@type': typeOf(path) }
  return { ...sample, ...type, ...Object.fromEntries(own), ...('isBilled' in sample && { isBilled: true }) }
}

let made = 0

/** Returns another body with other unique values. */
function anotherBody(path: string): Body {
  const unique = Object.values(served.get(path)?.unique ?? {}).flatMap((names) => names.split(/ or | and /).slice(0, 1))
  const body = wholeBody(path)
  const other = (name: string) => [name, typeof body[name] === 'string' ? `${body[name]}-${++made}` : undefined]
  return { ...body, ...Object.fromEntries(unique.map(other)) }
}

describe('every answer is as the document says', () => {
  test.each(order)('%s: all that is described can be posted, and is returned', async (path) => {
    const { schemas } = contract.document.components
    const created = await contract.call('POST', path, wholeBody(path), { 'idempotency-key': path })
    expect(created.body).toMatchObject({ id: expect.any(String) })
    ids.set(path, created.body.id)
    const read = await contract.call('GET', `${path}/${created.body.id}`)
    const own = [...(served.get(path)?.attributes ?? [])].flatMap(([name, { readOnly }]) =>
      readOnly ? [`$.${name}`] : []
    )
    const missing = missingIn(read.body, schemas[typeOf(path)] ?? {}, schemas)
    expect(missing.filter((name) => ![...own, ...NEVER_SHOWN].includes(name))).toEqual([])
    expect(contract.breaches()).toEqual([])
  })

  test.each(order)('%s: creating', async (path) => {
    const keyed = { 'idempotency-key': path }
    expect((await contract.call('POST', path, wholeBody(path), keyed)).headers['idempotency-replayed']).toBe('true')
    await expectStatus(422, 'POST', path, { ...wholeBody(path), '@type': 'Other' }, keyed)
    await expectStatus(201, 'POST', `${path}?fields=id`, anotherBody(path))
    await expectStatus(400, 'POST', path, '{')
    await expectStatus(400, 'POST', path, { id: UNKNOWN_ID })
    await expectStatus(413, 'POST', path, TOO_LARGE)
    await expectStatus(415, 'POST', path, 'text', TEXT)
    await expectStatus(501, 'POST', `${path}?fields=a[0]`, wholeBody(path))
    const apart = AsyncResource.bind(expectStatus)
    await server.database.transaction(async (tx) => {
      await tx.run(sql`SELECT pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['demo', 'held'])}, 0))`)
      await apart(409, 'POST', path, wholeBody(path), { 'idempotency-key': 'held' })
    })
    expect(contract.breaches()).toEqual([])
  })

  const bulk = paths.filter((path) => served.get(path)?.bulk)
  test.each(bulk)('%s: creating many', async (path) => {
    const line = JSON.stringify(anotherBody(path))
    await expectStatus(200, 'POST', path, line, LINES)
    await expectStatus(200, 'POST', `${path}?atomic=true`, line, LINES)
    await expectStatus(422, 'POST', `${path}?atomic=true`, '{', LINES)
    await expectStatus(400, 'POST', `${path}?atomic=perhaps`, line, LINES)
    expect(contract.breaches()).toEqual([])
  })

  test.each(paths)('%s: finding', async (path) => {
    await expectStatus(200, 'GET', path)
    await expectStatus(200, 'GET', path, undefined, { prefer: 'count=exact' })
    await expectStatus(200, 'GET', `${path}?fields=@type&sort=-id`)
    await expectStatus(200, 'GET', `${path}?id=${UNKNOWN_ID}`)
    await expectStatus(206, 'GET', `${path}?limit=1`)
    await expectStatus(400, 'GET', `${path}?nothing=1`)
    await expectStatus(501, 'GET', `${path}?filter=$..id`)
    expect(contract.breaches()).toEqual([])
  })

  test.each(paths)('%s: reading', async (path) => {
    const item = `${path}/${ids.get(path) ?? (await contract.call('GET', path)).body[0].id}`
    const { headers } = await contract.call('GET', item)
    await expectStatus(304, 'GET', item, undefined, { 'if-none-match': String(headers.etag) })
    await expectStatus(200, 'GET', `${item}?fields=none`)
    await expectStatus(400, 'GET', `${item}?limit=1`)
    await expectStatus(404, 'GET', `${path}/${UNKNOWN_ID}`)
    await expectStatus(501, 'GET', `${item}?fields=a[0]`)
    for (const place of [path, item]) await expectStatus(405, 'PUT', place, {})
    expect(contract.breaches()).toEqual([])
  })

  test.each(having('patch'))('%s: changing', async (path) => {
    const item = `${path}/${await changeable(path)}`
    const [name = '', value] = patchOf(path)
    await expectStatus(200, 'PATCH', item, { [name]: value })
    await expectStatus(200, 'PATCH', `${item}?fields=${name}`, [{ op: 'replace', path: `/${name}`, value }], JSON_PATCH)
    await expectStatus(400, 'PATCH', item, { id: UNKNOWN_ID })
    await expectStatus(404, 'PATCH', `${path}/${UNKNOWN_ID}`, { [name]: value })
    await expectStatus(409, 'PATCH', item, [{ op: 'test', path: `/${name}`, value: 'other' }], JSON_PATCH)
    await expectStatus(412, 'PATCH', item, { [name]: value }, { 'if-match': '"99"' })
    await expectStatus(413, 'PATCH', item, TOO_LARGE)
    await expectStatus(415, 'PATCH', item, 'text', TEXT)
    await expectStatus(501, 'PATCH', `${item}?fields=a[0]`, { [name]: value })
    expect(contract.breaches()).toEqual([])
  })

  test.each(having('remove'))('%s: deleting', async (path) => {
    const item = `${path}/${await changeable(path)}`
    await expectStatus(400, 'DELETE', item, undefined, { 'if-match': 'no tag' })
    await expectStatus(404, 'DELETE', `${path}/${UNKNOWN_ID}`)
    await expectStatus(412, 'DELETE', item, undefined, { 'if-match': '"99"' })
    await expectStatus(204, 'DELETE', item)
    await contract.call('DELETE', `${path}/${ids.get(path)}`)
    expect(contract.breaches()).toEqual([])
  })

  test.each(paths)('%s: without a credential, and without its scope', async (path) => {
    for (const [method, place] of requestsOf(path, UNKNOWN_ID)) {
      await expectStatus(401, method, place, undefined, { authorization: '' })
      await expectStatus(403, method, place, undefined, { token: 'no-scope' })
    }
    expect(contract.breaches()).toEqual([])
  })

  test.each(paths)('%s: a path that is too long', async (path) => {
    for (const [method, place] of requestsOf(path, TOO_LONG).filter(([, asked]) => asked !== path)) {
      await expectStatus(414, method, place, method === 'PATCH' ? {} : undefined)
    }
    expect(contract.breaches()).toEqual([])
  })

  test('the document of a bill', async () => {
    const due = { unit: 'EUR', value: 10 }
    const post = async (path: string, body: Body) => (await contract.call('POST', path, body)).body
    const bill = await post('customerBill', { billingAccount: { id: 'A1' }, taxExcludedAmount: due })
    const place = `customerBill/${bill.id}/document/${bill.billDocument[0].id}`
    const { headers } = await contract.call('GET', place)
    for (const accept of ['application/pdf', 'text/html', 'text/csv']) {
      await expectStatus(200, 'GET', place, undefined, { accept })
    }
    await expectStatus(304, 'GET', place, undefined, { 'if-none-match': String(headers.etag) })
    await expectStatus(400, 'GET', place, undefined, { 'if-none-match': 'no tag' })
    await expectStatus(401, 'GET', place, undefined, { authorization: '' })
    await expectStatus(403, 'GET', place, undefined, { token: 'no-scope' })
    await expectStatus(404, 'GET', `customerBill/${bill.id}/document/${UNKNOWN_ID}`)
    await expectStatus(405, 'POST', place, {})
    await expectStatus(406, 'GET', place, undefined, { accept: 'image/png' })
    await expectStatus(414, 'GET', `customerBill/${bill.id}/document/${TOO_LONG}`)
    const rate = { isBilled: true, bill: { id: bill.id }, taxExcludedAmount: { unit: 'EUR', value: 9 } }
    await post('appliedCustomerBillingRate', rate)
    await expectStatus(409, 'GET', place)
    expect(contract.breaches()).toEqual([])
  })

  test('and every answer that the document describes occurs', () => {
    // The operations of a listener have tests of their own, and so have explanations.
    const own = operationsOf(contract.document).filter(
      ({ path }) => paths.includes(path.split('/')[1] ?? '') && !/^.hub.{id}.|.explanation$|.summary$/.test(path)
    )
    for (const { operation } of own) {
      const described = Object.keys(operation.responses).filter((status) => !FAILURES.includes(status))
      const seen = [...(contract.seen.get(operation.operationId) ?? [])].sort()
      expect([operation.operationId, seen]).toEqual([operation.operationId, described.sort()])
    }
  })
})

test('a page has as many resources as the document says', async () => {
  const { parameters } = contract.document.components
  const first = async (query: string) => String((await contract.call('GET', `billCycle?${query}`)).headers.link)
  expect(parameters.Limit).toMatchObject({ schema: { default: 100 }, description: expect.stringContaining('1000') })
  expect(await first('offset=0')).toContain('?limit=100>; rel="first"')
  expect(await first('limit=5000')).toContain('?limit=1000>; rel="first"')
})

async function expectStatus(status: number, ...request: Parameters<Contract['call']>): Promise<void> {
  const answer = await contract.call(...request)
  expect([request[0], request[1], answer.status, answer.text]).toEqual([request[0], request[1], status, answer.text])
}

/** Creates a resource that no rule protects: a rate must be unbilled. */
async function changeable(path: string): Promise<string> {
  const { bill, customerBill, ...body } = anotherBody(path)
  const created = await contract.call('POST', path, { ...body, ...('isBilled' in body && { isBilled: false }) })
  return created.body.id
}

/** Returns a patchable attribute with another value. */
function patchOf(path: string): readonly [string, unknown] {
  const { patchable = [], states } = served.get(path) ?? {}
  return patchable.includes('name') ? ['name', 'changed'] : ['state', states?.transitions[states.initial]?.[0]]
}
