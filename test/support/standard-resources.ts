import { catalogue } from '../../src/billing/catalogue.ts'

/** The resources of TMF678 and TMF666 by path: without customers and accounts, whose ids are their clients'. */
export const resources = new Map([...catalogue].filter(([, { clientId }]) => !clientId))
