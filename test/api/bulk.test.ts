import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { post } from '../support/samples.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { countRows, LINES, postLines, RATE, type Sent } from './bulk-lines.ts'

const PATH = 'appliedCustomerBillingRate'
const UNKNOWN_ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  for (const name of ['first', 'second']) {
    const partnerId = await addPartner(server.database, TENANT, name)
    await addApiKey(server.database, { tenantId: TENANT, key: `key-${name}`, partnerId })
  }
})
afterAll(() => server.close())

const bulk = (...[sent, query, headers]: Sent) => postLines(server, sent, query, headers)
const countRates = () => countRows(server)

const credit = (value: number) => ({ ...RATE, type: 'appliedBillingCredit', taxExcludedAmount: { unit: 'EUR', value } })
const amount = (digits: string) => `{"billingAccount":{"id":"A"},"taxExcludedAmount":{"unit":"EUR","value":${digits}}}`
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

/** Refused lines, each with the places of its faults. */
const REFUSED: readonly (readonly [what: string, line: string, paths: readonly string[]])[] = [
  ['no JSON', '{"a"', ['$']],
  ['no object', '1', ['$']],
  ['an id', JSON.stringify({ ...RATE, id: 'mine' }), ['$.id']],
  ['no account', '{}', ['$.billingAccount']],
  ['an unknown attribute', JSON.stringify({ ...RATE, nmae: 'x' }), ['$']],
  ['two wrong types', JSON.stringify({ ...RATE, name: 1, date: 'today' }), ['$.date', '$.name']],
  ['a number that loses digits', amount('0.12345678901234567'), ['$.taxExcludedAmount.value']],
  ['a number with too large an exponent', amount('1e400'), ['$.taxExcludedAmount.value']],
  ['too many decimal places', amount('0.00000000001'), ['$.taxExcludedAmount.value']],
  ['a NUL', JSON.stringify({ ...RATE, name: 'a\u0000b' }), ['$.name']],
  ['__proto__', '{"billingAccount":{"id":"A"},"__proto__":{}}', ['$']],
  ['too deep a nesting', nested(65), ['$']],
  ['a positive credit', JSON.stringify(credit(0.01)), ['$.taxExcludedAmount.value']],
  ['a blank key', JSON.stringify({ ...RATE, externalId: ' ' }), ['$.externalId']],
  ['an unknown bill', JSON.stringify({ isBilled: true, bill: { id: UNKNOWN_ID } }), ['$.bill.id']],
  ['too long a line', JSON.stringify({ ...RATE, name: 'x'.repeat(1_100_000) }), ['$']]
]

describe('a line is refused with', () => {
  test.each(REFUSED)('%s, where a single one is refused too, and the others are stored', async (_, line, paths) => {
    const { status, type, results } = await bulk(`${JSON.stringify(RATE)}\r\n${line}\n\n${JSON.stringify(credit(-1))}`)
    expect([status, type]).toEqual([200, 'application/x-ndjson'])
    expect(results.map((result) => [result.line, result.status])).toEqual([
      [1, 'created'],
      [2, 'refused'],
      [4, 'created']
    ])
    expect(results[1].errors.map(({ path }) => path).sort()).toEqual(paths)
    const single = await server.call('POST', PATH, line)
    expect(single.status).toBeGreaterThanOrEqual(400)
    const told = results[1].errors.map(({ path, message }) => `${path} ${message}`)
    const codes = new Set(results[1].errors.map(({ messageCode }) => messageCode))
    if (single.status === 400) expect([...codes]).toEqual([single.body.messageCode])
    if (single.status === 400) expect(told.join('; ').replace(/^\$ /, '')).toBe(single.body.message.replace(/^\$ /, ''))
  })

  test('text that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff]), Buffer.from('"}\n')])
    const url = `${BASE}/${PATH}`
    const headers = { ...LINES, token: 'demo-api-key' }
    const { body } = await server.app.inject({ method: 'POST', url, headers, payload: bytes })
    expect(JSON.parse(body)).toMatchObject({ line: 1, status: 'refused', errors: [{ path: '$' }] })
  })
})

describe('an array', () => {
  test('is taken element by element', async () => {
    const array = `\uFEFF [${JSON.stringify({ ...RATE, name: 'a],[b\\"' })} , ${amount('1e-400')},\n[] ]`
    const { status, results } = await bulk(array, '', { 'content-type': 'application/json' })
    expect(status).toBe(200)
    expect(results.map((result) => [result.line, result.status])).toEqual([
      [1, 'created'],
      [2, 'refused'],
      [3, 'refused']
    ])
    expect((await server.call('GET', `${PATH}/${results[0].id}`)).body.name).toBe('a],[b\\"')
  })

  test.each([
    ['is no JSON', '[{}', '22'],
    ['is nested too deeply', `[${nested(65)}]`, '22'],
    ['is empty', '[ ]', '21']
  ])('that %s is refused as a whole', async (_, array, code) => {
    const { status, results } = await bulk(array, '', { 'content-type': 'application/json' })
    expect([status, results[0].code]).toEqual([400, code])
  })
})

