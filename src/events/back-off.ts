/** Returns a number from 0 up to 1. */
export type Random = () => number

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS
const FIRST_WAIT_MS = 5 * SECOND_MS
const WAIT_MAX_MS = 6 * HOUR_MS
const FIRST_PROBE_MS = 10 * SECOND_MS
const PROBE_MAX_MS = HOUR_MS
/** An answer may ask for a longer wait; a listener could never be reached again. */
const ASKED_WAIT_MAX_MS = 6 * HOUR_MS

/** An event that fails for longer than this becomes a dead letter. */
export const GIVE_UP_MS = 72 * HOUR_MS

/**
 * Returns the wait after an event has failed `failures` times: 5 s, doubled each time up to 6 h, or what the answer
 * asked for if that is longer.
 */
export function retryWaitMs(failures: number, askedMs: number | undefined, random: Random): number {
  return Math.max(spread(FIRST_WAIT_MS, failures, WAIT_MAX_MS, random), askedWaitMs(askedMs))
}

/** Returns the wait before probe `probe` (1, 2, …) of a suspended listener: 10 s, doubled each time up to 1 h. */
export function probeWaitMs(probe: number, askedMs: number | undefined, random: Random): number {
  return Math.max(spread(FIRST_PROBE_MS, probe, PROBE_MAX_MS, random), askedWaitMs(askedMs))
}

export function askedWaitMs(askedMs: number | undefined): number {
  return Math.min(askedMs ?? 0, ASKED_WAIT_MAX_MS)
}

/** Doubles a wait and takes between a half and all of it: listeners that failed together do not return together. */
function spread(firstMs: number, count: number, maxMs: number, random: Random): number {
  const wholeMs = Math.min(firstMs * 2 ** (count - 1), maxMs)
  return Math.round((wholeMs * (1 + random())) / 2)
}
