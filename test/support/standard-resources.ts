import { catalogue } from '../../src/billing/catalogue.ts'

/** What is served of TMF678 and TMF666 by path: all but customers and accounts, whose ids are their clients'. */
export const resources = new Map([...catalogue].filter(([, { clientId }]) => !clientId))