describe('before there is a result', () => {
  test.each([
    ['an Idempotency-Key', '', { 'idempotency-key': 'x' }, '{}', 400, '26'],
    ['another value of atomic', '?atomic=perhaps', {}, '{}', 400, '28'],
    ['atomic twice', '?atomic=true&atomic=true', {}, '{}', 400, '28'],
    ['fields', '?fields=id', {}, '{}', 400, '28'],
    ['nothing', '', {}, '', 400, '21'],
    ['blank lines', '', {}, '\n \r\n\n', 400, '21'],
    ['nothing at all or nothing', '?atomic=true', {}, '\n', 400, '21'],
    ['a compressed body', '', { 'content-encoding': 'gzip' }, '{}', 415, '415'],
    ['another charset', '', { 'content-type': 'application/x-ndjson;charset=latin1' }, '{}', 415, '415'],
    ['no scope', '', { token: 'nobody' }, '{}', 401, '41']
  ] as const)('%s is an error of the standard', async (_, query, headers, body, status, code) => {
    const answer = await bulk(body, query, headers)
    expect([answer.status, answer.results]).toEqual([status, [expect.objectContaining({ code, '@type': 'Error' })]])
  })

  test('a resource that takes one at a time says so', async () => {
    const answer = await server.call('POST', 'billCycle', '{"name":"March"}', LINES)
    expect([answer.status, answer.headers['accept-post']]).toEqual([415, 'application/json'])
    const wrong = await server.call('POST', PATH, 'x', { 'content-type': 'text/plain' })
    expect([wrong.status, wrong.headers['accept-post']]).toEqual([415, 'application/json, application/x-ndjson'])
    expect((await server.call('POST', 'billCycle', '[]')).status).toBe(400)
  })
})

describe('all or nothing', () => {
  test('stores all, and again none of them', async () => {
    const before = await countRates()
    const rates = Array.from({ length: 1_500 }, (_, at) => ({ ...RATE, externalId: `all-${at}` }))
    const first = await bulk(rates, '?atomic=true')
    expect([first.status, first.results.at(-1)]).toMatchObject([200, { line: 1_500, status: 'created' }])
    const again = await bulk(rates, '?atomic=true')
    expect([again.status, new Set(again.results.map(({ status }) => status))]).toEqual([200, new Set(['duplicate'])])
    expect(await countRates()).toBe(before + 1_500)
  })

  test.each([
    ['a line is wrong', { name: 1 }],
    ['the database refuses one', { isBilled: true, bill: { id: UNKNOWN_ID } }]
  ])('stores nothing where %s', async (_, wrong) => {
    const before = await countRates()
    const { status, results } = await bulk([RATE, wrong, RATE], '?atomic=true', { token: 'key-first' })
    expect([status, results]).toMatchObject([
      422,
      [
        { line: 1, status: 'notStored' },
        { line: 2, status: 'refused', errors: [expect.anything()] },
        { line: 3, status: 'notStored' }
      ]
    ])
    expect(await countRates()).toBe(before)
  })

  test('stores all where another partner has given a rate the same name', async () => {
    const rates = [RATE, { ...RATE, externalId: 'held' }]
    for (const token of ['key-second', 'key-first']) {
      const { status, results } = await bulk(rates, '?atomic=true', { token })
      expect([token, status, results.map((result) => result.status)]).toEqual([token, 200, ['created', 'created']])
    }
  })

  test.each([
    [200, JSON.stringify(RATE)],
    [422, '{}']
  ])('answers %i in pieces, whose length is not known before', async (code, last) => {
    const { statusCode, headers, body } = await server.app.inject({
      method: 'POST',
      url: `${BASE}/${PATH}?atomic=true`,
      headers: { ...LINES, token: 'demo-api-key' },
      payload: `${`${JSON.stringify(RATE)}\n`.repeat(1_100)}${last}`
    })
    expect([statusCode, headers['content-length'], body.trimEnd().split('\n').length]).toEqual([code, undefined, 1_101])
  })

  test('takes so many lines and no more', async () => {
    const { status, results } = await bulk(`${JSON.stringify(RATE)}\n`.repeat(100_001), '?atomic=true')
    expect([status, results[0].message]).toEqual([413, expect.stringContaining('100000 lines')])
  })
})

test('a rate joins a bill of its own that is not issued', async () => {
  const [draft, issued] = [await post(server, 'customerBill'), await post(server, 'customerBill')]
  await server.call('PATCH', `customerBill/${issued.id}`, { state: 'validated' })
  const billed = (id: string) => ({ ...RATE, isBilled: true, bill: { id } })
  const { results } = await bulk([billed(draft.id), billed(issued.id), billed(draft.id)])
  expect(results.map(({ status }) => status)).toEqual(['created', 'refused', 'created'])
  expect(results[1].errors[0].message).toContain('issued')
  const foreign = await bulk([billed(draft.id)], '', { token: 'key-first' })
  expect(foreign.results[0].errors).toMatchObject([{ path: '$.bill.id' }])
})

test('the audit has one row for what was stored together', async () => {
  const { results } = await bulk([RATE, { name: 1 }, RATE])
  const { rows } = await server.database.run(sql`SELECT "action", "resource_type", "after"->>'count', "after"->>'lastId'
    FROM "audit" WHERE "resource_id" = ${results[0].id}`)
  expect(rows).toEqual([['createMany', 'AppliedCustomerBillingRate', '2', results[2].id]])
  const { rows: others } = await server.database.run(sql`SELECT FROM "audit" WHERE "resource_id" = ${results[2].id}`)
  expect(others).toEqual([])
})

test.each([
  ['a charge', { ...credit(5), type: 'appliedBillingCharge' }, 201],
  ['a credit below zero', credit(-5), 201],
  ['a credit of nothing', credit(0), 201],
  ['a credit above zero', credit(5), 400]
])('%s is taken, unless its sign is wrong', async (_, rate, status) => {
  const answer = await server.call('POST', PATH, rate)
  expect(answer.status).toBe(status)
  if (status === 400) expect(answer.body).toMatchObject({ code: '24' })
})
