import type { Transaction } from '../../db/database.ts'
import type { Lines } from '../../http/lines.ts'
import { BODIES } from '../../messages/body.ts'
import type { BulkResource } from './insert.ts'
import {
  BATCH_LINES,
  type BulkContext,
  type Draft,
  drafted,
  faultOf,
  NOTHING,
  type Result,
  storeDrafts
} from './rows.ts'

/** Limits of an atomic body: it is held in memory until its end. */
const ATOMIC_LINES = 100_000
const ATOMIC_BYTES = 67_108_864

/** Stores all lines or none. Then the faulty lines give the reason, and the others that they are not stored. */
export async function storeAll(
  context: BulkContext,
  resource: BulkResource,
  groups: Lines['groups']
): Promise<readonly Result[]> {
  const drafts = await collect(context, resource, groups)
  const faults = drafts.map(faultOf)
  if (faults.some((fault) => fault !== undefined)) return drafts.map(({ line }, at) => faults[at] ?? notStored(line))
  const results: Result[] = []
  const storeEach = async (tx: Transaction) => {
    results.length = 0
    for (let at = 0; at < drafts.length; at += BATCH_LINES) {
      results.push(...(await storeDrafts(tx, context, resource, drafts.slice(at, at + BATCH_LINES))))
    }
    if (!results.every(isStored)) throw UNDONE
  }
  try {
    await context.database.transaction(storeEach)
    return results
  } catch (error) {
    if (error !== UNDONE) throw error
    return results.map((result) => (isStored(result) ? notStored(result.line) : result))
  }
}

/** Rolls back a transaction whose results are the response. */
const UNDONE = BODIES.atomicRefused()

/** Reads all lines before anything is stored: a slow client holds no transaction open. */
async function collect(
  context: BulkContext,
  resource: BulkResource,
  groups: Lines['groups']
): Promise<readonly Draft[]> {
  const drafts: Draft[] = []
  let bytes = 0
  for await (const lines of groups) {
    const now = context.clock()
    for (const line of lines) {
      const draft = drafted(context, resource, line, now)
      bytes += draft.bytes
      if (drafts.push(draft) > ATOMIC_LINES || bytes > ATOMIC_BYTES) throw TOO_MANY
    }
  }
  if (drafts.length === 0) throw NOTHING
  return drafts
}

const TOO_MANY = BODIES.atomicTooLarge(ATOMIC_LINES, ATOMIC_BYTES).with({ Connection: 'close' })

export function isStored({ status }: Result): boolean {
  return status === 'created' || status === 'duplicate'
}

function notStored(line: number): Result {
  return { line, status: 'notStored' }
}
