import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { entityTag, expectedVersion } from '../http/conditional.ts'
import { readBody } from '../http/read-body.ts'
import type { Resource } from '../tmf/declaration/resource.ts'
import { find } from '../tmf/read.ts'
import { idOf, selectAll, versionOf, writeDocument } from '../tmf/representation.ts'
import { renewedSecret } from '../tmf/secret.ts'
import type { RouteContext } from '../tmf/serving/routes.ts'
import type { Created, WriteContext } from '../tmf/write.ts'
import { apiKey } from './api-key.ts'
import { client } from './client.ts'
import { changePassword, rotateApiKey, rotateClientSecret, type Target } from './rotation.ts'
import { user } from './user.ts'

type ItemRequest = FastifyRequest<{ Params: { id: string } }>

const OVERLAP_MAX_S = 7 * 24 * 3_600
const OVERLAP_FAULT = `must be a whole number from 0 to ${OVERLAP_MAX_S}`

const NOTHING = z.strictObject({})
export const OVERLAP = z.strictObject({
  overlapSeconds: z
    .int({ error: OVERLAP_FAULT })
    .min(0, { error: OVERLAP_FAULT })
    .max(OVERLAP_MAX_S, { error: OVERLAP_FAULT })
    .default(0)
})
const PASSWORD = z.strictObject({ password: z.unknown().optional() })

export function registerRotations(app: FastifyInstance, base: string, context: RouteContext): void {
  const config = { access: { scopes: ['admin'], supportsProxy: context.supportsProxy } }
  app.post(`${base}/${apiKey.path}/:id/rotate`, { config }, async (request: ItemRequest, reply) => {
    const { overlapSeconds } = readBody(OVERLAP, request.body ?? {})
    const made = await renewedSecret(apiKey)
    const created = await context.database.transaction((tx) =>
      rotateApiKey(tx, writing(context, request), target(request, context), made, overlapSeconds)
    )
    const { url } = context.address(request, base)
    reply.code(201).header('Location', `${url}/${apiKey.path}/${idOf(created.row)}`)
    return send(reply, apiKey, created, context.address(request, base).json)
  })
  app.post(`${base}/${client.path}/:id/rotate`, { config }, async (request: ItemRequest, reply) => {
    readBody(NOTHING, request.body ?? {})
    const made = await renewedSecret(client)
    const changed = await context.database.transaction((tx) =>
      rotateClientSecret(tx, writing(context, request), target(request, context), made)
    )
    return send(reply, client, changed, context.address(request, base).json)
  })
  app.post(
    `${base}/${user.path}/:id/password`,
    { config: { ...config, work: 'expensive' } },
    async (request: ItemRequest, reply) => {
      const { password } = readBody(PASSWORD, request.body ?? {})
      // Hashes nothing for an unknown user.
      await find(context.database, user, context.requester(request).view, request.params.id)
      const made = await renewedSecret(user, password ?? undefined)
      const changed = await context.database.transaction((tx) =>
        changePassword(tx, writing(context, request), target(request, context), made)
      )
      return send(reply, user, changed, context.address(request, base).json)
    }
  )
}

function writing(context: RouteContext, request: FastifyRequest): WriteContext {
  return { ...context, ...context.requester(request) }
}

function target({ params, headers }: ItemRequest, { takesWeakTags }: RouteContext): Target {
  return { id: params.id, requireExpected: expectedVersion(headers['if-match'], takesWeakTags) }
}

function send(reply: FastifyReply, resource: Resource, { row, secret }: Created, root: string): FastifyReply {
  const document = JSON.parse(writeDocument(resource.path, selectAll(resource), row, root))
  const shown = resource.secret && secret !== undefined ? { [resource.secret.member]: secret } : {}
  return reply.header('ETag', entityTag(versionOf(row))).send({ ...document, ...shown })
}
