import { error, expectBody, header, headerLike, member, remember, status, textHolds } from '../checks.ts'
import { type Folder, folder, get, type Item, patch, post, remove } from '../postman.ts'
import { account, RATES } from './samples.ts'

const MERGE = 'application/merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'
const BILL = 'customerBill/{{bill}}'

/** The media types of PATCH, and refused patches. */
export function mediaTypes(): Folder {
  const as = (type: string, body: unknown, name: string, ...checks: Parameters<typeof patch>[2][number][]): Item =>
    patch(BILL, body, checks, { name: `${type}: ${name}`, headers: { 'Content-Type': type } })
  const operation = (op: string, path: string, value: unknown) => [{ op, path, value }]
  return folder('PATCH media types', 'Merge patch, JSON Patch, plain JSON, and the types that are refused.', [
    post('customerBill', { billNo: '{{run}}', billingAccount: account }, [status(201), remember('bill', 'body.id')]),
    as(MERGE, { state: 'onHold' }, 'a change', status(200), member('state', 'onHold')),
    as(JSON_PATCH, operation('replace', '/state', 'new'), 'a change', status(200), member('state', 'new')),
    as('application/json', { state: 'onHold' }, 'a change', status(200), member('state', 'onHold')),
    as('application/json; charset=utf-8', { state: 'new' }, 'a change', status(200), member('state', 'new')),
    as(JSON_PATCH, operation('test', '/state', 'sent'), 'a test that fails', error(409, '409')),
    as(JSON_PATCH, operation('replace', '/billNo', 'other'), 'an attribute that stays', error(400, '24', 'billNo')),
    as(JSON_PATCH, operation('jump', '/state', 'onHold'), 'an unknown operation', error(400, '22')),
    as(JSON_PATCH, { state: 'onHold' }, 'no list', error(400, '22')),
    as(MERGE, { billNo: 'other' }, 'an attribute that stays', error(400, '24', 'billNo')),
    as(MERGE, { '@type': 'Other' }, '@type', error(400, '24', '@type')),
    as(MERGE, [{ state: 'onHold' }], 'a list', error(400, '22')),
    as('text/plain', 'state=onHold', 'refused', error(415, '415'), acceptPatch),
    as('application/xml', '<state>onHold</state>', 'refused', error(415, '415'), acceptPatch),
    get(BILL, [status(200), member('state', 'new')], { name: 'What was refused changed nothing' }),
    remove(BILL, [status(204)])
  ])
}

const acceptPatch = [
  ...headerLike('Accept-Patch', /application\/merge-patch\+json/),
  ...headerLike('Accept-Patch', /application\/json-patch\+json/),
  ...headerLike('Accept-Patch', /application\/json(,|$)/)
]

/** Idempotency-Key: a response is replayed; a key is refused for another body. */
export function idempotency(): Folder {
  const body = { name: 'Once', description: '{{run}}-once', billingAccount: account }
  const headers = { 'Idempotency-Key': '{{run}}' }
  const same = expectBody(
    'The answer is the first one',
    "pm.expect(body.id).to.equal(pm.collectionVariables.get('once'))"
  )
  return folder('Idempotency-Key', 'A repeated POST answers as the first one did and creates nothing.', [
    post(RATES, body, [status(201), remember('once', 'body.id')], { name: 'The first POST', headers }),
    post(RATES, body, [status(201), same, headerLike('Location', /\/appliedCustomerBillingRate\//)], {
      name: 'The same POST again',
      headers
    }),
    get(`${RATES}?description={{run}}-once`, [status(200), header('X-Total-Count', 1)]),
    post(RATES, { ...body, name: 'Twice' }, [error(422, '2')], { name: 'The same key, another body', headers }),
    remove(`${RATES}/{{once}}`, [status(204)])
  ])
}

/** Amounts digit for digit, polymorphism, references. */
export function bodies(): Folder {
  const amount = (unit: string, digits: string): Item[] => [
    post(
      RATES,
      `{"name":"Exact","billingAccount":{"id":"ctk-account"},"taxExcludedAmount":{"unit":"${unit}","value":${digits}}}`,
      [status(201), textHolds(`"value":${digits}`), remember('exact', 'body.id')],
      { name: `${digits} ${unit}` }
    ),
    get(`${RATES}/{{exact}}`, [status(200), textHolds(`"value":${digits}`)], { name: `${digits} ${unit} read again` }),
    remove(`${RATES}/{{exact}}`, [status(204)])
  ]
  return folder('Bodies', 'Amounts come back digit for digit; attributes of an own @type are kept.', [
    ...amount('EUR', '0.1'),
    ...amount('KWD', '12345678.901'),
    ...amount('JPY', '99999999999'),
    ...ownType()
  ])
}

function ownType(): Item[] {
  const rate = { name: 'Own type', billingAccount: account, note: 'kept' }
  const own = { '@type': 'NotedRate', '@baseType': 'AppliedCustomerBillingRate', ...rate }
  const kept = [member('note', 'kept'), member('@type', 'NotedRate'), member('@baseType', 'AppliedCustomerBillingRate')]
  return [
    post(RATES, own, [status(201), ...kept, remember('own', 'body.id')], { name: 'An attribute of an own @type' }),
    get(`${RATES}/{{own}}`, [status(200), ...kept]),
    remove(`${RATES}/{{own}}`, [status(204)]),
    post(RATES, rate, [error(400, '24', 'note')], { name: 'An unknown attribute without an own @type' })
  ]
}
