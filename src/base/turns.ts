import { requireNoTransaction } from './slow.ts'

const waiting: (() => void)[] = []

/**
 * Waits for a turn of the event loop. Long work calls it between its pieces: however much of it is under way, one piece
 * is done in each turn, and whatever else has come is served in between.
 */
export function nextTurn(): Promise<void> {
  requireNoTransaction('Work of many turns')
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(begin)
  })
}

/** Lets the work that waits longest go on. */
function begin(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(begin)
}
