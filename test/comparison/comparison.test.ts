import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import type { Answer } from '../support/answer.ts'
import { addRun } from '../support/runs.ts'
import { CASES } from './cases.ts'
import {
  type Account,
  bill,
  COMPARISON,
  type Compared,
  type ComparisonWorld,
  startComparing
} from './comparison-world.ts'

let world: ComparisonWorld
/** The account of each case. */
let accounts: readonly string[]
let runId: string
let comparison: Compared
let found: readonly Account[]
beforeAll(async () => {
  world = await startComparing()
  const { database } = world.server
  accounts = await world.addAccounts(CASES.length, [{ amount: '100' }])
  for (const [at, { prepare, there, lines = [] }] of CASES.entries()) {
    const account = String(accounts[at])
    if (prepare) await database.run(prepare(account))
    const [first] = await world.legacy(...there(account))
    for (const [type, value] of lines) {
      const line = { type, isBilled: true, bill: { id: first }, taxExcludedAmount: { unit: 'EUR', value } }
      expect(await world.server.call('POST', 'appliedCustomerBillingRate', line)).toMatchObject({ status: 201 })
    }
  }
  runId = await world.dryRun()
  comparison = await world.compare(runId, { tolerance: { EUR: 0.01 } })
  found = await world.accounts(comparison.id)
})
afterAll(() => world.close())

const accountOf = (account: string) => found.filter(({ billingAccount }) => billingAccount.id === account)

test.each(CASES.map((each, at) => ({ ...each, at })))('against $what an account is $status $reasons', (given) => {
  const { at, status, reasons, notCompared, difference } = given
  const [one, ...others] = accountOf(String(accounts[at]))
  expect(others).toEqual([])
  expect(one).toMatchObject({ status, reasons, notCompared, difference: { unit: 'EUR', value: difference } })
  expect(one?.here === undefined).toBe(status === 'onlyThere')
  expect(one?.there === undefined).toBe(status === 'onlyHere')
})

test('the comparison counts what its accounts say, and the totals of both sides', async () => {
  const count = (status: string) => found.filter((one) => one.status === status).length
  const counts = Object.fromEntries(['equal', 'differs', 'onlyHere', 'onlyThere'].map((one) => [one, count(one)]))
  expect(comparison).toMatchObject({ state: 'done', dryRun: true, tolerance: { EUR: 0.01 }, ...counts })
  expect(comparison.accounts).toBe(CASES.length)
  expect(comparison.reasons).toEqual([
    { reason: 'amount', count: 3 },
    { reason: 'tax', count: 2 },
    { reason: 'lines', count: 3 },
    { reason: 'dueDate', count: 2 },
    { reason: 'parked', count: 1 },
    { reason: 'notBilled', count: 1 }
  ])
  const [{ here, there, difference } = {}] = comparison.totals
  expect(here).toEqual({ bills: 18, amount: { unit: 'EUR', value: 2142 } })
  expect(there).toEqual({ bills: 21, amount: { unit: 'EUR', value: 1975.9201 } })
  expect(difference).toEqual({ unit: 'EUR', value: 166.0799 })
})

test('the largest differences come first, and those of other parts before none', () => {
  const sizes = found.map(({ difference }) => Math.abs(difference.value))
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
  const without = found.filter(({ difference }) => difference.value === 0)
  expect(without.slice(0, 5).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'differs'))
})

test('the histogram has accounts on both sides in bins that are stated', () => {
  const [{ currency, bins } = {}] = comparison.histogram
  expect(currency).toBe('EUR')
  expect(bins).toHaveLength(15)
  expect(bins?.filter((bin) => bin.accounts > 0)).toEqual([
    { from: -0.1, to: -0.01, accounts: 1 },
    { from: -0.01, to: 0, accounts: 1 },
    { from: 0, to: 0, accounts: 13 },
    { from: 10, to: 100, accounts: 1 },
    { from: 100, to: 1000, accounts: 1 }
  ])
})

describe('accounts', () => {
  const names = async (query: string) => {
    const page = await world.accounts(comparison.id, query)
    return page.map(({ billingAccount }) => billingAccount.id)
  }

  test.each([
    ['status=differs', ({ status }: Account) => status === 'differs'],
    ['status=onlyHere,onlyThere', ({ status }: Account) => String(status).startsWith('only')],
    ['reason=tax', ({ reasons }: Account) => reasons.includes('tax')],
    ['status=differs&reason=dueDate,lines', ({ reasons }: Account) => /dueDate|lines/.test(reasons.join())],
    ['currency=USD', () => false]
  ])('are found by %s', async (query, isMeant) => {
    expect(await names(query)).toEqual(found.filter(isMeant).map(({ billingAccount }) => billingAccount.id))
  })

  test('are read page by page, and by their ids', async () => {
    const { status, headers, body } = await world.server.call(
      'GET',
      `${COMPARISON}/${comparison.id}/accounts?limit=4&offset=2`
    )
    expect([status, headers['x-total-count'], headers['x-result-count']]).toEqual([206, String(CASES.length), '4'])
    expect(body).toEqual(found.slice(2, 6))
    expect(headers.link).toContain('offset=6')
    expect(await names(`billingAccount.id=${accounts[3]}`)).toEqual([accounts[3]])
  })

  test.each([
    ['status=odd', 'comparison.unknownStatus'],
    ['reason=odd', 'comparison.unknownReason'],
    ['colour=red', 'query.onlyThese']
  ])('are not found by %s', async (query, messageCode) => {
    const { status, body } = await world.server.call('GET', `${COMPARISON}/${comparison.id}/accounts?${query}`)
    expect({ status, messageCode: body.messageCode }).toEqual({ status: 400, messageCode })
  })

  test('are a table as CSV, in full', async () => {
    const url = `${COMPARISON}/${comparison.id}/accounts`
    const { text, headers } = await world.server.call('GET', `${url}?status=differs`, undefined, { accept: 'text/csv' })
    expect(headers['content-type']).toBe('text/csv;charset=utf-8;header=present')
    const [head = [], ...rows] = text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','))
    const read = ['billingAccount', 'reasons', 'difference', 'amountThere', 'dueDateThere'].map((name) =>
      head.indexOf(name)
    )
    const differing = found.filter(({ status }) => status === 'differs')
    expect(rows.map((cells) => read.map((at) => cells[at]))).toEqual(
      differing.map(({ billingAccount, reasons, difference, there }) => [
        ...[billingAccount.id, reasons.join(' '), String(difference.value)],
        ...[String(there?.amount.value), there?.dueDate ?? '']
      ])
    )
    const paged = await world.server.call('GET', `${url}?limit=1`, undefined, { accept: 'text/csv' })
    expect(paged.body.messageCode).toBe('comparison.tableIsWhole')
    const other = await world.server.call('GET', url, undefined, { accept: 'image/png' })
    expect([other.status, other.body.messageCode]).toEqual([406, 'comparison.mediaType'])
  })
})

