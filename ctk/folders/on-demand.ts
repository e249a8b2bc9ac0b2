import { askAgainWhile, expectBody, expectThat, header, headerLike, member, remember, status } from '../checks.ts'
import { type Check, type Folder, folder, get, type Item, patch, post, remove } from '../postman.ts'
import { RATES } from './samples.ts'

const EUR = (value: number) => ({ unit: 'EUR', value })
/** Long past, so that clocks of servers do not matter. */
const DATE = '2026-01-10T10:00:00.000Z'
const POSTPAID = '{{run}}-post'
const PREPAID = '{{run}}-pre'

/**
 * Requests for a bill, followed to their end, for customers and accounts of this run. The bills stay; the last may
 * still be put on hold, as the published report does with the last one listed.
 */
export function onDemand(): Folder {
  return folder('Bills on demand', 'Every request for a bill is followed to its end, and done ones to their bill.', [
    folder('Prepaid', '', prepaid()),
    folder('Postpaid', '', postpaid()),
    folder('By relatedParty', '', byParty()),
    folder('Unknown and archived accounts', '', unbillable())
  ])
}

function prepaid(): Item[] {
  const rate = { name: 'Day pass', date: DATE, billingAccount: { id: PREPAID }, taxExcludedAmount: EUR(10) }
  const ask = { billingAccount: { id: PREPAID } }
  const topUp = { billingAccount: { id: PREPAID }, amount: EUR(20), method: 'card', reference: '{{run}}' }
  const paid = [status(201), member('credit', EUR(20)), remember('payment', 'body.id')]
  const ofAccount = `?billingAccount.id=${PREPAID}`
  return [
    ...accountHolder(PREPAID, { billingType: 'prepaid' }),
    post(RATES, rate, [status(201), member('isBilled', false)], { name: 'A rate of the prepaid account' }),
    ...asked('A bill without a balance', ask, rejected('balance of 0 EUR')),
    get(`${RATES}${ofAccount}`, [status(200), standOn(undefined, 'Day pass')], { name: 'Its rates are not billed' }),
    get(`customerBill${ofAccount}`, [status(200), header('X-Total-Count', 0)], { name: 'It has no bill' }),
    post('{{root}}/billing/v1/payment', topUp, paid, { name: 'A payment tops it up' }),
    ...asked('A bill paid from the balance', ask, done()),
    get('customerBill/{{issued}}', [...issued('settled', [10, 1.9, 11.9], 0), paidBy('payment')], {
      name: 'The bill is settled'
    }),
    get(`${RATES}${ofAccount}`, [status(200), standOn('issued', 'Day pass')], { name: 'The rate is billed' })
  ]
}

/** Two calls of 1.004 are shown as 1.00 each, but make 19.508 with the rest: rounded once, 19.51. */
function postpaid(): Item[] {
  const rates = [
    { name: 'Line', type: 'appliedBillingCharge', taxExcludedAmount: EUR(22.5) },
    { name: 'Call', type: 'usageCharge', taxExcludedAmount: EUR(1.004) },
    { name: 'Call', type: 'usageCharge', taxExcludedAmount: EUR(1.004) },
    { name: 'Credit', type: 'appliedBillingCredit', taxExcludedAmount: EUR(-5) }
  ].map((rate) => ({ ...rate, date: DATE, billingAccount: { id: POSTPAID } }))
  const ask = { billingAccount: { id: POSTPAID } }
  return [
    ...accountHolder(POSTPAID, {}),
    post(RATES, rates, [status(200), allCreated(rates.length)], { name: 'Rates of the postpaid account' }),
    ...asked('A bill of what was not billed', ask, done()),
    get('customerBill/{{issued}}', [...issued('validated', [19.51, 3.71, 23.22], 23.22), ...documented()], {
      name: 'The bill is validated'
    }),
    get(`${RATES}?bill.id={{issued}}`, [status(200), standOn('issued', ...rates.map(({ name }) => name))]),
    get('{{document}}', [status(200), headerLike('Content-Type', /^application\/pdf/), isPdf], {
      name: 'The document as PDF',
      headers: { Accept: 'application/pdf' }
    }),
    get('{{document}}', [status(200), headerLike('Content-Type', /^text\/html/), holdsNumber], {
      name: 'The document as HTML',
      headers: { Accept: 'text/html' }
    }),
    ...asked('A second bill of the same rates', ask, rejected('nothing to bill'))
  ]
}

