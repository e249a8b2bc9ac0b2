import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { type FileWorld, startFileUpload } from './file-world.ts'

let world: FileWorld
beforeAll(async () => {
  world = await startFileUpload()
})
afterAll(() => world.close())

async function bring(path: string, lines: readonly string[]) {
  const reply = await world.call('POST', path, lines.join('\n'), { 'content-type': 'text/csv' })
  expect(reply.text).toContain('"state"')
  return world.ended(reply.body.id, path)
}

test('customers and their accounts come as files, once, and faulty rows name their columns', async () => {
  const [customer, account] = [`C-${newId()}`, `A-${newId()}`]
  const customers = [
    'customer_number,name,email,line1,city,country',
    `${customer},Radhaus Falkensee,ada@example.com,Bahnhofstr. 1,Falkensee,DE`,
    `${customer} 2,Nowhere,,,,XX`
  ]
  const path = '/billing/v1/customerImport'
  expect(await bring(path, customers)).toMatchObject({ state: 'done', created: 1, refused: 1 })
  expect(await bring(path, customers)).toMatchObject({ created: 0, duplicate: 1, refused: 1 })
  const other = customers.map((line) => line.replace('Radhaus', 'Rathaus'))
  expect(await bring(path, other)).toMatchObject({ duplicate: 0, conflict: 1, refused: 1 })
  const accounts = [
    'account_number,name,customer_number,currency,net_term_days,city',
    `${account},Radhaus at home,${customer},EUR,30,Falkensee`,
    `${account}-2,Nobody,nobody,EUR,,`,
    `${account}-3,Radhaus again,${customer},EUR,1000,`
  ]
  const done = await bring('/billing/v1/accountImport', accounts)
  expect(done).toMatchObject({ state: 'done', created: 1, refused: 2 })
  const { body: rows } = await world.call('GET', `/billing/v1/accountImport/${done.id}/rows?status=refused`)
  expect(rows).toMatchObject([
    { line: 2, errors: [{ column: 'customer_number' }] },
    { line: 3, errors: [{ column: 'net_term_days' }] }
  ])
  const { body } = await world.call('GET', `accounts/${account}`)
  expect(body).toMatchObject({ name: 'Radhaus at home', customerId: customer, invoiceCurrency: 'EUR' })
  expect(await bring('/billing/v1/accountImport', accounts)).toMatchObject({ created: 0, duplicate: 1, refused: 2 })
})
