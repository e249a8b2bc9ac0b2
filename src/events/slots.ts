/** Runs work at once, or when others have ended. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>

/** At most `max` at the same time; the others wait in their order. */
export function slots(max: number): Slots {
  const waiting: (() => void)[] = []
  let taken = 0
  return async (work) => {
    if (taken >= max) await new Promise<void>((resolve) => waiting.push(resolve))
    else taken += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // A slot goes from hand to hand.
      if (next) next()
      else taken -= 1
    }
  }
}

/** Runs the work of a key at once, or when others have ended. */
export type KeyedSlots = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** At most `max` at the same time, and `maxOfKey` of each key: no key takes the slots of all others. */
export function fairSlots(max: number, maxOfKey: number): KeyedSlots {
  const [all, own] = [slots(max), slotsByKey(maxOfKey)]
  return (key, work) => own(key, () => all(work))
}

/** At most `max` of each key at the same time. */
export function slotsByKey(max: number): KeyedSlots {
  const users = new Map<string, { readonly slots: Slots; count: number }>()
  return async (key, work) => {
    const user = users.get(key) ?? { slots: slots(max), count: 0 }
    users.set(key, user)
    user.count += 1
    try {
      return await user.slots(work)
    } finally {
      user.count -= 1
      if (user.count === 0) users.delete(key)
    }
  }
}
