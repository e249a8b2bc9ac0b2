import { catalogue } from '../../src/billing/catalogue.ts'
import { apiResources, UNSET } from '../../src/endpoints.ts'

/** The resources of TMF678 and TMF666 by path: without customers and accounts, whose ids are their clients'. */
export const resources = new Map([...catalogue].filter(([, { clientId }]) => !clientId))

/** The same with the listeners of events. */
export const resourcesAndHub = new Map([...apiResources(UNSET)].filter(([, { clientId }]) => !clientId))
