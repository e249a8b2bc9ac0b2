import type { Clock } from '../../base/clock.ts'
import { setNewest } from '../../base/newest.ts'

/** Maximum age of a process's knowledge of keys; a rotation takes effect everywhere within it. */
export const LOOK_AGAIN_MS = 3_000
const REMEMBERED_MAX = 10_000

/** Shares one lookup among concurrent and later callers. Does not remember failures. */
export function shared<T>(clock: Clock, look: (name: string) => Promise<T>): (name?: string) => Promise<T> {
  const answers = memory<Promise<T>>(clock)
  return (name = '') => {
    const remembered = answers.get(name)
    if (remembered) return remembered
    const answer = look(name)
    answers.set(name, answer)
    answer.catch(() => answers.forget(name))
    return answer
  }
}

interface Memory<T> {
  get(name: string): T | undefined
  set(name: string, value: T): void
  forget(name: string): void
}

/** Remembers up to REMEMBERED_MAX values for LOOK_AGAIN_MS each; a new value replaces the oldest. */
export function memory<T>(clock: Clock): Memory<T> {
  const values = new Map<string, { readonly value: T; readonly untilMs: number }>()
  return {
    get: (name) => {
      const remembered = values.get(name)
      return remembered && Date.parse(clock()) < remembered.untilMs ? remembered.value : undefined
    },
    set: (name, value) =>
      setNewest(values, name, { value, untilMs: Date.parse(clock()) + LOOK_AGAIN_MS }, REMEMBERED_MAX),
    forget: (name) => void values.delete(name)
  }
}
