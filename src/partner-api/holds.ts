import { objectOf as jsonOf } from '../http/json.ts'
import { PARTNERS } from '../messages/partner.ts'
import { objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import type { Endpoint } from '../tmf/serving/endpoint.ts'
import { requireAccount } from './balances.ts'
import { authorize, capture, release } from './hold.ts'
import { method } from './method.ts'
import { accountNumber, jsonObject, positiveAmount, text, whole } from './parameters.ts'

const TTL_MAX_S = 86_400
const NUMBER = { type: 'number' } as const
const hold = text('The hold, from the answer to authorize')
/** Members of a rate that the hold determines. */
const DETERMINED = ['billingAccount', 'taxExcludedAmount', 'isBilled', 'bill']
const SCOPES = ['account:write'] as const

export const AUTHORIZATION_SCHEMA = objectOf(
  {
    covered: { type: 'boolean', description: 'Whether the balance covers the amount' },
    hold: { ...TEXT, description: 'The hold, if it does' },
    expires_at: { ...TEXT, format: 'date-time', description: 'When the hold ends by itself' },
    available: { ...NUMBER, description: 'What may still be spent; absent without a limit' }
  },
  ['hold', 'expires_at', 'available']
)

export const CAPTURE_SCHEMA = objectOf({
  hold: { ...TEXT, description: 'The hold that has ended' },
  rate: { ...TEXT, description: 'The id of the rate' },
  amount: { ...NUMBER, description: 'The amount of the rate' }
})

export const RELEASE_SCHEMA = objectOf({ hold: { ...TEXT, description: 'The hold that has ended' } })

const authorizeMethod: Endpoint = method({
  method: 'POST',
  path: '/authorize',
  operationId: 'authorize',
  summary: 'Hold a part of a balance',
  description: `Holds an amount for a charge to come, such as a call, if the balance covers it: a prepaid account never
goes below its credit limit, and no two holds get the same money. The hold ends by itself after \`ttl\` seconds.`,
  scopes: SCOPES,
  parameters: {
    account_number: accountNumber,
    amount: positiveAmount('The amount to hold, in the currency of the account'),
    ttl: whole('Seconds until the hold expires', 1, TTL_MAX_S)
  },
  example: { account_number: 'BA-100031', amount: 0.25, ttl: 60 },
  data: schemaRef('PartnerAuthorization'),
  failures: [409],
  write: async (tx, { parameters, ...context }) => {
    const account = await requireAccount(tx, context.view, parameters.account_number)
    const authorization = await authorize(tx, context, account, { amount: parameters.amount, ttlS: parameters.ttl })
    const { isCovered, available } = authorization
    return jsonOf({
      covered: String(isCovered),
      hold: isCovered ? JSON.stringify(authorization.id) : undefined,
      expires_at: isCovered ? JSON.stringify(authorization.expiresAt) : undefined,
      available
    })
  }
})

const captureMethod: Endpoint = method({
  method: 'POST',
  path: '/capture',
  operationId: 'capture',
  summary: 'End a hold as a rate',
  description: `Charges an amount as a rate of the account, and ends the hold. More than the hold, or a hold that has
expired, needs a balance that covers it. The same again gives the same answer.`,
  scopes: SCOPES,
  parameters: {
    hold,
    amount: positiveAmount('The amount to charge'),
    rate: jsonObject('Members of the rate besides its account and amount, such as name and externalId').optional()
  },
  data: schemaRef('PartnerCapture'),
  failures: [409],
  write: async (tx, { parameters: { hold: holdId, amount, rate = {} }, ...context }) => {
    const determined = DETERMINED.find((name) => name in rate)
    if (determined !== undefined) throw PARTNERS.determined(determined)
    const rateId = await capture(tx, context, { holdId, amount, rate })
    return jsonOf({ hold: JSON.stringify(holdId), rate: JSON.stringify(rateId), amount })
  }
})

const releaseMethod: Endpoint = method({
  method: 'POST',
  path: '/release',
  operationId: 'release',
  summary: 'End a hold without a charge',
  description: 'Ends a hold; what it held may be spent again. The same again changes nothing.',
  scopes: SCOPES,
  parameters: { hold },
  data: schemaRef('PartnerRelease'),
  failures: [409],
  write: async (tx, { parameters: { hold: holdId }, ...context }) => {
    await release(tx, context, holdId)
    return jsonOf({ hold: JSON.stringify(holdId) })
  }
})

export const holdMethods: readonly Endpoint[] = [authorizeMethod, captureMethod, releaseMethod]
