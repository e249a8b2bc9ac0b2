/** The resources of a run. `{{run}}` differs between runs, so that each finds its own resources only. */
export const RATES = 'appliedCustomerBillingRate'

export const account = { id: 'ctk-account', name: 'Account of the conformance run' }

const alpha = {
  '@type': 'AppliedCustomerBillingRate',
  name: 'Alpha',
  description: '{{run}}',
  type: 'appliedBillingCharge',
  date: '2026-01-10T10:00:00.000Z',
  billingAccount: account,
  product: { id: 'p-1', name: 'Fibre 100' },
  taxExcludedAmount: { unit: 'EUR', value: 10.5 },
  characteristic: [
    { name: 'zone', valueType: 'string', value: 'north' },
    { name: 'tier', valueType: 'string', value: 'gold' }
  ]
}

const beta = {
  name: 'Beta',
  description: '{{run}}',
  type: 'appliedPenaltyCharge',
  date: '2026-02-10T10:00:00.000Z',
  billingAccount: account,
  product: { id: 'p-2', name: 'TV, sport' },
  taxExcludedAmount: { unit: 'EUR', value: 20.5 },
  characteristic: [
    { name: 'zone', valueType: 'string', value: 'south' },
    { name: 'tier', valueType: 'string', value: 'gold' }
  ]
}

const gamma = {
  name: 'Gamma',
  description: '{{run}}',
  type: 'appliedPenaltyCharge',
  date: '2026-03-10T10:00:00.000Z',
  billingAccount: account,
  taxExcludedAmount: { unit: 'EUR', value: 30.5 }
}

/** Three rates that differ in every attribute of the filters, sorts and pages. */
export const rates = [
  { variable: 'alpha', body: alpha },
  { variable: 'beta', body: beta },
  { variable: 'gamma', body: gamma }
] as const

/** A resource of each type: the posted body, and a possible patch. */
export interface Sample {
  readonly type: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly change: Readonly<Record<string, unknown>>
  /** Attributes that the server adds. */
  readonly given: readonly string[]
  /** False if the server changes the resource in the background, and so its version. */
  readonly steady: boolean
}

export const samples: readonly Sample[] = [
  {
    type: 'CustomerBill',
    path: 'customerBill',
    body: {
      billNo: '{{run}}',
      runType: 'offCycle',
      category: 'normal',
      billingAccount: account,
      amountDue: { unit: 'EUR', value: 12.34 },
      taxItem: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: { unit: 'EUR', value: 1.97 } }]
    },
    change: { state: 'onHold' },
    given: ['state', 'billDocument', 'lastUpdate'],
    steady: true
  },
  {
    type: 'CustomerBillOnDemand',
    path: 'customerBillOnDemand',
    body: { name: 'Conformance run', description: '{{run}}', billingAccount: { id: 'A0815' } },
    change: { description: '{{run}} changed' },
    given: ['state', 'lastUpdate'],
    steady: false
  },
  {
    type: 'AppliedCustomerBillingRate',
    path: RATES,
    body: {
      name: 'Delta',
      description: '{{run}}-delta',
      billingAccount: account,
      taxExcludedAmount: { unit: 'EUR', value: 5 }
    },
    change: { description: '{{run}} changed' },
    given: ['isBilled'],
    steady: true
  },
  {
    type: 'BillCycle',
    path: 'billCycle',
    body: {
      name: 'Conformance run',
      description: '{{run}}',
      billingPeriod: 'March',
      billingDate: '2026-04-01T00:00:00.000Z',
      paymentDueDate: '2026-04-15T00:00:00.000Z'
    },
    change: { description: '{{run}} changed' },
    given: [],
    steady: true
  },
  {
    type: 'BillCycleSpecification',
    path: 'billCycleSpecification',
    body: {
      name: 'Conformance run',
      description: '{{run}}',
      billingPeriod: 'month',
      frequency: 'monthly',
      billingDateShift: 1,
      paymentDueDateOffset: 14,
      validFor: { startDateTime: '2026-01-01T00:00:00.000Z' }
    },
    change: { description: '{{run}} changed' },
    given: [],
    steady: true
  }
]
