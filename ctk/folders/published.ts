import { expectThat, remember, status } from '../checks.ts'
import { type Check, type Folder, folder, get, type Item, patch, post } from '../postman.ts'

/**
 * The twenty requests of the published conformance report of TMF678 v4.0.0, in its order and with its assertions for
 * every element: N1 the collection as it is, N2 parameters and changes, E1 an unknown id.
 */
export function published(): Folder[] {
  return [
    folder('CustomerBill', 'Requests 1 to 6 of the published conformance report.', customerBill()),
    folder('CustomerBillOnDemand', 'Requests 7 to 13 of the published conformance report.', onDemand()),
    folder('AppliedCustomerBillingRate', 'Requests 14 to 20 of the published conformance report.', rate())
  ]
}

const JSON_HEADERS = { 'Content-Type': 'application/json' }
const LAST = 'body[body.length - 1]'

/** The line may use `instance`, an object of the response, and `text`, the raw response. */
type Assertion = readonly [title: string, line: string]

const billDocument: readonly Assertion[] = [
  ['Response has billDocument attribute', "pm.expect(instance.billDocument).to.be.an('array')"],
  ['Response has billDocument.id attribute', "pm.expect(instance.billDocument[0].id).to.be.a('string')"],
  ['Body includes value held on billDocument.id', 'pm.expect(text).to.include(instance.billDocument[0].id)']
]

function customerBill(): Folder[] {
  const full = [...mandatory('href', 'id', 'billDocument'), ...strings('href', 'id'), ...billDocument]
  const list = eachElement([...full, ...included('href', 'id'), schemaOf(billSchema)])
  const keep = remember('lastBill', `${LAST}.id`)
  const brief = eachElement([...mandatory('href', 'id'), ...strings('href')])
  return [
    folder('N1', '', [named('/CustomerBill', get('customerBill', [status(200), list, keep], kit()))]),
    folder('N2', '', [
      named('/CustomerBill?fields=href', get('customerBill?fields=href', [status(200), brief], kit())),
      named('/CustomerBill?fields=id', get('customerBill?fields=id', [status(200), brief], kit())),
      named(
        '/CustomerBill?id={{lastBill}}',
        get('customerBill?id={{lastBill}}', [status(200), eachElement([...full, ...included('href', 'id')])], kit())
      ),
      named('/CustomerBill/{{lastBill}}', patch('customerBill/{{lastBill}}', { state: 'onHold' }, onHold(full), kit()))
    ]),
    unknown('/CustomerBill', 'customerBill/814738f6-4059-4a95-8d34-e859dce29b7c')
  ]
}

function onHold(full: readonly Assertion[]): Check[] {
  const state: Assertion[] = [['state is onHold', "pm.expect(instance.state).to.equal('onHold')"]]
  return [single([...mandatory('state'), ...full, ...strings('state'), ...state]), status(200)]
}

function onDemand(): Folder[] {
  const body = { billingAccount: { id: 'A0815' } }
  const brief = [...mandatory('href', 'id'), ...strings('href', 'id'), ...included('href', 'id')]
  const valid = [...brief, schemaOf(onDemandSchema)]
  const keep = remember('onDemand', 'body.id')
  const lists = ['fields=href', 'fields=id', 'id={{onDemand}}'].map((query) =>
    named(
      `/CustomerBillOnDemand?${query}`,
      get(`customerBillOnDemand?${query}`, [status(200), eachElement(brief)], kit())
    )
  )
  return [
    folder('N1', '', [
      named('/CustomerBillOnDemand', post('customerBillOnDemand', body, [status(201), single(valid), keep], kit())),
      named('/CustomerBillOnDemand', get('customerBillOnDemand', [status(200), eachElement(valid)], kit())),
      named(
        '/CustomerBillOnDemand/{{onDemand}}',
        get('customerBillOnDemand/{{onDemand}}', [status(200), single(brief)], kit())
      )
    ]),
    folder('N2', '', lists),
    unknown('/CustomerBillOnDemand', 'customerBillOnDemand/0e34c2dd-3c5a-4b43-9cbb-4a3d5a3e0a54')
  ]
}

