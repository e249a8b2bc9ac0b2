import { z } from 'zod'
import { actAs } from '../auth/access/access.ts'
import { FORM_TYPES } from '../http/media-types.ts'
import type { EndpointDescription } from '../tmf/openapi/endpoint.ts'
import { objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { type Json, schemaRef } from '../tmf/openapi/schemas.ts'
import { type Asked, type Endpoint, endpoint } from '../tmf/serving/endpoint.ts'
import type { Requester, RouteContext } from '../tmf/serving/routes.ts'
import { accountNumber, readParameters, sentBy } from './parameters.ts'

/** A method of the API: what it takes, and the data that it returns. */
export interface Method<Shape extends z.ZodRawShape>
  extends Pick<
    EndpointDescription,
    'method' | 'path' | 'operationId' | 'summary' | 'description' | 'example' | 'headers'
  > {
  readonly scopes: readonly string[]
  /** Besides partner_account. */
  readonly parameters: Shape
  /** The schema of the data. */
  readonly data: Json
  /** Statuses besides those of every method. */
  readonly failures?: EndpointDescription['failures']
  /** Returns the data as JSON. */
  readonly handle: (called: Called<Shape>, context: RouteContext) => Promise<string>
}

export interface Called<Shape extends z.ZodRawShape> extends Requester {
  readonly request: Asked<unknown, unknown>['request']
  readonly parameters: z.output<z.ZodObject<Shape>>
}

export const PARTNER_TAG = 'partner'
const PARTNER_ACCOUNT = 'partner_account'

export const FAILURE_SCHEMA = objectOf({
  code: { type: 'integer', minimum: 400, maximum: 599, description: 'The status' },
  message: { ...TEXT, description: 'What is wrong, and what is allowed' }
})

const partnerAccount = accountNumber
  .optional()
  .meta({ description: 'Account number of the partner that the provider acts as' })

/** A request without a body takes its parameters from the query string alone. */
const BODY = z.record(z.string(), z.unknown())
const RAW = { parameters: [], read: (raw: string) => raw }

/**
 * Declares a method. Parameters come by the query string, as JSON or as a form, each once. A partner's key sees the
 * partner's customers; the provider's may name a partner.
 */
export function method<Shape extends z.ZodRawShape>(declared: Method<Shape>): Endpoint {
  const { scopes, parameters: shape, data, failures = [], handle, ...about } = declared
  const schema = z.object(shape)
  const names = [...Object.keys(shape), PARTNER_ACCOUNT]
  const { register, description } = endpoint({
    ...about,
    tag: PARTNER_TAG,
    access: { scopes, supportsProxy: true },
    config: { takesForms: about.method !== 'GET' },
    query: RAW,
    body: BODY,
    isBodyOptional: true,
    failures: [404, ...failures],
    failureSchema: schemaRef('PartnerFailure'),
    replies: { 200: { description: 'The data', schema: enveloped(data) } },
    handle: async ({ request, query, body }, context) => {
      const sent = sentBy(query, body)
      const { [PARTNER_ACCOUNT]: named } = readParameters(z.object({ [PARTNER_ACCOUNT]: partnerAccount }), sent, names)
      const parameters = readParameters(schema, sent, names)
      if (named !== undefined) await actAs(context.database, request, named, PARTNER_ACCOUNT)
      const { view, author } = context.requester(request)
      const json = await handle({ request, parameters, view, author }, context)
      return { json: `{"code":200,"data":${json}}` }
    }
  })
  const taken = z.object({ ...shape, [PARTNER_ACCOUNT]: partnerAccount })
  const bodyTypes = ['application/json', ...FORM_TYPES]
  const { query: _, body: __, ...described } = description
  const input = about.method === 'GET' ? { query: taken } : { body: taken, bodyTypes, isBodyOptional: false }
  return { register, description: { ...described, ...input } }
}

function enveloped(data: Json): Json {
  return objectOf({ code: { type: 'integer', enum: [200] }, data })
}
