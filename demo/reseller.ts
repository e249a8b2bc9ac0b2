import type { Named, Payment } from './answers.ts'
import { type Call, get, post } from './api.ts'
import { dayIn } from './calendar.ts'
import { taxProfileOf } from './cast.ts'
import { expectSame } from './expectation.ts'
import { OPERATOR, RESELLER } from './names.ts'
import { paymentOf, paymentSummary } from './receipts.ts'
import type { Scene } from './stage.ts'

/** The provider's payment, and the amounts that the reseller then moves; a negative one comes back. */
const TOP_UP = 100
const LIMIT = 20
const MOVES = [40, 30, 45] as const
const TOO_MUCH = 10
const BACK = -20
/** The hold during a call, and the price of the call. */
const [HELD, CALL, CALLED] = ['0.50', '0.41275', 0.41275]

interface Funds {
  readonly data: { readonly customer_balance: number; readonly customer_credit_limit: number }
}

/** The chapter of a reseller with three prepaid customers. */
export async function fundCustomers(scene: Scene): Promise<void> {
  const { api, narrator, commands } = scene
  const { accountNumber, name, customers } = RESELLER
  narrator.chapter('A reseller')
  narrator.say(`${name} sells to customers of its own, and has a balance account with a small credit limit.`)
  const { body: partner } = await api.show<Named>(post('/admin/v1/partner', { accountNumber, name }), () => name)
  const own = await openAccount(scene, 3000, name, { creditLimit: { unit: 'EUR', value: LIMIT } })
  const patch = { method: 'PATCH', path: `/admin/v1/partner/${partner.id}`, status: 200 } as const
  await api.show({ ...patch, body: { billingAccount: { id: own } } }, () => `its account is ${own}`)
  const accounts: string[] = []
  for (const [at, customer] of customers.entries()) {
    accounts.push(await openAccount(scene, 3001 + at, customer, {}, accountNumber))
  }
  narrator.say('It pays in advance, and divides the money between its three customers, by the API for partners.')
  const topUp = paymentOf({ id: own }, { unit: 'EUR', value: TOP_UP }, 'bankTransfer', 'advance 1')
  await api.show<Payment>(post('/billing/v1/payment', topUp), paymentSummary)
  for (const [at, amount] of MOVES.entries()) await move(scene, String(accounts[at]), amount, amount)
  narrator.say('The last of it came from the credit limit, which does not cover more. A negative amount comes back.')
  const [first = '', last = ''] = [accounts[0], accounts.at(-1)]
  const left = TOP_UP + LIMIT - MOVES.reduce((sum, amount) => sum + amount, 0)
  const refused = { ...funds(first, TOO_MUCH), status: 409 }
  const { body } = await api.show<{ message: string }>(refused, ({ body: { message } }) => message)
  expectSame('the refusal', body.message.endsWith(`covers only ${left}`), true)
  await move(scene, last, BACK, MOVES[2] + BACK)
  const today = dayIn(OPERATOR.timeZone, commands.clock())
  const days = `initial_date=${today}&final_date=${today}&partner_account=${accountNumber}`
  await call(scene, first, days)
  const balance = await api.show<{ data: { closing_balance: number } }>(
    get(`/partner/v1/partnerBalance?${days}`),
    (reply) => `${reply.body.data.closing_balance} EUR`
  )
  expectSame("the reseller's balance", balance.body.data.closing_balance, left - LIMIT - BACK)
}

/** A call of a customer: a part of the balance is held before it, and its price lowers the balance at once. */
async function call({ api, narrator }: Scene, account: string, days: string): Promise<void> {
  narrator.say('Before a call a part of the balance is held. Its price counts at once, though it is billed later.')
  const as = { partner_account: RESELLER.accountNumber }
  const asked = { account_number: account, amount: HELD, ttl: 600, ...as }
  const sent = (path: string, body: object): Call => ({
    method: 'POST',
    path: `/partner/v1/${path}`,
    body,
    status: 200
  })
  const { body } = await api.show<Held>(
    sent('authorize', asked),
    (reply) => `${reply.body.data.available} EUR are left`
  )
  await api.show(sent('capture', { hold: body.data.hold, amount: CALL, ...as }), () => 'the hold has ended')
  const balance = await api.show<{ data: { call_charges: number; closing_balance: number } }>(
    get(`/partner/v1/customerBalance?account_number=${account}&${days}`),
    ({ body: { data } }) => `calls ${data.call_charges} EUR, balance ${data.closing_balance} EUR`
  )
  expectSame("the customer's balance", balance.body.data.closing_balance, MOVES[0] - CALLED)
}

interface Held {
  readonly data: { readonly hold: string; readonly available: number }
}

async function openAccount(
  { api }: Scene,
  number: number,
  name: string,
  more: object,
  partner?: string
): Promise<string> {
  const headers: Call['headers'] = partner === undefined ? {} : { proxy_accountNumber: partner }
  const customer = await api.ask<Named>({ ...post('/customers', { id: `C-${number}`, name }), headers })
  const account = {
    id: `R-${number}`,
    name,
    customerId: customer.body.id,
    invoiceCurrency: 'EUR',
    billingType: 'prepaid',
    taxProfile: taxProfileOf('EUR'),
    ...more
  }
  return (await api.ask<Named>({ ...post('/accounts', account), headers })).body.id
}

function funds(account: string, amount: number): Call {
  const order = { account_number: account, amount, description: 'Funds', partner_account: RESELLER.accountNumber }
  return { method: 'PUT', path: '/partner/v1/funds', body: order, status: 200 }
}

async function move({ api }: Scene, account: string, amount: number, expected: number): Promise<void> {
  const { body } = await api.show<Funds>(
    funds(account, amount),
    ({ body: { data } }) => `the customer has ${data.customer_balance} EUR`
  )
  expectSame("the customer's balance", body.data.customer_balance, expected)
}
