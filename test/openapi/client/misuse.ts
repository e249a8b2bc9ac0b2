import createClient from 'openapi-fetch'
import type { paths } from './api.ts'

/** Mistakes that the types of the document forbid. Compiled, never run. */

const api = createClient<paths>({ baseUrl: '' })

// @ts-expect-error there is no such path
await api.GET('/customerBills')

// @ts-expect-error a bill is not created by PUT
await api.PUT('/customerBill/{id}', { params: { path: { id: '1' } } })

// @ts-expect-error the id is missing
await api.GET('/customerBill/{id}', {})

await api.POST('/billing/v1/payment', {
  // @ts-expect-error the reference is missing
  body: { billingAccount: { id: '1' }, amount: { unit: 'EUR', value: 1 }, method: 'cash' }
})

// @ts-expect-error there is no such grant
await api.POST('/oauth/token', { body: { grant_type: 'magic' } })

const { data } = await api.GET('/billing/v1/billRun/{id}', { params: { path: { id: '1' } } })
// @ts-expect-error a run has no such state
if (data?.state === 'finished') throw new Error('it has')
// @ts-expect-error a payment is not what is answered
if (data?.allocations) throw new Error('it is')
