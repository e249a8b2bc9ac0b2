import { requireNoTransaction } from './slow.ts'

const PIECE_LENGTH = 32_768
/** Work that goes on for longer lets others in. */
const TURN_MS = 10

const waiting: (() => void)[] = []

/**
 * Waits for a turn of the event loop. Long work calls it between its pieces: each turn does one piece of all long work,
 * and serves other events in between.
 */
export function nextTurn(): Promise<void> {
  requireNoTransaction('Work of many turns')
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(begin)
  })
}

/** Returns a function to await between small pieces of work: it waits for a turn when the last one was long ago. */
export function pace(): () => Promise<void> {
  let turnAt = performance.now()
  return async () => {
    if (performance.now() - turnAt < TURN_MS) return
    await nextTurn()
    turnAt = performance.now()
  }
}

/** Yields text in larger pieces, each in a turn of its own. Joins small pieces to save turns. */
export async function* inTurns(pieces: Iterable<string>): AsyncGenerator<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < PIECE_LENGTH) continue
    yield text
    text = ''
    await nextTurn()
  }
  if (text !== '') yield text
}

function begin(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(begin)
}
