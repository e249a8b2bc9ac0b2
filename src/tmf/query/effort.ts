/** The steps that a match may still take; one is about the time of a state of a pattern at one character. */
export interface Effort {
  left: number
}

export class TooMuchEffort extends Error {
  constructor() {
    super('the match takes too many steps')
  }
}

/** Throws `TooMuchEffort` when nothing is left. Without an effort there is no limit. */
export function spend(effort: Effort | undefined, steps: number): void {
  if (!effort) return
  effort.left -= steps
  if (effort.left < 0) throw new TooMuchEffort()
}