function byParty(): Item[] {
  const rate = { name: 'Late call', date: DATE, billingAccount: { id: POSTPAID }, taxExcludedAmount: EUR(5) }
  const ask = { relatedParty: { id: POSTPAID, '@referredType': 'Customer' } }
  const second = account(`${POSTPAID}2`, POSTPAID, {})
  return [
    post(RATES, rate, [status(201)], { name: 'A rate of its only account' }),
    ...asked('A bill of a party with one account', ask, done()),
    get('customerBill/{{issued}}', [...issued('validated', [5, 0.95, 5.95], 5.95), isOf('post')], {
      name: 'The bill is that of the account'
    }),
    post('accounts', second, [status(201)], { name: 'A second account of the party' }),
    ...asked('A bill of a party with two accounts', ask, rejected('exactly one'))
  ]
}

function unbillable(): Item[] {
  const archived = [POSTPAID, `${POSTPAID}2`, PREPAID].map((id) =>
    patch(`accounts/${id}`, { status: 'ARCHIVED' }, [status(200), member('status', 'ARCHIVED')])
  )
  return [
    ...asked('A bill of an unknown account', { billingAccount: { id: '{{run}}-none' } }, rejected('unknown')),
    ...archived,
    ...asked('A bill of an archived account', { billingAccount: { id: POSTPAID } }, rejected('ARCHIVED'))
  ]
}

/** A customer with one account, both with this id. */
function accountHolder(id: string, more: Readonly<Record<string, unknown>>): Item[] {
  const customer = { id, name: 'Customer of the conformance run' }
  return [
    post('customers', customer, [status(201)], { name: `POST customer ${id}` }),
    post('accounts', account(id, id, more), [status(201), member('status', 'ACTIVE')], { name: `POST account ${id}` })
  ]
}

function account(id: string, customerId: string, more: Readonly<Record<string, unknown>>) {
  const taxProfile = { rates: [{ taxCategory: 'VAT', taxRate: 0.19 }] }
  return { id, name: 'Account of the conformance run', customerId, invoiceCurrency: 'EUR', taxProfile, ...more }
}

/** Posts a request for a bill, follows it to its end and deletes it. */
function asked(name: string, body: Readonly<Record<string, { readonly id: string }>>, ending: Check): Item[] {
  const [reference = ''] = Object.keys(body)
  const begun = expectBody(
    'It has the mandatory attributes, and those that were sent',
    "for (const name of ['id', 'href', 'lastUpdate']) pm.expect(body[name]).to.be.a('string').that.is.not.empty",
    "pm.expect(body.href.endsWith('/customerBillOnDemand/' + body.id)).to.equal(true)",
    `pm.expect(body.${reference}.id).to.equal(JSON.parse(pm.request.body.raw).${reference}.id)`
  )
  const checks = [status(201), member('state', 'inProgress'), begun, remember('request', 'body.id')]
  const path = 'customerBillOnDemand/{{request}}'
  return [
    post('customerBillOnDemand', body, checks, { name }),
    get(path, [askAgainWhile("body.state === 'inProgress'", [status(200), ending])], { name: `${name}: its end` }),
    remove(path, [status(204)], { name: `${name}: DELETE of the request` })
  ]
}

