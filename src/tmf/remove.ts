import { recordChange } from '../audit/record.ts'
import type { Transaction } from '../db/database.ts'
import { sqlState, tableName } from '../db/failure.ts'
import { identifier, sql } from '../db/sql.ts'
import type { Expected } from '../http/conditional.ts'
import { RESOURCES } from '../messages/resource.ts'
import { rulesOf, type Served } from './declaration/define.ts'
import { recordEvents } from './event.ts'
import { find } from './read.ts'
import { readStored } from './representation.ts'
import type { WriteContext } from './write.ts'

/** Removes a resource. Throws `conflict` with the dependants, if there are any. */
export async function remove(
  tx: Transaction,
  context: WriteContext,
  resource: Served,
  id: string,
  requireExpected: Expected
): Promise<void> {
  const stored = readStored(resource, await find(tx, resource, context.view, id, 'update'))
  requireExpected(stored.version)
  const { checkRemoval, beforeRemoval } = rulesOf(resource)
  checkRemoval?.(stored)
  const recorded = await beforeRemoval?.(tx, context, stored)
  const now = context.clock()
  await recordEvents(tx, context, resource, 'removed', [id], now)
  try {
    await tx.run(
      sql`DELETE FROM ${identifier(resource.table)} WHERE "tenant_id" = ${context.view.tenantId} AND "id" = ${id}`
    )
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error
    const referrer = [...context.resources.values()].find(({ table }) => table === tableName(error))
    const name = referrer?.noun ?? camelCase(tableName(error) ?? 'other resource')
    throw RESOURCES.referredTo(resource.noun, name)
  }
  const change = recorded ?? { action: 'remove', before: stored.document }
  const whole = { ...change, resourceType: resource.type, resourceId: id }
  await recordChange(tx, context, whole, now)
}

const FOREIGN_KEY_VIOLATION = '23503'

function camelCase(table: string): string {
  return table.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
