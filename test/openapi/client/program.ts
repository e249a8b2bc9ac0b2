import { createHash } from 'node:crypto'
import createClient from 'openapi-fetch'
import type { components, paths } from './api.ts'

/** Bills an account for a month, by a client generated from the OpenAPI document. Prints the result. */

const ASKED_MAX = 50_000

type Rate = components['schemas']['AppliedCustomerBillingRate_Create']

const [root = '', clientId = '', clientSecret = '', username = '', password = ''] = process.argv.slice(2)
const querySerializer = { object: { style: 'form', explode: true } } as const
const server = createClient<paths>({ baseUrl: root, querySerializer })
const api = createClient<paths>({ baseUrl: `${root}/customerBillManagement/v4`, querySerializer })

const token = await getToken()
for (const client of [server, api]) {
  client.use({
    onRequest: ({ request }) => {
      request.headers.set('Authorization', `Bearer ${token}`)
    }
  })
}

const specification = found(
  await api.POST('/billCycleSpecification', {
    body: { name: 'Generated', frequency: 'month', validFor: { startDateTime: '2026-01-01T00:00:00Z' } }
  })
)
const cycle = found(
  await api.POST('/billCycle', {
    body: {
      name: 'May 2026',
      billingDate: '2026-06-01T00:00:00Z',
      validFor: { startDateTime: '2026-05-01T00:00:00Z', endDateTime: '2026-06-01T00:00:00Z' },
      BillCycleSpecification: { id: specification.id }
    }
  })
)
const customer = found(await api.POST('/customers', { body: { name: 'Grace Hopper' } }))
const account = found(
  await api.POST('/accounts', {
    body: {
      id: 'GENERATED-1',
      name: 'Grace at home',
      customerId: customer.id,
      billCycleSpecification: { id: specification.id },
      invoiceCurrency: 'EUR',
      taxProfile: { rates: [{ taxCategory: 'VAT', taxRate: 0.19 }] }
    }
  })
)
const imported = await importRates([charge('Basic charge', 20), charge('Calls', 1.25)])
const started = found(await server.POST('/billing/v1/billRun', { body: { billCycle: { id: cycle.id } } }))
const run = await followed(started.id)
const released = found(
  await server.POST('/billing/v1/billRun/{id}/release', {
    params: { path: { id: run.id } },
    body: { state: 'sent' }
  })
)
const [bill] = found(
  await api.GET('/customerBill', { params: { query: { conditions: { 'billingAccount.id': account.id }, limit: 1 } } })
)
if (!bill?.amountDue) throw new Error('The run has left no bill')
const payment = found(
  await server.POST('/billing/v1/payment', {
    body: {
      billingAccount: { id: account.id },
      amount: { unit: bill.amountDue.unit, value: bill.amountDue.value },
      method: 'bankTransfer',
      reference: 'Generated',
      bills: [{ id: bill.id }]
    }
  })
)
const paid = found(await api.GET('/customerBill/{id}', { params: { path: { id: bill.id } } }))
console.log(
  JSON.stringify({
    imported,
    run: { state: run.state, billed: run.billed },
    released: released.released,
    due: bill.amountDue,
    allocations: payment.allocations.length,
    state: paid.state
  })
)

/** By the password grant; the client is that of the tenant. */
async function getToken(): Promise<string> {
  const answer = await server.POST('/oauth/token', {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: {
      grant_type: 'password',
      client_id: clientId,
      client_secret: clientSecret,
      username,
      password: createHash('sha256').update(password).digest('hex')
    }
  })
  return found(answer).access_token
}

function charge(name: string, value: number): Rate {
  return {
    billingAccount: { id: account.id },
    ...{ name, date: '2026-05-10T00:00:00Z', type: 'recurringCharge' },
    taxExcludedAmount: { unit: 'EUR', value }
  }
}

/** Returns the number of created lines. */
async function importRates(rates: Rate[]): Promise<number> {
  const text = found(await api.POST('/appliedCustomerBillingRate', { body: rates, parseAs: 'text' }))
  return text
    .trim()
    .split('\n')
    .filter((line) => line.includes('"status":"created"')).length
}

async function followed(id: string): Promise<components['schemas']['BillRun']> {
  for (let asked = 0; asked < ASKED_MAX; asked++) {
    const run = found(await server.GET('/billing/v1/billRun/{id}', { params: { path: { id } } }))
    if (run.state !== 'queued' && run.state !== 'running') return run
  }
  throw new Error('The run has not ended')
}

function found<T>({ data, error }: { readonly data?: T; readonly error?: unknown }): T {
  if (data !== undefined) return data
  throw new Error(JSON.stringify(error))
}
