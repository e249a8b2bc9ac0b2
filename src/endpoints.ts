import { previewEndpoint } from './billing/drafts/preview.ts'
import { paymentEndpoints } from './billing/payments/endpoints.ts'
import { runEndpoints } from './billing/runs/endpoints.ts'
import { statementEndpoint } from './billing/statement/routes.ts'
import type { Endpoint } from './tmf/serving/endpoint.ts'

/** The standard's path of the API. */
export const API_BASE = '/customerBillManagement/v4'
export const BILLING_BASE = '/billing/v1'
export const ADMIN_BASE = '/admin/v1'

/** What the operations of the billing are about. */
export const BILLING_TAGS = {
  billRun: 'Runs, which bill all accounts of a cycle',
  payment: 'Money that came in for accounts',
  preview: 'The bills that accounts would have'
} as const

/** Operations beside those of the resources, below each base path of the standard's API. */
export const apiEndpoints: readonly Endpoint[] = [statementEndpoint(BILLING_BASE)]

/** Operations of the billing, below a base path of their own. */
export const billingEndpoints: readonly Endpoint[] = [
  ...runEndpoints(API_BASE),
  ...paymentEndpoints(API_BASE),
  previewEndpoint(API_BASE)
]
