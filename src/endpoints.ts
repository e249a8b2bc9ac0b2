import { previewEndpoint } from './billing/drafts/preview.ts'
import { paymentEndpoints } from './billing/payments/endpoints.ts'
import { runEndpoints } from './billing/runs/endpoints.ts'
import { statementEndpoint } from './billing/statement/routes.ts'
import type { Endpoint } from './tmf/serving/endpoint.ts'

export const API_BASE = '/customerBillManagement/v4'
export const BILLING_BASE = '/billing/v1'
export const ADMIN_BASE = '/admin/v1'

export const BILLING_TAGS = {
  billRun: 'Runs that bill all accounts of a cycle',
  payment: 'Money received for accounts',
  preview: 'Previews of bills'
} as const

/** Operations beside the resources, below each base path of the API. */
export const apiEndpoints: readonly Endpoint[] = [statementEndpoint(BILLING_BASE)]

export const billingEndpoints: readonly Endpoint[] = [
  ...runEndpoints(API_BASE),
  ...paymentEndpoints(API_BASE),
  previewEndpoint(API_BASE)
]
