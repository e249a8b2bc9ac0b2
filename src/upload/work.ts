import { storePart } from './part.ts'
import { placeOf } from './place.ts'
import { type Part, preparePart, type Running, type WorkContext } from './running.ts'
import { storeWhole } from './whole.ts'

/**
 * Works an upload off, part after part in one transaction each, until `untilMs` of `performance.now()`. The next part
 * is read while one is stored. Leaves an upload that ends meanwhile, or whose part another process is at.
 */
export async function workOff(context: WorkContext, upload: Running, untilMs: number): Promise<void> {
  const { database, clock } = context
  const { tenantId, options, parts, partsDone } = upload
  const place = await placeOf(database, tenantId, clock())
  if (options.atomic) return storeWhole(context, upload, place)
  let ready: Promise<Part> = preparePart(database, upload, place, partsDone + 1)
  for (let number = partsDone + 1; number <= parts; number++) {
    const part = await ready
    const goesOn = number < parts && performance.now() < untilMs
    if (goesOn) ready = preparePart(database, upload, place, number + 1)
    ready.catch(() => undefined)
    if (!(await storePart(context, upload, part)) || !goesOn) return
  }
}