test('no cell of the table is a formula', async () => {
  await world.legacy(bill('=HYPERLINK("x")', [1, 2]))
  const { id } = await world.compare(runId)
  const url = `${COMPARISON}/${id}/accounts?reason=unknownAccount`
  const { text } = await world.server.call('GET', url, undefined, { accept: 'text/csv' })
  expect(text.split('\r\n')[1]).toMatch(/^"'=HYPERLINK\(""x""\)",EUR,onlyThere,unknownAccount,-2,,2,,1,/)
  await world.server.call('DELETE', `${COMPARISON}/${id}`)
})

describe('a comparison is refused', () => {
  const start = (body: object) => world.server.call('POST', COMPARISON, body)
  const whole = () => ({ billCycle: { id: world.cycleId }, billRun: { id: runId } })

  test.each([
    ['of a cycle that is not there', { billCycle: { id: newId() } }, 400, 'body.unknownReference'],
    ['with a run that is not there', { billRun: { id: newId() } }, 400, 'body.unknownReference'],
    ['without a run', { billRun: undefined }, 400, 'body.invalidFields'],
    ['with a tolerance below 0', { tolerance: { EUR: -0.01 } }, 400, 'body.invalidFields'],
    ['with a tolerance in no currency', { tolerance: { EURO: 1 } }, 400, 'body.invalidFields'],
    ['with a tolerance of too many places', { tolerance: { EUR: 1e-11 } }, 400, 'body.invalidFields']
  ])('%s', async (_, more, status, messageCode) => {
    const reply = await start({ ...whole(), ...more })
    expect({ status: reply.status, messageCode: reply.body.messageCode }).toEqual({ status, messageCode })
  })

  test('and told that a name is no currency', async () => {
    const { body } = await start({ ...whole(), tolerance: { FOO: 1 } })
    expect(body.errors).toMatchObject([
      { path: '$.tolerance.FOO', message: 'must be a currency of ISO 4217, such as EUR' }
    ])
  })

  test('with a run that is not done', async () => {
    const id = await addRun(world.server.database, { cycleId: world.cycleId, state: 'cancelled' })
    const { status, body } = await start({ ...whole(), billRun: { id } })
    expect([status, body.messageCode]).toEqual([409, 'comparison.runNotDone'])
  })
})

test('a comparison is listed, and gone with its accounts once it is deleted', async () => {
  const { id } = await world.compare(runId)
  const list = async () => {
    const { body } = await world.server.call('GET', `${COMPARISON}?state=done&billRun.id=${runId}`)
    return body.map((one: Answer) => one.id)
  }
  expect(await list()).toEqual([id, comparison.id])
  expect(await world.server.call('DELETE', `${COMPARISON}/${id}`)).toMatchObject({ status: 204 })
  expect(await list()).toEqual([comparison.id])
  expect(await world.server.call('DELETE', `${COMPARISON}/${id}`)).toMatchObject({ status: 404 })
  const left = sql`SELECT count(*) FROM "comparison_account" WHERE "comparison_id" = ${id}`
  expect((await world.server.database.run(left)).rows).toEqual([['0']])
  const audit = sql`SELECT "action" FROM "audit" WHERE "resource_id" = ${id} ORDER BY "id"`
  expect((await world.server.database.run(audit)).rows.flat()).toEqual(['create', 'remove'])
})

test('while it is computed, a comparison is not deleted and has no accounts', async () => {
  const { id } = await world.compare(runId)
  const { database } = world.server
  await database.run(sql`UPDATE "comparison" SET "state" = 'running', "summary" = NULL, "finished_at" = NULL
    WHERE "id" = ${id}`)
  const answers = [
    await world.server.call('DELETE', `${COMPARISON}/${id}`),
    await world.server.call('GET', `${COMPARISON}/${id}/accounts`)
  ]
  expect(answers.map(({ status, body }) => [status, body.messageCode])).toEqual([
    [409, 'comparison.underWay'],
    [409, 'comparison.notDone']
  ])
  await database.run(sql`DELETE FROM "comparison" WHERE "id" = ${id}`)
})
