import { z } from 'zod'
import { entityTag, expectedVersion } from '../http/conditional.ts'
import { FIELDS } from '../messages/field.ts'
import type { Resource } from '../tmf/declaration/resource.ts'
import type { EndpointDescription } from '../tmf/openapi/endpoint.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { find } from '../tmf/read.ts'
import { idOf, selectAll, versionOf, writeDocument } from '../tmf/representation.ts'
import { renewedSecret } from '../tmf/secret.ts'
import { type Answer, type Asked, anyQuery, type Endpoint, endpoint, noBody } from '../tmf/serving/endpoint.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import type { Created, WriteContext } from '../tmf/write.ts'
import { apiKey } from './api-key.ts'
import { client } from './client.ts'
import { changePassword, rotateApiKey, rotateClientSecret, type Target } from './rotation.ts'
import { user } from './user.ts'

const OVERLAP_MAX_S = 7 * 24 * 3_600
const OVERLAP_FAULT = FIELDS.wholeNumber(0, OVERLAP_MAX_S)

/** The overlap of two secrets, in seconds. */
export function overlap(description: string, byDefault: number) {
  return z
    .int({ error: OVERLAP_FAULT })
    .min(0, { error: OVERLAP_FAULT })
    .max(OVERLAP_MAX_S, { error: OVERLAP_FAULT })
    .default(byDefault)
    .meta({ description })
}

export const OVERLAP = z.strictObject({
  overlapSeconds: overlap('How long the old key works on, in seconds', 0)
})
const PASSWORD = z.strictObject({
  password: z
    .unknown()
    .optional()
    .meta({ type: 'string', description: 'The password. Without it the server makes one and shows it once' })
})

const ROTATION = {
  method: 'POST',
  access: { scopes: ['admin'], supportsProxy: false },
  query: anyQuery,
  headers: ['IfMatch'],
  failures: [409, 412]
} as const satisfies Partial<EndpointDescription>

const rotateKey = endpoint({
  ...ROTATION,
  path: `/${apiKey.path}/{id}/rotate`,
  operationId: 'rotateApiKey',
  tag: apiKey.path,
  summary: 'Replace an API key',
  description:
    'Creates a key with the same attributes. The old key works on for the overlap, and never longer than before.',
  body: OVERLAP,
  isBodyOptional: true,
  examples: { day: { value: { overlapSeconds: 86_400 } } },
  replies: { 201: { ...shown(apiKey, 'The new key'), headers: ['ETag', 'Location'] } },
  handle: async (asked, context) => {
    const made = await renewedSecret(apiKey)
    const created = await context.database.transaction((tx) =>
      rotateApiKey(tx, writing(asked, context), targetOf(asked, context), made, asked.body.overlapSeconds)
    )
    const { url } = context.address(asked.request, asked.base)
    const { headers, json } = answerOf(asked, context, apiKey, created)
    return { status: 201, headers: { ...headers, Location: `${url}/${apiKey.path}/${idOf(created.row)}` }, json }
  }
})

const rotateSecret = endpoint({
  ...ROTATION,
  path: `/${client.path}/{id}/rotate`,
  operationId: 'rotateClientSecret',
  tag: client.path,
  summary: 'Replace the secret of a client',
  description: 'The old secret stops at once. A public client has no secret: 409.',
  body: noBody,
  replies: { 200: { ...shown(client, 'The client with its new secret'), headers: ['ETag'] } },
  handle: async (asked, context) => {
    const made = await renewedSecret(client)
    const changed = await context.database.transaction((tx) =>
      rotateClientSecret(tx, writing(asked, context), targetOf(asked, context), made)
    )
    return answerOf(asked, context, client, changed)
  }
})

const renewPassword = endpoint({
  ...ROTATION,
  path: `/${user.path}/{id}/password`,
  operationId: 'changeUserPassword',
  tag: user.path,
  summary: 'Give a user another password',
  description: 'Revokes every token of the user.',
  body: PASSWORD,
  isBodyOptional: true,
  examples: { chosen: { value: { password: 'correct horse battery' } } },
  failures: [412],
  work: 'expensive',
  replies: { 200: { ...shown(user, 'The user, with the password unless it was chosen'), headers: ['ETag'] } },
  handle: async (asked, context) => {
    const { password } = asked.body
    // Hashes nothing for an unknown user.
    await find(context.database, user, asked.view, String(asked.params.id))
    const made = await renewedSecret(user, password ?? undefined)
    const changed = await context.database.transaction((tx) =>
      changePassword(tx, writing(asked, context), targetOf(asked, context), made)
    )
    return answerOf(asked, context, user, changed)
  }
})

export const rotationEndpoints: readonly Endpoint[] = [rotateKey, rotateSecret, renewPassword]

export function shown({ type }: Resource, description: string) {
  return { description, schema: schemaRef(`${type}_Created`) }
}

export function writing({ view, author }: Asked<unknown, unknown>, context: RouteContext): WriteContext {
  return { ...context, view, author }
}

export function targetOf({ request, params }: Asked<unknown, unknown>, { takesWeakTags }: RouteContext): Target {
  return { id: String(params.id), requireExpected: expectedVersion(request.headers['if-match'], takesWeakTags) }
}

export function answerOf(
  { request, base }: Asked<unknown, unknown>,
  { address }: RouteContext,
  resource: Resource,
  { row, secret }: Created
): Answer {
  const document = JSON.parse(writeDocument(resource.path, selectAll(resource), row, address(request, base).json))
  const made = resource.secret && secret !== undefined ? { [resource.secret.member]: secret } : {}
  return { headers: { ETag: entityTag(versionOf(row)) }, json: JSON.stringify({ ...document, ...made }) }
}
