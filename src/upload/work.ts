import type { Queryable } from '../db/database.ts'
import { integer, rowOf } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { kindNamed } from './kinds.ts'
import { storePart } from './part.ts'
import { type Place, placeOf } from './place.ts'
import { type Part, preparePart, type Running, type WorkContext } from './running.ts'
import { storeWhole } from './whole.ts'

/**
 * Works an upload off, its parts in their order and as many at a time as its kind says, in one transaction each, until
 * `untilMs` of `performance.now()`. Leaves an upload that ends meanwhile, or whose part another process is at.
 */
export async function workOff(context: WorkContext, upload: Running, untilMs: number): Promise<void> {
  const place = await placeOf(context.database, upload.tenantId, context.clock())
  if (upload.options.atomic) return storeWhole(context, upload, place)
  const parts = partsInOrder(context, upload, place, await openParts(context.database, upload))
  let goesOn = true
  const lane = async () => {
    while (goesOn && performance.now() < untilMs) {
      const { value: store } = parts.next()
      if (!store) return
      const isDone = await store().catch((error: unknown) => {
        goesOn = false
        throw error
      })
      goesOn &&= isDone
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: kindNamed(upload.kind).lanes ?? 1 }, lane))
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason
}

const NUMBER = rowOf('upload_part', { number: integer })

/** Returns the numbers of the parts that are not done: with several lanes a later one may be. */
async function openParts(queryable: Queryable, { tenantId, id }: Running): Promise<readonly number[]> {
  const { rows } = await queryable.run(sql`SELECT ${NUMBER.columns} FROM "upload_part"
    WHERE "tenant_id" = ${tenantId} AND "upload_id" = ${id} AND "results" IS NULL ORDER BY "number"`)
  return rows.map(NUMBER.read).map(({ number }) => number)
}

/**
 * Reads each part when it is taken, and returns what stores it: after those under way before it with which it shares a
 * key, since of rows of one key the first comes first. That returns false as storePart does.
 */
function* partsInOrder(
  context: WorkContext,
  upload: Running,
  place: Place,
  numbers: readonly number[]
): Generator<() => Promise<boolean>> {
  const working = new Map<number, { readonly ready: Promise<Ready>; readonly ended: Promise<void> }>()
  for (const number of numbers) {
    const before = [...working.values()]
    const ready = preparePart(context.database, upload, place, number).then((part) => ({ part, keys: keysOf(part) }))
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    working.set(number, { ready, ended })
    yield async () => {
      try {
        const { part, keys } = await ready
        for (const other of before) if (!keys.isDisjointFrom((await other.ready).keys)) await other.ended
        return await storePart(context, upload, part)
      } finally {
        working.delete(number)
        end()
      }
    }
  }
}

interface Ready {
  readonly part: Part
  readonly keys: ReadonlySet<string>
}

function keysOf({ prepared }: Part): ReadonlySet<string> {
  return new Set(
    prepared
      .identities()
      .values()
      .map(({ key }) => key)
  )
}
