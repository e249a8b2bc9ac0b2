import { encodeCursor } from '../src/tmf/query/cursor.ts'
import type { LoadRequest } from './loader.ts'
import type { SampledBill } from './sample.ts'

/** The server of a case; `static` is the bare one without a database. */
export type Side = 'static' | 'bare' | 'ours'

export interface Case {
  readonly name: string
  readonly title: string
  readonly side: Side
  /** The baseline case on the bare server. */
  readonly twin?: string
  /** Reads by an index: the size of the table must not matter. */
  readonly indexed?: boolean
  /** Measured after all reads, on bills in state `new`. */
  readonly writes?: boolean
  /** Returns the requests about one bill of the sample. */
  readonly requests: (bill: SampledBill) => readonly LoadRequest[]
}

const BILLS = '/customerBillManagement/v4/customerBill'

const get = (path: string): readonly LoadRequest[] => [{ method: 'GET', path }]

export const cases: readonly Case[] = [
  { name: 'static', title: 'bare Fastify, static JSON', side: 'static', requests: () => get('/static') },
  { name: 'bare-by-id', title: 'bare Fastify + pg, by id', side: 'bare', requests: ({ id }) => get(`/bill/${id}`) },
  {
    name: 'bare-list',
    title: 'bare Fastify + pg, list of an account',
    side: 'bare',
    requests: ({ account }) => get(`/bill?account=${account}`)
  },
  {
    name: 'by-id',
    title: 'bill by id',
    side: 'ours',
    twin: 'bare-by-id',
    indexed: true,
    requests: ({ id }) => get(`${BILLS}/${id}`)
  },
  {
    name: 'list',
    title: 'list of an account, newest 10',
    side: 'ours',
    twin: 'bare-list',
    indexed: true,
    requests: ({ account }) => get(`${BILLS}?billingAccount.id=${account}&sort=-billDate&limit=10`)
  },
  {
    name: 'related-party',
    title: 'list of a relatedParty.id',
    side: 'ours',
    twin: 'bare-by-id',
    indexed: true,
    requests: ({ party }) => get(`${BILLS}?relatedParty.id=${party}`)
  },
  {
    name: 'unfiltered',
    title: 'list without filter, 100 bills',
    side: 'ours',
    twin: 'bare-by-id',
    indexed: true,
    requests: () => get(BILLS)
  },
  {
    name: 'page',
    title: 'page of 10 anywhere, by cursor',
    side: 'ours',
    twin: 'bare-by-id',
    indexed: true,
    requests: ({ id, billDate, position }) => {
      const after = encodeCursor({ sort: '-billDate', position, values: [billDate], id })
      return get(`${BILLS}?sort=-billDate&limit=10&after=${after}`)
    }
  },
  {
    name: 'patch',
    title: 'PATCH of the state',
    side: 'ours',
    twin: 'bare-by-id',
    writes: true,
    // Back and forth, so that the next round can use the bill again.
    requests: ({ id }) => ['onHold', 'new'].map((state) => send('PATCH', `${BILLS}/${id}`, { state }))
  },
  {
    name: 'post',
    title: 'POST of a bill',
    side: 'ours',
    twin: 'bare-by-id',
    writes: true,
    requests: ({ account, party }) => [send('POST', BILLS, postedBill(account, party))]
  }
]

function send(method: 'PATCH' | 'POST', path: string, body: unknown): LoadRequest {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  return { method, path, headers: { 'content-type': type }, body: JSON.stringify(body) }
}

function postedBill(account: string, party: string) {
  const money = (value: number) => ({ unit: 'EUR', value })
  return {
    billNo: 'B-POSTED',
    billDate: '2025-01-15T00:00:00.000Z',
    category: 'normal',
    paymentDueDate: '2025-01-29T00:00:00.000Z',
    runType: 'onCycle',
    amountDue: money(119),
    remainingAmount: money(119),
    taxExcludedAmount: money(100),
    taxIncludedAmount: money(119),
    billDocument: [{ id: 'DOC-1', name: 'bill.pdf', attachmentType: 'customerBill', mimeType: 'application/pdf' }],
    billingAccount: { id: account, name: 'Account', '@referredType': 'BillingAccount' },
    billingPeriod: { startDateTime: '2024-12-15T00:00:00.000Z', endDateTime: '2025-01-15T00:00:00.000Z' },
    relatedParty: [{ id: party, role: 'customer', name: 'Customer', '@referredType': 'Individual' }],
    taxItem: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: money(19) }]
  }
}
