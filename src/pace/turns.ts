import { requireNoTransaction } from './slow.ts'

const PIECE_LENGTH = 32_768

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
