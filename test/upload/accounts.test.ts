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

test('an account comes with aliases, credit limit, tax and cycles, and an alias in use is refused alone', async () => {
  const [customer, account] = [`C-${newId()}`, `A-${newId()}`]
  const { body: specification } = await world.call('POST', 'billCycleSpecification', {
    name: 'monthly',
    frequency: 'monthly',
    billingDateShift: 0,
    validFor: { startDateTime: '2026-01-01T00:00:00Z' }
  })
  await bring('/billing/v1/customerImport', [
    'customer_number,name,phone_number,state',
    `${customer},Radhaus Falkensee,+49332212345,Brandenburg`
  ])
  const head = 'account_number;name;customer_number;aliases;credit_limit;tax_category;tax_rate;bill_cycle_specification'
  const line = (name: string, alias: string) =>
    `${name};Radhaus;${customer};${alias};50.25;VAT;0.19;${String(specification.id)}`
  const lines = [
    head,
    line(account, `${account} at home | ${account} two`),
    line(`${account}-2`, `${account} two`),
    line(`${account}-3`, 'a'),
    line(`${account}-4`, '').replace(';VAT;', ';;'),
    line(`${account}-5`, '').replace('0.19', '19'),
    line(`${account}-6`, '').replace(';50.25', ';-1'),
    line(`${account}-7`, '').replace(String(specification.id), newId()),
    line(`${account}-8`, '')
  ]
  const path = '/billing/v1/accountImport'
  const done = await bring(path, lines)
  expect(done).toMatchObject({ state: 'done', created: 2, refused: 6 })
  const { body: rows } = await world.call('GET', `${path}/${done.id}/rows?status=refused`)
  expect(rows).toMatchObject([
    { line: 2, errors: [{ faultCode: 'account.nameTaken' }] },
    { line: 3, errors: [{ column: 'aliases' }] },
    { line: 4, errors: [{ column: 'tax_category' }] },
    { line: 5, errors: [{ column: 'tax_rate' }] },
    { line: 6, errors: [{ column: 'credit_limit' }] },
    { line: 7, errors: [{ column: 'bill_cycle_specification' }] }
  ])
  const { body } = await world.call('GET', `accounts/${encodeURIComponent(`${account} two`)}`)
  expect(body).toMatchObject({
    id: account,
    aliases: [{ alias: `${account} at home` }, { alias: `${account} two` }],
    creditLimit: { unit: 'EUR', value: 50.25 },
    taxProfile: { rates: [{ taxCategory: 'VAT', taxRate: 0.19 }] },
    billCycleSpecification: { id: specification.id }
  })
  expect(await bring(path, lines)).toMatchObject({ created: 0, duplicate: 2, refused: 6 })
})
