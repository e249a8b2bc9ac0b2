import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { catalogue } from '../../src/billing/catalogue.ts'
import { sql } from '../../src/db/sql.ts'
import { accountKind, customerKind } from '../../src/upload/account-kinds.ts'
import type { FileRow } from '../../src/upload/file/file.ts'
import type { UploadKind } from '../../src/upload/kind.ts'
import { paymentKind } from '../../src/upload/payment-kind.ts'
import { placeOf } from '../../src/upload/place.ts'
import { AUTHOR, addAccount } from '../billing/ledger-world.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { until } from '../support/until.ts'
import { type FileWorld, startFileUpload } from './file-world.ts'

const CUSTOMERS = '/billing/v1/customerImport'
const ACCOUNTS = '/billing/v1/accountImport'
const CSV = { 'content-type': 'text/csv' }

let world: FileWorld
beforeAll(async () => {
  world = await startFileUpload()
})
afterAll(() => world.close())

describe('a partner', () => {
  /** A partner by its key, or the provider as that partner. */
  async function partner(isProxy: boolean) {
    const accountNumber = `P-${newId()}`
    const key = `key of ${accountNumber}`
    const id = await addPartner(world.database, TENANT, accountNumber)
    await addApiKey(world.database, { tenantId: TENANT, key, partnerId: id })
    const headers: Record<string, string> = isProxy ? { proxy_accountNumber: accountNumber } : { token: key }
    return { id, headers }
  }

  async function bring(
    { headers }: { readonly headers: Record<string, string> },
    path: string,
    lines: readonly string[]
  ) {
    const { body } = await world.call('POST', path, lines.join('\n'), { ...CSV, ...headers })
    const done = await world.ended(body.id, path)
    const { body: rows } = await world.call('GET', `${path}/${body.id}/rows`, undefined, headers)
    return { done, rows }
  }

  test.each([
    ['by its own key', false],
    ['for which the provider acts', true]
  ])('%s makes customers and accounts of its own, whatever names others have', async (_, isProxy) => {
    const [one, other] = [await partner(isProxy), await partner(isProxy)]
    const customers = ['customer_number,name', 'C-20,Radhaus Falkensee']
    const accounts = ['account_number,name,customer_number', 'A-20,Radhaus at home,C-20']
    for (const owner of [one, other]) {
      for (const status of ['created', 'duplicate']) {
        const brought = [await bring(owner, CUSTOMERS, customers), await bring(owner, ACCOUNTS, accounts)]
        expect(brought.map(({ rows }) => rows)).toMatchObject([
          [{ line: 1, status, id: `${owner.id}:C-20` }],
          [{ line: 1, status, id: `${owner.id}:A-20` }]
        ])
      }
      const { body } = await world.call('GET', 'accounts/A-20', undefined, owner.headers)
      expect(body).toMatchObject({ id: `${owner.id}:A-20`, customerId: `${owner.id}:C-20`, partner: { id: owner.id } })
    }
  })

  test('gets no customer of another owner, and neither name nor upload of the provider', async () => {
    const [one, other] = [await partner(false), await partner(false)]
    const [provided, theirs] = [`C-${newId()}`, `${other.id}:C-1`]
    await bring({ headers: {} }, CUSTOMERS, ['customer_number,name', `${provided},Of the provider`])
    await bring(other, CUSTOMERS, ['customer_number,name', 'C-1,Of the other'])
    const { done, rows } = await bring(one, ACCOUNTS, [
      'account_number,name,customer_number',
      `A-1,Home of one,${provided}`,
      `A-2,Home of one,${theirs}`,
      `${other.id}:A-3,Home of one,C-1`
    ])
    expect(done).toMatchObject({ created: 0, refused: 3 })
    expect(rows).toMatchObject([
      { errors: [{ column: 'customer_number' }] },
      { errors: [{ column: 'customer_number' }] },
      { status: 'refused' }
    ])
    const seen = await world.call('GET', `${ACCOUNTS}/${done.id}`, undefined, other.headers)
    expect(seen.status).toBe(404)
  })
})

describe('two imports of one file at once', () => {
  /** Stores the rows in two transactions, of which the first ends when the second waits for it. */
  async function atOnce(kind: UploadKind, rows: readonly FileRow[]) {
    const { database } = world
    const { clock } = database
    const place = await placeOf(database, TENANT, clock())
    const prepared = await kind.prepare(rows, place, { decimal: '.' })
    const view = { tenantId: TENANT }
    const context = { view, author: AUTHOR, clock, newId, resources: catalogue, resolvers: new Map() }
    const options = { isStrict: false, isDry: false, state: 'sent', onConflict: 'refuse', past: 'refuse' } as const
    const store = async (whenStored: () => Promise<void>) =>
      database.transaction(async (tx) => {
        const { results } = await prepared.store(tx, context, options)
        await whenStored()
        return results
      })
    const { promise: isStored, resolve: stored } = Promise.withResolvers<void>()
    const first = store(async () => {
      stored()
      await until('the second one waits', async () => {
        const { rowCount } = await database.run(sql`SELECT FROM "pg_stat_activity"
          WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`)
        return rowCount > 0
      })
    })
    await isStored
    const second = isStored.then(() => store(async () => undefined))
    return Promise.all([first, second])
  }

  test('make customers and accounts once', async () => {
    const [id, other] = [newId(), newId()]
    const customers = [id, other].map((one, at) => ({
      line: at + 1,
      cells: { customer_number: `C-${one}`, name: 'Radhaus Falkensee' }
    }))
    const [first, second] = await atOnce(customerKind, customers)
    expect(first).toMatchObject([{ status: 'created' }, { status: 'created' }])
    expect(second).toEqual(first.map((result) => ({ ...result, status: 'duplicate' })))
    const [one, two] = await atOnce(accountKind, [
      { line: 1, cells: { account_number: `A-${id}`, name: 'Radhaus at home', customer_number: `C-${id}` } }
    ])
    expect([one, two]).toMatchObject([[{ status: 'created' }], [{ status: 'duplicate' }]])
    const { rowCount } = await world.database.run(sql`SELECT FROM "audit" WHERE "resource_id" = ${`A-${id}`}`)
    expect(rowCount).toBe(1)
  })

  test('take payments once, with an account and without', async () => {
    const account = await addAccount(world)
    const cells = { amount: '10', date: '27-11-2026', method: 'cash' }
    const rows = [
      { line: 1, cells: { ...cells, account_number: account, reference: newId() } },
      { line: 2, cells: { ...cells, bill_no: 'unknown', reference: newId() } }
    ]
    const [first, second] = await atOnce(paymentKind, rows)
    expect(first).toMatchObject([{ status: 'created' }, { status: 'unmatched' }])
    expect(second).toEqual(first.map((result) => ({ ...result, status: 'duplicate' })))
    const { rowCount } = await world.database.run(sql`SELECT FROM "payment" WHERE "billing_account_id" = ${account}`)
    expect(rowCount).toBe(1)
  })
})
