import type { Clock } from '../../base/clock.ts'

/** How old may be what a process knows of the keys. A rotation takes effect everywhere within this time. */
export const LOOK_AGAIN_MS = 3_000
/** So many values of each kind are remembered. */
const REMEMBERED_MAX = 10_000

/** Asks once for all who want the same at the same time or soon after. A failure is not remembered. */
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

/** Remembers REMEMBERED_MAX values for LOOK_AGAIN_MS each; the oldest makes room for a new one. */
export function memory<T>(clock: Clock): Memory<T> {
  const values = new Map<string, { readonly value: T; readonly untilMs: number }>()
  return {
    get: (name) => {
      const remembered = values.get(name)
      return remembered && Date.parse(clock()) < remembered.untilMs ? remembered.value : undefined
    },
    set: (name, value) => {
      // A name that is set anew moves to the end of the map, which keeps its entries by age.
      values.delete(name)
      const oldest = values.size < REMEMBERED_MAX ? undefined : values.keys().next().value
      if (oldest !== undefined) values.delete(oldest)
      values.set(name, { value, untilMs: Date.parse(clock()) + LOOK_AGAIN_MS })
    },
    forget: (name) => void values.delete(name)
  }
}
