import { afterAll, beforeAll, expect, test } from 'vitest'
import { FAULTS } from '../../src/messages/catalogue.ts'
import type { Answer } from '../support/answer.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const BILL = 'customerBill'
const PAYMENT = '/billing/v1/payment'
const TENANT = '/admin/v1/tenant/demo'
const codesOf = (errors: Answer) => errors.map(({ path, faultCode }: Answer) => [path, faultCode])

test.each<[string, string, unknown, (readonly [string, string])[]]>([
  ['PATCH', TENANT, { currency: 'XXL' }, [['$.currency', 'field.currency']]],
  ['PATCH', TENANT, { branding: 1 }, [['$.branding', 'field.objectOrNull']]],
  [
    'PATCH',
    TENANT,
    { branding: { colour: 'red', address: 1 } },
    [
      ['$.branding.colour', 'field.colour'],
      ['$.branding.address', 'field.object']
    ]
  ],
  ['PATCH', TENANT, { billNumberPattern: 'x' }, [['$.billNumberPattern', 'field.numberPattern']]],
  [
    'PATCH',
    TENANT,
    { id: 'x', isOperator: true },
    [
      ['$.id', 'field.unknown'],
      ['$.isOperator', 'field.unknown']
    ]
  ],
  [
    'POST',
    PAYMENT,
    { billingAccount: 'x', amount: { unit: 'EUR', value: 0.001 }, method: 'x', reference: 'x'.repeat(257) },
    [
      ['$.billingAccount', 'field.objectWithId'],
      ['$.amount.value', 'field.minorUnits'],
      ['$.method', 'field.oneOf'],
      ['$.reference', 'field.reference']
    ]
  ],
  [
    'POST',
    PAYMENT,
    {},
    [
      ['$.billingAccount', 'field.requiredUnless'],
      ...['amount', 'method', 'reference'].map((name): [string, string] => [`$.${name}`, 'field.required'])
    ]
  ],
  ['POST', '/billing/v1/preview', { billingAccount: { id: 'x' }, until: 'now' }, [['$.until', 'field.until']]],
  [
    'POST',
    BILL,
    {
      billDate: '2026-01-01',
      billNo: 'x'.repeat(257),
      state: 'paid',
      nope: 1,
      amountDue: { unit: 'EUR', value: 1e15 },
      billDocument: [{ id: 'd', url: 'javascript:x' }],
      taxItem: [{ taxRate: 'x', taxAmount: { unit: 'EUR', value: 1 } }]
    },
    [
      ['$.billDate', 'field.dateTime'],
      ['$.billNo', 'field.tooLong'],
      ['$.state', 'field.oneOf'],
      ['$.amountDue.value', 'field.size'],
      ['$.billDocument[0].url', 'field.uriReference'],
      ['$.taxItem[0].taxRate', 'field.type'],
      ['$', 'field.unknownAttributes']
    ]
  ],
  ['POST', BILL, { billingAccount: { id: 'x' }, holdReason: 'x' }, [['$.holdReason', 'field.ofHold']]],
  ['POST', BILL, { billNo: '\u0000' }, [['$.billNo', 'field.storable']]],
  ['POST', BILL, '{"amountDue":{"unit":"EUR","value":0.12345678901234567}}', [['$.amountDue.value', 'field.inexact']]]
])('%s %s %j names each fault by a code', async (method, path, body, faults) => {
  const answer = await server.call(method as 'POST', path, body)
  const { errors, message } = answer.body
  expect([answer.status, codesOf(errors).sort()]).toEqual([400, [...faults].sort()])
  for (const error of errors) {
    expect(message).toContain(error.message)
    expect(error.messageCode).toBe(answer.body.messageCode)
  }
})

test.each([
  ['/billing/v1/billRun?state=paid', 'run.unknownState', [['state', 'field.oneOf']]],
  ['/billing/v1/billRun?limit=few', 'query.notWhole', [['limit', 'field.notWhole']]],
  ['/billing/v1/billRun?limit=1&limit=2', 'query.repeated', [['limit', 'field.repeated']]],
  ['/billing/v1/billRun?depth=1', 'query.unsupported', [['depth', 'field.notExpanded']]],
  ['/billing/v1/billRun?nope=1', 'query.onlyThese', [['nope', 'field.noParameter']]],
  ['/billing/v1/billRun?state.ne=done', 'query.onlyThese', [['state', 'field.noParameter']]],
  ['/billing/v1/billRun?sort=id', 'query.onlyThese', [['sort', 'field.noParameter']]],
  [
    '/billing/v1/billRun/none?a=1&b',
    'run.noQuery',
    [
      ['a', 'field.noParameter'],
      ['b', 'field.noParameter']
    ]
  ],
  ['/billing/v1/payment/none?fields=id', 'payment.noFields', [['fields', 'field.noParameter']]],
  [
    'accounts/none/statement?from=2026-01-01&to=2026-01-01&currency=e&nope=1',
    'query.invalid',
    [
      ['currency', 'field.currencyCode'],
      ['nope', 'field.noParameter']
    ]
  ],
  ['events?lastEventId=a&lastEventId=b', 'query.repeated', [['lastEventId', 'field.repeated']]]
])('GET %s names each parameter at fault by a code', async (url, messageCode, faults) => {
  const { status, body } = await server.call('GET', url)
  expect([status, body.messageCode, codesOf(body.errors)]).toEqual([400, messageCode, faults])
})

test('a line of many names each fault by a code', async () => {
  const lines = '{"isBilled":"x"}\n{"isBilled":true,"nope":1}\n'
  const headers = { 'content-type': 'application/x-ndjson' }
  const { text } = await server.call('POST', 'appliedCustomerBillingRate', lines, headers)
  const errors = text
    .trim()
    .split('\n')
    .map((line) => codesOf(JSON.parse(line).errors))
  expect(errors).toEqual([[['$.isBilled', 'field.type']], [['$', 'field.unknownAttributes']]])
})

test('of many faults the first are listed, and the number of others', async () => {
  const { body } = await server.call('POST', BILL, {
    taxItem: Array(30).fill({ taxRate: 'x', taxCategory: 'VAT', taxAmount: { unit: 'EUR', value: 1 } })
  })
  expect([body.errors.length, body.errors.at(-1)?.message]).toEqual([21, 'and 10 more'])
})

test('an error about something else has none', async () => {
  const { body } = await server.call('GET', `${BILL}/none`)
  expect(Object.keys(body)).not.toContain('errors')
})

test('no answer has the mark that goes with a fault inside the server', async () => {
  const answers = await Promise.all([
    server.call('GET', 'accounts/A-1/statement?from=x&to=2026-01-01&currency=e'),
    server.call('PATCH', TENANT, { timeZone: 'Mars/Base', branding: { logo: 'data:image/png;base64,AAAA' } }),
    server.call('POST', '/admin/v1/apiKey/01M8NYQ1Q9XVA3A65E28KVZHN3/rotate', { overlapSeconds: -1 })
  ])
  for (const { status, text } of answers) {
    expect(status).toBe(400)
    expect(text).not.toMatch(/\\u001f/)
    const others = text.replaceAll(/"field\.\w+"/g, '')
    for (const { code } of FAULTS) expect(others).not.toContain(code)
  }
})