function rate(): Folder[] {
  const isBilled: Assertion[] = [
    ['Response has isBilled attribute', "pm.expect(instance.isBilled).to.be.a('boolean')"],
    ['Body includes value held on isBilled', 'pm.expect(text).to.include(String(instance.isBilled))']
  ]
  const brief = [...mandatory('href', 'id'), ...strings('href', 'id'), ...included('href', 'id')]
  const full = [...mandatory('isBilled'), ...brief, ...isBilled]
  const list = (query: string, asserts: readonly Assertion[], ...keep: readonly Check[]): Item =>
    named(
      `/AppliedCustomerBillingRate${query}`,
      get(`appliedCustomerBillingRate${query}`, [status(200), eachElement(asserts), ...keep], kit())
    )
  return [
    folder('N1', '', [list('', full, remember('lastIsBilled', `String(${LAST}.isBilled)`))]),
    folder('N2', '', [
      list('?fields=id', brief, remember('lastRate', `${LAST}.id`)),
      list('?id={{lastRate}}', full),
      list('?fields=isBilled', full),
      list('?isBilled={{lastIsBilled}}', [...full, theAskedIsBilled]),
      list('?fields=href', brief)
    ]),
    unknown('/AppliedCustomerBillingRate', 'appliedCustomerBillingRate/2fe07e00-8a3c-4b0f-8d5c-6b2b0c1f4a7e')
  ]
}

const theAskedIsBilled: Assertion = [
  'isBilled is the one asked for',
  "pm.expect(String(instance.isBilled)).to.equal(pm.collectionVariables.get('lastIsBilled'))"
]

function unknown(name: string, path: string): Folder {
  return folder('E1', '', [named(`${name}/404ID`, get(path, [status(404)], kit()))])
}

function kit() {
  return { headers: JSON_HEADERS }
}

function named(name: string, item: Item): Item {
  return { ...item, name }
}

function mandatory(...names: readonly string[]): Assertion[] {
  const line = `pm.expect(Object.keys(instance)).to.include.members(${JSON.stringify(names)})`
  return [[`Instance has all mandatory attributes: ${names.join(', ')}`, line]]
}

function strings(...names: readonly string[]): Assertion[] {
  return names.map((name) => [`Response has ${name} attribute`, `pm.expect(instance.${name}).to.be.a('string')`])
}

function included(...names: readonly string[]): Assertion[] {
  return names.map((name) => [`Body includes value held on ${name}`, `pm.expect(text).to.include(instance.${name})`])
}

/** Decoded once: repeating it for each assertion would take longer than all the rest. */
const TEXT = '  const text = pm.response.text()'

/** A non-empty list, with all assertions for every element; the published report counts them the same way. */
function eachElement(asserts: readonly Assertion[]): Check {
  return [
    ...expectThat(
      'Response is a list that is not empty',
      "pm.expect(pm.response.json()).to.be.an('array').that.is.not.empty"
    ),
    '{',
    TEXT,
    '  for (const instance of [].concat(pm.response.json())) {',
    ...asserts.map(([title, line]) => `    pm.test('${title}', () => { ${line} })`),
    '  }',
    '}'
  ]
}

function single(asserts: readonly Assertion[]): Check {
  return [
    ...expectThat('Response is not an array', "pm.expect(pm.response.json()).to.be.an('object')"),
    '{',
    TEXT,
    '  const instance = pm.response.json()',
    ...asserts.map(([title, line]) => `  pm.test('${title}', () => { ${line} })`),
    '}'
  ]
}

/** Conditional mandatory attributes of the conformance profile, which the swagger document lacks. */
function schemaOf(schema: unknown): Assertion {
  return ['Response valid against schema', `pm.expect(instance).to.have.jsonSchema(${JSON.stringify(schema)})`]
}

const withId = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } }
const documents = { type: 'array', minItems: 1, items: withId }
const referred = {
  type: 'object',
  required: ['id', '@referredType'],
  properties: { id: { type: 'string' }, '@referredType': { type: 'string' } }
}
const billSchema = either(
  { billDocument: documents, billingAccount: withId },
  { billDocument: documents, financialAccount: withId }
)
const onDemandSchema = either({ billingAccount: withId }, { relatedParty: referred })

function either(...alternatives: readonly Readonly<Record<string, unknown>>[]) {
  return { type: 'object', anyOf: alternatives.map((each) => ({ required: Object.keys(each), properties: each })) }
}
