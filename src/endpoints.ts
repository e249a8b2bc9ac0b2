import { discardEndpoint } from './billing/runs/discard-endpoint.ts'
import { statementEndpoint } from './billing/statement/routes.ts'
import type { Endpoint } from './tmf/serving/endpoint.ts'

export const BILLING_BASE = '/billing/v1'
export const ADMIN_BASE = '/admin/v1'

/** What the operations of the billing are about. */
export const BILLING_TAGS = { billRun: 'Runs, which bill all accounts of a cycle' } as const

/** Operations beside those of the resources, below each base path of the standard's API. */
export const apiEndpoints: readonly Endpoint[] = [statementEndpoint(BILLING_BASE)]

/** Operations of the billing, below a base path of their own. */
export const billingEndpoints: readonly Endpoint[] = [discardEndpoint]
