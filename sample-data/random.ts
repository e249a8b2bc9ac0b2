import { monotonicFactory } from 'ulid'

/** Numbers that look random and are the same in every run: the demo data must not differ between two databases. */
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

/** The generator (mulberry32) that belongs to a name; other names give other numbers. */
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

/** Ids that ascend with the time (in milliseconds) each is asked for; calls for one time ascend as well. */
export function idSequence(name: string): (time: number) => string {
  return monotonicFactory(randomFrom(name).fraction)
}

/** FNV-1a. */
function hash(text: string): number {
  let value = FNV_OFFSET
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), FNV_PRIME)
  return value
}
