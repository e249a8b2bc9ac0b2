import type { FastifyInstance } from 'fastify'
import { ENVELOPED_BASE } from '../http/errors.ts'
import { registerForms } from '../http/forms.ts'
import type { Json } from '../tmf/openapi/schemas.ts'
import type { Endpoint } from '../tmf/serving/endpoint.ts'
import { refuseIdempotencyKeys } from '../tmf/serving/no-idempotency-key.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import { BALANCE_SCHEMA, customerBalance, partnerBalance } from './balances.ts'
import { CUSTOMER_SCHEMAS, type CustomerSettings, customerMethods, LOGIN_PATH } from './customers.ts'
import { FUNDS_SCHEMA, funds } from './funds.ts'
import { AUTHORIZATION_SCHEMA, CAPTURE_SCHEMA, holdMethods, RELEASE_SCHEMA } from './holds.ts'
import { FAILURE_SCHEMA, PARTNER_TAG } from './method.ts'

export const PARTNER_BASE = ENVELOPED_BASE

export const PARTNER_TAGS = {
  [PARTNER_TAG]: "For partners' own systems: balances of their customers, holds, funds, and customers who sign in"
} as const

export const PARTNER_SCHEMAS: Json = {
  PartnerFailure: FAILURE_SCHEMA,
  PartnerBalance: BALANCE_SCHEMA,
  PartnerAuthorization: AUTHORIZATION_SCHEMA,
  PartnerCapture: CAPTURE_SCHEMA,
  PartnerRelease: RELEASE_SCHEMA,
  PartnerFunds: FUNDS_SCHEMA,
  ...CUSTOMER_SCHEMAS
}

export function partnerEndpoints(settings: CustomerSettings): readonly Endpoint[] {
  return [customerBalance, partnerBalance, ...holdMethods, funds, ...customerMethods(settings)]
}

/** Registers the methods, which take forms besides JSON. */
export async function registerPartnerApi(
  app: FastifyInstance,
  context: RouteContext,
  settings: CustomerSettings
): Promise<void> {
  await app.register(async (own) => {
    registerForms(own)
    refuseIdempotencyKeys(own, PARTNER_BASE + LOGIN_PATH)
    for (const { register } of partnerEndpoints(settings)) register(own, PARTNER_BASE, context)
  })
}
