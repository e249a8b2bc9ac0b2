import { monotonicFactory } from 'ulid'

/** Pseudo-random numbers, the same in every run: the demo data must not differ between databases. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  fraction(): number
  /** A whole number, both bounds included. */
  integer(min: number, max: number): number
  pick<const L extends readonly [unknown, ...unknown[]]>(list: L): L[number]
  chance(percent: number): boolean
}

const RANGE = 2 ** 32
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** Returns the generator (mulberry32) of a name. */
export function randomFrom(name: string): Random {
  let state = hash(name)
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / RANGE
  }
  const integer = (min: number, max: number) => min + Math.floor(fraction() * (max - min + 1))
  return {
    fraction,
    integer,
    pick: (list) => list[integer(0, list.length - 1)] ?? list[0],
    chance: (percent) => integer(1, 100) <= percent
  }
}

/** Returns ids that ascend with the given time (in milliseconds), and among equal times. */
export function idSequence(name: string): (time: number) => string {
  return monotonicFactory(randomFrom(name).fraction)
}

/** FNV-1a. */
function hash(text: string): number {
  let value = FNV_OFFSET
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), FNV_PRIME)
  return value
}
