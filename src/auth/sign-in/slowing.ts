/** Failures without a delay, and the longest delay after more of them. */
export interface Policy {
  readonly freeFailures: number
  readonly delayMaxS: number
}

export type Counter = keyof typeof POLICIES

/**
 * Bounds the wait of a person who knows the password, whatever others do. A client without a user is counted by place
 * and address.
 */
export const POLICIES = {
  /** Against guessing at one name from one network. */
  place: { freeFailures: 5, delayMaxS: 30 },
  /** Against guessing one user's password from many networks together. */
  user: { freeFailures: 20, delayMaxS: 30 },
  /** Against trying a few passwords on many users. Many people may share an address. */
  address: { freeFailures: 100, delayMaxS: 60 },
  /** Against guessing names. Programs may repeat a name that is known to be wrong. */
  principal: { freeFailures: 100, delayMaxS: 60 }
} as const satisfies Readonly<Record<string, Policy>>

export interface Waits {
  readonly place: number
  readonly user: number
  readonly address: number
}

/** `isKnown`: the user has signed in from this network before. */
export interface Shown {
  readonly isRight: boolean
  readonly isKnown: boolean
}

export type Verdict =
  | { readonly answer: 'in' }
  | { readonly answer: 'wrong' | 'wait'; readonly waitS: number; readonly counters: readonly Counter[] }

/** Returns the seconds to wait before a password is checked; only failures of this name at this place count. */
export function waitBeforeS({ place, user, address }: Waits): number {
  return place === 0 ? 0 : Math.max(place, user, address)
}

/**
 * Decides on an attempt whose password was checked. Failures elsewhere or with other names delay everybody except users
 * with the right password from a known network. A refusal reveals neither if the password was right nor if the network
 * is known, and so not if the user exists.
 */
export function decide({ user, address }: Waits, { isRight, isKnown }: Shown): Verdict {
  const waitS = Math.max(user, address)
  if (isRight && (isKnown || waitS === 0)) return { answer: 'in' }
  if (waitS > 0) return { answer: 'wait', waitS, counters: ['place'] }
  return { answer: 'wrong', waitS: 0, counters: ['place', 'user', 'address'] }
}
