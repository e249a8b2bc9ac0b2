/** How an event that was read fared: not meant for the listener, sent, behind a failed one, or not begun. */
export type Fate = 'unwanted' | 'delivered' | 'failed' | 'held' | 'unsent'

export interface Settled {
  /** The position up to which everything is done with or kept as an exception. */
  readonly position: number
  /** Positions of the events to keep as exceptions. */
  readonly kept: readonly number[]
}

/**
 * Decides how far a cursor goes after a part of what was read up to `until` was sent. It passes what was sent; what is
 * not delivered up to there is kept as an exception, and the rest is read again.
 */
export function settle(read: readonly { readonly position: number; readonly fate: Fate }[], until: number): Settled {
  const unsent = read.filter(({ fate }) => fate === 'unsent').map(({ position }) => position)
  const sent = read.filter(({ fate }) => fate === 'delivered' || fate === 'failed').map(({ position }) => position)
  const position = unsent.length === 0 ? until : Math.max(Math.min(...unsent) - 1, ...sent)
  const isKept = (fate: Fate) => fate === 'failed' || fate === 'held' || fate === 'unsent'
  return {
    position,
    kept: read.filter((one) => one.position <= position && isKept(one.fate)).map((one) => one.position)
  }
}
