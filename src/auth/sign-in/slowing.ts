/** How many failures stay without consequence, and how long the growing delay after the others becomes. */
export interface Policy {
  readonly freeFailures: number
  readonly delayMaxS: number
}

/** What failures are counted by; see POLICIES. */
export type Counter = keyof typeof POLICIES

/**
 * Nobody who knows a password waits longer than the longest of these, whatever others do meanwhile. A client without
 * a user is counted by place and address.
 */
export const POLICIES = {
  /** Against guessing at one name from one network. */
  place: { freeFailures: 5, delayMaxS: 30 },
  /** Against guessing one user's password from many networks: all of them together. */
  user: { freeFailures: 20, delayMaxS: 30 },
  /** Against trying a few passwords on many users. Many people may share an address. */
  address: { freeFailures: 100, delayMaxS: 60 },
  /** Against trying which names there are. A program may well send again what is known already. */
  principal: { freeFailures: 100, delayMaxS: 60 }
} as const satisfies Readonly<Record<string, Policy>>

/** The seconds for which each counter still blocks an attempt; 0 for one that does not. */
export interface Waits {
  readonly place: number
  readonly user: number
  readonly address: number
}

/** What an attempt showed: the right password or not, and from a network that the user signed in from before or not. */
export interface Shown {
  readonly isRight: boolean
  readonly isKnown: boolean
}

/** What an attempt is answered, and what counts it. */
export type Verdict =
  | { readonly answer: 'in' }
  | { readonly answer: 'wrong' | 'wait'; readonly waitS: number; readonly counters: readonly Counter[] }

/** The seconds to wait before a password is looked at, which is up to the failures of this name at this place alone. */
export function waitBeforeS({ place, user, address }: Waits): number {
  return place === 0 ? 0 : Math.max(place, user, address)
}

/**
 * Decides on an attempt whose password was looked at. What others failed, at other places or with other names, holds
 * up everybody but those who know the password and come from a network of theirs. Whoever does not get in learns
 * neither whether the password was right nor whether the network is known, and so not whether there is such a user.
 */
export function decide({ user, address }: Waits, { isRight, isKnown }: Shown): Verdict {
  const waitS = Math.max(user, address)
  if (isRight && (isKnown || waitS === 0)) return { answer: 'in' }
  if (waitS > 0) return { answer: 'wait', waitS, counters: ['place'] }
  return { answer: 'wrong', waitS: 0, counters: ['place', 'user', 'address'] }
}
