import { hashSecret } from '../keys/secret.ts'
import type { AttemptKeys } from '../sign-in/attempts.ts'
import { readStanding, recordFailure, tooMany } from '../sign-in/attempts.ts'
import type { CustomerContext } from './context.ts'
import type { Realm } from './realm.ts'

export interface Guess {
  readonly realm: Realm
  readonly email: string
  readonly address: string
}

/** The counters know a customer apart from a user of the same name. */
const CLIENT = 'portal'

export function attemptKeys({ realm: { tenantId, partnerId }, email, address }: Guess): AttemptKeys {
  const username = hashSecret(JSON.stringify(['customer', partnerId ?? null, email]))
  return { clientId: CLIENT, user: { tenantId, username }, address }
}

/** Throws `tooManyRequests` after too many wrong codes for this address of mail, or from this network. */
export async function requireTurn({ database, clock }: CustomerContext, guess: Guess): Promise<void> {
  const { waits } = await readStanding(database, clock, attemptKeys(guess))
  const waitS = Math.max(waits.place, waits.address)
  if (waitS > 0) throw tooMany(waitS)
}

export async function countGuess({ database, clock }: CustomerContext, guess: Guess): Promise<void> {
  await recordFailure(database, clock, attemptKeys(guess), ['place', 'address'])
}
