import type { Transaction } from '../db/database.ts'
import { storeOptions } from './options.ts'
import { claimPart, closePart, type Outcome, tentatively, unlessEnded } from './part.ts'
import type { Place } from './place.ts'
import { isLeft, madeBy, notMade, undone } from './results.ts'
import { changeBy, type Part, preparePart, type Running, type WorkContext } from './running.ts'

/**
 * Stores all rows of an upload in one transaction, or none; a dry one stores none. Reads them all before. Leaves an
 * upload that ends meanwhile, or that another process is at.
 */
export async function storeWhole(context: WorkContext, upload: Running, place: Place): Promise<void> {
  const parts: Part[] = []
  for (let number = 1; number <= upload.parts; number++) {
    parts.push(await preparePart(context.database, upload, place, number))
  }
  await unlessEnded(async () => {
    const isKept = (outcomes: Outcomes | undefined) => !outcomes || (areStored(outcomes) && !upload.options.dryRun)
    const outcomes = await tentatively(
      context,
      async (tx) => {
        if (!(await claimPart(tx, upload, 1))) return undefined
        const stored = await storeAll(tx, context, upload, parts)
        if (isKept(stored)) await closeAll(tx, context, upload, parts, stored)
        return stored
      },
      isKept
    )
    if (!outcomes || isKept(outcomes)) return true
    return tentatively(
      context,
      async (tx) => {
        if (await claimPart(tx, upload, 1)) await closeAll(tx, context, upload, parts, rolledBack(outcomes))
        return true
      },
      () => true
    )
  })
}

type Outcomes = readonly Outcome[]

async function storeAll(tx: Transaction, context: WorkContext, upload: Running, parts: readonly Part[]) {
  const outcomes: Outcome[] = []
  const options = { ...storeOptions(upload.options), isDry: false, isStrict: false }
  for (const { prepared } of parts) outcomes.push(await prepared.store(tx, changeBy(context, upload), options))
  return outcomes
}

async function closeAll(
  tx: Transaction,
  context: WorkContext,
  upload: Running,
  parts: readonly Part[],
  outcomes: Outcomes
): Promise<void> {
  for (const [at, outcome] of outcomes.entries()) {
    const part = parts[at]
    if (part) await closePart(tx, context, upload, part, outcome)
  }
}

function areStored(outcomes: Outcomes): boolean {
  return !outcomes.some(({ results }) => results.some(isLeft))
}

/** Returns the outcomes of a transaction that was rolled back, without what it made. */
function rolledBack(outcomes: Outcomes): Outcomes {
  const made = madeBy(outcomes.flatMap(({ results }) => results))
  if (areStored(outcomes)) return outcomes.map(({ results, amounts }) => ({ results: notMade(results, made), amounts }))
  return outcomes.map(({ results }) => ({ results: undone(results, made), amounts: new Map() }))
}
