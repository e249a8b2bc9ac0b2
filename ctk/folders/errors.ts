import { error, expectBody, headerLike, status } from '../checks.ts'
import { type Folder, folder, get, type Item, post, remove, request } from '../postman.ts'
import { account, RATES } from './samples.ts'

/** Wrong paths, methods, media types and bodies: each returns the Error of TMF630. */
export function errors(): Folder {
  return folder('Errors', 'Wrong addresses, methods, media types and bodies answer with a TMF Error.', [
    folder('Addresses and methods', '', addresses()),
    folder('Bodies that are no JSON', '', unreadable()),
    folder('Bodies that are refused', '', invalid())
  ])
}

const NO_ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const PATHS = [RATES, 'billCycle', 'billCycleSpecification', 'customerBill', 'customerBillOnDemand']

function addresses(): Item[] {
  const wrongMethods: readonly (readonly [method: string, path: string, allowed: RegExp])[] = [
    ['PUT', `customerBill/${NO_ID}`, /(?=.*GET)(?=.*PATCH)(?=.*DELETE)/],
    ['POST', `customerBill/${NO_ID}`, /(?=.*GET)(?=.*PATCH)(?=.*DELETE)/],
    ['DELETE', 'customerBill', /(?=.*GET)(?=.*POST)/],
    ['PATCH', RATES, /(?=.*GET)(?=.*POST)/]
  ]
  return [
    get('nothingHere', [error(404, '60')], { name: 'GET of an unknown path' }),
    ...PATHS.map((path) => get(`${path}/${NO_ID}`, [error(404, '60')], { name: `GET ${path}/unknown id` })),
    ...PATHS.map((path) => remove(`${path}/${NO_ID}`, [error(404, '60')], { name: `DELETE ${path}/unknown id` })),
    get('customerBill/no%20id!', [error(404, '60')], { name: 'GET of what cannot be an id' }),
    ...wrongMethods.map(([method, path, allowed]) =>
      request(method, path, method === 'DELETE' ? undefined : {}, [error(405, '61'), headerLike('Allow', allowed)], {
        name: `${method} ${path.replace(NO_ID, 'an id')}`
      })
    )
  ]
}

function unreadable(): Item[] {
  const sent = (name: string, body: string, ...checks: readonly ReturnType<typeof error>[]): Item =>
    post('customerBillOnDemand', body, checks, { name })
  return [
    sent('Malformed JSON', '{"billingAccount": {"id": ', error(400, '22')),
    sent('No body', '', error(400, '21')),
    sent('A list', '[{"billingAccount": {"id": "A0815"}}]', error(400, '22')),
    sent('A text', '"billingAccount"', error(400, '22')),
    sent('A NUL character', '{"name": "a\\u0000b", "billingAccount": {"id": "A0815"}}', refusedAsInput),
    sent('A lone surrogate', '{"name": "a\\ud800b", "billingAccount": {"id": "A0815"}}', refusedAsInput),
    post('customerBillOnDemand', '{"name": {{deep}}}', [refusedAsInput], { name: 'A deep nesting', before: deep }),
    post('customerBillOnDemand', 'billingAccount=A0815', [error(415, '415')], {
      name: 'text/plain',
      headers: { 'Content-Type': 'text/plain' }
    })
  ]
}

const deep = ["pm.variables.set('deep', '['.repeat(10000) + ']'.repeat(10000))"]

const refusedAsInput = [
  ...status(400),
  ...expectBody(
    'The error has a code, a reason and a message',
    "pm.expect(body).to.include.keys('code', 'reason', 'message')"
  )
]

function invalid(): Item[] {
  const rate = (name: string, body: unknown, ...mentions: readonly string[]): Item =>
    post(RATES, body, [error(400, '24', ...mentions)], { name })
  const valid = { name: 'Refused', billingAccount: account }
  const priced = (digits: string) =>
    `{"name":"Refused","billingAccount":{"id":"a"},"taxExcludedAmount":{"unit":"EUR","value":${digits}}}`
  return [
    post('customerBillOnDemand', {}, [error(400, '23', 'billingAccount')], { name: 'An on-demand request for nobody' }),
    post('customerBillOnDemand', { billingAccount: { id: 'A0815' }, state: 'done' }, [error(400, '24', 'state')], {
      name: 'An on-demand request that says it is done'
    }),
    post('customerBill', { billNo: '{{run}}' }, [error(400, '23', 'Account')], { name: 'A bill without an account' }),
    post('billCycleSpecification', {}, [error(400, '23', 'name')], { name: 'A specification without a name' }),
    rate('A number for a text', { ...valid, name: 5 }, 'name'),
    rate('A day for an instant', { ...valid, date: '2026-01-01' }, 'date'),
    rate('A word for an amount', { ...valid, taxExcludedAmount: { unit: 'EUR', value: 'ten' } }, 'taxExcludedAmount'),
    rate('Several mistakes in one message', { ...valid, name: 5, date: 'soon', surplus: 1 }, 'name', 'date', 'surplus'),
    post(
      'customerBill',
      { billingAccount: account, runType: 'now' },
      [error(400, '24', 'runType', 'onCycle', 'offCycle')],
      {
        name: 'A value that is none of the list'
      }
    ),
    post(RATES, priced('1234567890123456789.01'), [refusedAsInput], { name: 'More digits than any reader keeps' }),
    post(RATES, priced('1e400'), [refusedAsInput], { name: 'A number beyond all bounds' })
  ]
}
