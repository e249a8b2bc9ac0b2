/** Returns pseudo-random numbers from 0 to below 1, the same for a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Duration of the long tests, with a new seed each round; 0 for the short ones. */
export const SOAK_MINUTES = Number(process.env.SOAK_MINUTES ?? 0)

/** Runs a test with its first seed, or in a soak with new seeds until the time is over. */
export async function soak(firstSeed: number, round: (seed: number) => Promise<void>): Promise<void> {
  const deadline = Date.now() + SOAK_MINUTES * 60_000
  let seed = firstSeed
  do {
    await round(seed).catch((error: unknown) => {
      throw new Error(`with the seed ${seed}`, { cause: error })
    })
    seed += 1
  } while (Date.now() < deadline)
}