function done(): Check {
  return [
    ...member('state', 'done'),
    ...expectBody('There is no stateReason', 'pm.expect(body.stateReason).to.equal(undefined)'),
    ...expectBody(
      'customerBill refers to the bill',
      "pm.expect(body.customerBill.href.endsWith('/customerBill/' + body.customerBill.id)).to.equal(true)"
    ),
    ...remember('issued', 'body.customerBill?.id')
  ]
}

/** The reason mentions this text. */
function rejected(mention: string): Check {
  return [
    ...member('state', 'rejected'),
    ...expectBody(
      `stateReason mentions ${mention}`,
      `pm.expect(body.stateReason).to.be.a('string').that.includes('${mention}')`
    ),
    ...expectBody('There is no bill', 'pm.expect(body.customerBill).to.equal(undefined)')
  ]
}

/** A bill on demand in this state, with its amount due and remaining amount. */
function issued(state: string, [sum, tax, due]: readonly [number, number, number], remaining: number): Check[] {
  return [
    status(200),
    member('state', state),
    member('runType', 'offCycle'),
    member('category', 'normal'),
    expectBody('It has a number', "pm.expect(body.billNo).to.be.a('string').that.is.not.empty"),
    expectBody('It has a day on which it is due', "pm.expect(body.paymentDueDate).to.be.a('string')"),
    member('taxExcludedAmount', EUR(sum)),
    member('taxItem', [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: EUR(tax) }]),
    member('taxIncludedAmount', EUR(due)),
    member('amountDue', EUR(due)),
    member('remainingAmount', EUR(remaining))
  ]
}

/** The remembered payment paid the whole bill. */
function paidBy(variable: string): Check {
  return expectBody(
    'appliedPayment is the payment, for all that is due',
    'pm.expect(body.appliedPayment).to.have.lengthOf(1)',
    'pm.expect(body.appliedPayment[0].appliedAmount).to.eql(body.amountDue)',
    `pm.expect(body.appliedPayment[0].payment.id).to.equal(pm.collectionVariables.get('${variable}'))`
  )
}

/** The account and the customer of the bill are those of this run with this ending. */
function isOf(ending: string): Check {
  return expectBody(
    'billingAccount and relatedParty are those of the request',
    `const id = pm.collectionVariables.get('run') + '-${ending}'`,
    'pm.expect(body.billingAccount.id).to.equal(id)',
    'pm.expect(body.relatedParty.map((party) => party.id)).to.include(id)'
  )
}

function documented(): Check[] {
  return [
    isOf('post'),
    expectBody('It has a document', "pm.expect(body.billDocument[0].url).to.be.a('string').that.is.not.empty"),
    remember('document', 'body.billDocument?.[0].url'),
    remember('billNo', 'body.billNo')
  ]
}

const isPdf = expectThat('It is a PDF', "pm.expect(pm.response.text().slice(0, 5)).to.equal('%PDF-')")

const holdsNumber = expectThat(
  'It shows the number of the bill',
  "pm.expect(pm.response.text()).to.include(pm.collectionVariables.get('billNo'))"
)

/** The list has exactly these rates: on the remembered bill, or on none. */
function standOn(bill: string | undefined, ...names: readonly string[]): Check {
  const isBilled = bill !== undefined
  const reference = isBilled ? `pm.collectionVariables.get('${bill}')` : 'undefined'
  return expectBody(
    isBilled ? 'All rates are billed, by this bill' : 'No rate is billed',
    `pm.expect(body.map((rate) => rate.name)).to.have.members(${JSON.stringify(names)})`,
    'for (const rate of body) {',
    `  pm.expect(rate.isBilled).to.equal(${isBilled})`,
    `  pm.expect(rate.bill?.id).to.equal(${reference})`,
    '}'
  )
}

/** Every line of the response reports a new rate. */
function allCreated(count: number): Check {
  return expectThat(
    'Every rate is created',
    "const lines = pm.response.text().trim().split('\\n').map((line) => JSON.parse(line))",
    `pm.expect(lines.map((line) => line.status)).to.eql(Array(${count}).fill('created'))`
  )
}
