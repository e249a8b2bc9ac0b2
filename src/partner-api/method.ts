import { z } from 'zod'
import { actAs } from '../auth/access/access.ts'
import type { Transaction } from '../db/database.ts'
import { FORM_TYPES } from '../http/media-types.ts'
import { HTTP } from '../messages/http.ts'
import { idempotencyKey, isAnswered, once } from '../tmf/idempotency.ts'
import type { EndpointDescription } from '../tmf/openapi/endpoint.ts'
import { objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { type Json, schemaRef } from '../tmf/openapi/schemas.ts'
import { type Answer, type Endpoint, endpoint } from '../tmf/serving/endpoint.ts'
import type { Requester, RouteContext } from '../tmf/serving/routes.ts'
import type { View } from '../tmf/view.ts'
import { accountNumber, readParameters, type Sent, sentBy } from './parameters.ts'

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
  /** Returns the data as JSON, or one of these does. */
  readonly read?: (called: Called<Shape>) => Promise<string>
  /** Writes in a transaction: with an `Idempotency-Key` once, however often it is called. */
  readonly write?: (tx: Transaction, called: Called<Shape>) => Promise<string>
  /** Does what takes long, and returns what writes. A repetition under an `Idempotency-Key` does neither. */
  readonly prepare?: (called: Called<Shape>) => Promise<Write>
  /** Parameters that may differ in a repetition, and of which not even a hash is kept. */
  readonly fleeting?: readonly string[]
  /** Refuses an `Idempotency-Key`: the answer has a secret, which is not kept. */
  readonly isKeyless?: true
}

type Write = (tx: Transaction) => Promise<string>

export interface Called<Shape extends z.ZodRawShape> extends RouteContext, Requester {
  readonly parameters: z.output<z.ZodObject<Shape>>
}

export const PARTNER_TAG = 'partner'
const PARTNER_ACCOUNT = 'partner_account'

export const FAILURE_SCHEMA = objectOf({
  code: { type: 'integer', minimum: 400, maximum: 599, description: 'The status' },
  message: { ...TEXT, description: 'What is wrong, and what is allowed' },
  messageCode: { ...TEXT, description: 'Names the message, whatever its words' }
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
  const {
    scopes,
    parameters: shape,
    data,
    failures = [],
    read,
    write,
    prepare,
    fleeting,
    isKeyless,
    ...about
  } = declared
  const takesKey = read === undefined && !isKeyless
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
    failures: takesKey ? [404, 409, 422, ...failures] : [404, ...failures],
    failureSchema: schemaRef('PartnerFailure'),
    ...(takesKey && { headers: ['IdempotencyKey'] }),
    replies: {
      200: {
        description: 'The data',
        schema: enveloped(data),
        ...(takesKey && { headers: ['Idempotency-Replayed'] })
      }
    },
    handle: async ({ request, query, body }, context) => {
      const sent = sentBy(query, body)
      const { [PARTNER_ACCOUNT]: named } = readParameters(z.object({ [PARTNER_ACCOUNT]: partnerAccount }), sent, names)
      const parameters = readParameters(schema, sent, names)
      if (named !== undefined) await actAs(context.database, request, named, PARTNER_ACCOUNT)
      const called = { ...context, ...context.requester(request), parameters }
      return perform(declared, called, sent, idempotencyKey(request.headers['idempotency-key']))
    }
  })
  const { query: _, body: __, ...described } = description
  return { register, description: { ...described, ...inputOf(about.method, shape) } }
}

/** Describes where the parameters come from. */
function inputOf(
  verb: string,
  shape: z.ZodRawShape
): Pick<EndpointDescription, 'query' | 'body' | 'bodyTypes' | 'isBodyOptional'> {
  const taken = z.object({ ...shape, [PARTNER_ACCOUNT]: partnerAccount })
  const bodyTypes = ['application/json', ...FORM_TYPES]
  return verb === 'GET' ? { query: taken } : { body: taken, bodyTypes, isBodyOptional: false }
}

/** Reads, or writes in one transaction, prepared before. */
async function perform<Shape extends z.ZodRawShape>(
  { path, read, write, prepare, fleeting = [] }: Method<Shape>,
  called: Called<Shape>,
  sent: Sent,
  key: string | undefined
): Promise<Answer> {
  if (read) return { json: await enveloping(read(called)) }
  const { database, view } = called
  const isRepeated = prepare && key !== undefined && (await isAnswered(database, view, key))
  const begun = isRepeated ? forgotten : ((await prepare?.(called)) ?? ((tx: Transaction) => write?.(tx, called)))
  const kept = new Map([...sent].filter(([name]) => !fleeting.includes(name)))
  return database.transaction((tx) => answered(tx, view, { key, path, sent: kept }, (own) => enveloping(begun(own))))
}

async function enveloping(data: Promise<string> | undefined): Promise<string> {
  return `{"code":200,"data":${await data}}`
}

/** The answer was kept when the request came, and is gone now. */
async function forgotten(): Promise<never> {
  throw HTTP.keyInUse().with({ 'Retry-After': '1' })
}

interface Keyed {
  readonly key: string | undefined
  readonly path: string
  readonly sent: Sent
}

async function answered(
  tx: Transaction,
  view: View,
  { key, path, sent }: Keyed,
  work: (tx: Transaction) => Promise<string>
): Promise<Answer> {
  if (key === undefined) return { json: await work(tx) }
  const made = async () => ({ status: 200, location: '', etag: '', body: await work(tx) })
  const { answer, isReplay } = await once(tx, view, key, [path, JSON.stringify([...sent])], made)
  return { json: answer.body, headers: isReplay ? { 'Idempotency-Replayed': 'true' } : {} }
}

function enveloped(data: Json): Json {
  return objectOf({ code: { type: 'integer', enum: [200] }, data })
}
