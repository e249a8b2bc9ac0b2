import { discardEndpoint } from './billing/runs/discard-endpoint.ts'
import { statementEndpoint } from './billing/statement/routes.ts'
import type { Endpoint } from './tmf/serving/endpoint.ts'

/** Operations beside those of the resources, below each base path of the standard's API. */
export const apiEndpoints: readonly Endpoint[] = [statementEndpoint('/billing/v1')]

/** Operations of the billing, below a base path of their own. */
export const billingEndpoints: readonly Endpoint[] = [discardEndpoint]
