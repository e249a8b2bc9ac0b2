import { type CharacterTest, codeOf } from './regex-character.ts'

export interface Part {
  readonly size: number
  readonly mayBeEmpty: boolean
  /** Returns the first state of the part, given the one after it. */
  readonly before: (next: State) => State
}

/**
 * Searches the part in a text. Walks all alternatives at once, unlike RegExp, so the time is at most proportional to
 * (states of the part) x (length of the text). Tells `spend` how many states each character is tried on.
 */
export function occursIn(part: Part, text: string, spend: (states: number) => void): boolean {
  const matched = fork([])
  const first = [part.before(matched)]
  let position = 0
  let reached = follow(reach(first, position, []), position, text.length)
  for (const character of text) {
    if (matched.reachedAt === position) return true
    position += character.length
    spend(1 + reached.length)
    const next = reach(first, position, step(reached, codeOf(character), position))
    reached = follow(next, position, text.length)
  }
  return matched.reachedAt === position
}

export function one(has: CharacterTest): Part {
  return { size: 1, mayBeEmpty: false, before: (next) => ({ kind: 'character', has, next: [next], reachedAt: -1 }) }
}

export function anchor(kind: 'start' | 'end'): Part {
  return { size: 1, mayBeEmpty: true, before: (next) => ({ kind, has: never, next: [next], reachedAt: -1 }) }
}

export function sequence(parts: readonly Part[]): Part {
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    mayBeEmpty: parts.every(({ mayBeEmpty }) => mayBeEmpty),
    before: (next) => parts.reduceRight((rest, part) => part.before(rest), next)
  }
}

export function choice(parts: readonly Part[]): Part {
  return {
    size: parts.reduce((sum, { size }) => sum + size, 1),
    mayBeEmpty: parts.some(({ mayBeEmpty }) => mayBeEmpty),
    before: (next) => fork(parts.map((part) => part.before(next)))
  }
}

export function repeat(part: Part, min: number, max?: number): Part {
  return {
    size: part.size * Math.max(max ?? min + 1, 1),
    mayBeEmpty: part.mayBeEmpty || min === 0,
    before: (next) => {
      let first = fork([next])
      if (max === undefined) first.next.push(part.before(first))
      else for (let i = min; i < max; i++) first = fork([part.before(first), next])
      for (let i = 0; i < min; i++) first = part.before(first)
      return first
    }
  }
}

interface State {
  readonly kind: 'character' | 'fork' | 'start' | 'end'
  readonly has: CharacterTest
  readonly next: State[]
  /** The last position in the text at which this state was reached. */
  reachedAt: number
}

const never: CharacterTest = () => false

function fork(next: State[]): State {
  return { kind: 'fork', has: never, next, reachedAt: -1 }
}

/** Returns the states after those that accept the character. */
function step(states: readonly State[], code: number, position: number): State[] {
  const reached: State[] = []
  for (const { has, next } of states) if (has(code)) reach(next, position, reached)
  return reached
}

/** Adds all states reachable without reading: the list grows while it is walked. */
function follow(reached: State[], position: number, length: number): State[] {
  for (const { kind, next } of reached) {
    const open = kind === 'fork' || (kind === 'start' && position === 0) || (kind === 'end' && position === length)
    if (open) reach(next, position, reached)
  }
  return reached
}

function reach(states: readonly State[], position: number, reached: State[]): State[] {
  for (const state of states) {
    if (state.reachedAt !== position) reached.push(state)
    state.reachedAt = position
  }
  return reached
}
