import { recordChange } from '../audit/record.ts'
import { ALGORITHMS, FIRST_ALGORITHM, rotateSigningKey, type SigningAlgorithm } from '../auth/keys/signing-keys.ts'
import type { Queryable } from '../db/database.ts'
import { oneOf, rowOf } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { type Command, Misuse } from './command.ts'
import { enterTenant } from './lookup.ts'

export const signingKeyCommands: Readonly<Record<string, Command>> = {
  'signing-key rotate': {
    description: 'gives a tenant a new key that signs tokens; tokens of the old one stay valid until they expire',
    options: ['tenant', 'algorithm'],
    details: () =>
      `Without --algorithm the new key has the algorithm of the old one, or ${FIRST_ALGORITHM} if there is none.`,
    prepare: (args) => {
      const asked = readAlgorithm(args.options.algorithm)
      return async (context) => {
        const secrets = context.secrets()
        const { author, clock, newId } = await enterTenant(context, args)
        const kid = await context.database.transaction(async (tx) => {
          const algorithm = asked ?? (await currentAlgorithm(tx, author.tenantId))
          const made = await rotateSigningKey(tx, clock, secrets, author.tenantId, algorithm)
          const change = {
            action: 'rotate',
            resourceType: 'SigningKey',
            resourceId: made,
            after: { algorithm }
          } as const
          await recordChange(tx, { author, newId }, change, clock())
          return made
        })
        return { text: `tenant ${author.tenantId} signs with key ${kid}` }
      }
    }
  }
}

function readAlgorithm(text: string | undefined): SigningAlgorithm | undefined {
  const algorithm = ALGORITHMS.find((known) => known === text)
  if (algorithm || text === undefined) return algorithm
  throw new Misuse(`--algorithm must be one of ${ALGORITHMS.join(', ')}`)
}

const SIGNING = rowOf('signing_key', { algorithm: oneOf(ALGORITHMS) })

async function currentAlgorithm(queryable: Queryable, tenantId: string): Promise<SigningAlgorithm> {
  const { rows } = await queryable.run(
    sql`SELECT ${SIGNING.columns} FROM "signing_key"
      WHERE "tenant_id" = ${tenantId} AND "retired_at" IS NULL ORDER BY "created_at" DESC, "id" DESC LIMIT 1`
  )
  return rows.map(SIGNING.read)[0]?.algorithm ?? FIRST_ALGORITHM
}
