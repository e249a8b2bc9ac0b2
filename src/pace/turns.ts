import { requireNoTransaction } from './slow.ts'

/** Characters of text that are made in one turn. */
const PIECE_LENGTH = 32_768

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

/**
 * Makes text of pieces, each when a turn has come. Small ones are put together, so that there are no more turns than
 * the work needs.
 */
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

/** Lets the work that waits longest go on. */
function begin(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(begin)
}
