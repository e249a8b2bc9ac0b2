import { z } from 'zod'
import { lock, renew, type Target } from '../admin/rotation.ts'
import { answerOf, overlap, shown, targetOf, writing } from '../admin/rotation-routes.ts'
import { later } from '../base/instant.ts'
import { type SecretKeys, seal, unseal } from '../base/secret-keys.ts'
import type { Transaction } from '../db/database.ts'
import { rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import type { Served } from '../tmf/declaration/define.ts'
import type { NewSecret, RowKey } from '../tmf/declaration/resource.ts'
import { renewedSecret } from '../tmf/secret.ts'
import { anyQuery, type Endpoint, endpoint } from '../tmf/serving/endpoint.ts'
import type { Created, WriteContext } from '../tmf/write.ts'
import { type HubSettings, hubResource, placeOf } from './hub.ts'

const DAY_S = 24 * 3_600

const ROTATION = z.strictObject({
  overlapSeconds: overlap('How long the secret of before signs as well, in seconds', DAY_S),
  secret: z
    .unknown()
    .optional()
    .meta({ type: 'string', description: 'The new secret. Without it the server makes one and shows it once' })
})

/** Returns the operation that gives a listener another secret. */
export function rotateWebhookSecret(settings: HubSettings): Endpoint {
  const hub = hubResource(settings)
  return endpoint({
    method: 'POST',
    path: `/${hub.path}/{id}/rotate`,
    operationId: 'rotateListenerSecret',
    tag: hub.path,
    summary: 'Replace the secret of a listener',
    description:
      'During the overlap, events carry the signatures of both secrets: a receiver may check either. One that was ' +
      'replaced earlier stops at once.',
    access: { scopes: hub.scopes.write, supportsProxy: true },
    query: anyQuery,
    headers: ['IfMatch'],
    body: ROTATION,
    isBodyOptional: true,
    examples: { hour: { value: { overlapSeconds: 3_600 } } },
    failures: [412],
    replies: { 200: { ...shown(hub, 'The listener, with the secret unless it was chosen'), headers: ['ETag'] } },
    handle: async (asked, context) => {
      const { secret, overlapSeconds } = asked.body
      const made = await renewedSecret(hub, secret ?? undefined)
      const keys = settings.secrets()
      const changed = await context.database.transaction((tx) =>
        rotate(tx, writing(asked, context), hub, targetOf(asked, context), { made, overlapSeconds, keys })
      )
      return answerOf(asked, context, hub, changed)
    }
  })
}

interface Rotation {
  readonly made: NewSecret
  readonly overlapSeconds: number
  readonly keys: SecretKeys
}

async function rotate(
  tx: Transaction,
  context: WriteContext,
  hub: Served,
  target: Target,
  { made, overlapSeconds, keys }: Rotation
): Promise<Created> {
  await lock(tx, context, hub, target)
  const row: RowKey = { tenantId: context.view.tenantId, id: target.id }
  const until = overlapSeconds === 0 ? null : later(context.clock(), overlapSeconds)
  const previous = until && (await sealedAsPrevious(tx, row, keys))
  await tx.run(sql`UPDATE "event_listener" SET "previous_secret" = ${previous}, "previous_secret_until" = ${until}
    WHERE "tenant_id" = ${row.tenantId} AND "id" = ${row.id}`)
  return renew(tx, context, hub, target, 'rotate', made)
}

const STORED = rowOf('event_listener', { secret: text })

/** Seals the secret for its other column: a sealed value cannot be moved. */
async function sealedAsPrevious(tx: Transaction, row: RowKey, keys: SecretKeys): Promise<string> {
  const found = await tx.run(sql`SELECT ${STORED.columns} FROM "event_listener"
    WHERE "tenant_id" = ${row.tenantId} AND "id" = ${row.id}`)
  const secret = unseal(keys, placeOf(row, 'secret'), STORED.one(found).secret)
  return seal(keys, placeOf(row, 'previous_secret'), secret)
}
